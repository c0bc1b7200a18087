# SPDX-License-Identifier: AGPL-3.0-or-later
"""Grouped notifications, requests, push, announcements."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_GROUPED = sa.text("group_key IS NOT NULL")


def upgrade() -> None:
    _notifications()
    _policies()
    _push()
    _announcements()
    op.create_table(
        "stream_events",
        _key(),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stream_events"),
    )


def _notifications() -> None:
    op.add_column("notifications", sa.Column("group_key", sa.String()))
    op.add_column("notifications", sa.Column("filtered", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.add_column("notifications", sa.Column("about_id", sa.BigInteger()))
    op.drop_index("ix_notifications_account_id_id", table_name="notifications")
    _index("notifications", "account_id", "filtered", "id")
    _index("notifications", "account_id", "from_account_id", "status_id")
    op.create_index(
        "ix_notifications_group",
        "notifications",
        ["account_id", "group_key", "id"],
        sqlite_where=_GROUPED,
        postgresql_where=_GROUPED,
    )


def _policies() -> None:
    names = ("not_following", "not_followers", "new_accounts", "private_mentions", "limited_accounts")
    op.create_table(
        "notification_policies",
        sa.Column("account_id", _KEY, autoincrement=False, nullable=False),
        *(sa.Column(f"for_{name}", sa.String(), nullable=False) for name in names),
        _foreign("notification_policies", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("account_id", name="pk_notification_policies"),
    )
    op.create_table(
        "notification_permissions",
        *_ref("notification_permissions", "account_id", "accounts"),
        *_ref("notification_permissions", "from_account_id", "accounts"),
        sa.PrimaryKeyConstraint("account_id", "from_account_id", name="pk_notification_permissions"),
        sqlite_with_rowid=False,
    )
    _index("notification_permissions", "from_account_id")
    op.create_table(
        "notification_requests",
        _key(),
        *_ref("notification_requests", "account_id", "accounts"),
        *_ref("notification_requests", "from_account_id", "accounts"),
        sa.Column("last_status_id", sa.BigInteger()),
        _foreign("notification_requests", "last_status_id", "statuses", "SET NULL"),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notification_requests"),
        sa.UniqueConstraint(
            "account_id", "from_account_id", name="uq_notification_requests_account_id_from_account_id"
        ),
    )
    _index("notification_requests", "account_id", "id")
    _index("notification_requests", "from_account_id")
    _index("notification_requests", "last_status_id")
    op.create_table(
        "severances",
        _key(),
        *_ref("severances", "account_id", "accounts"),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("target_name", sa.String(), nullable=False),
        sa.Column("followers_count", sa.Integer(), nullable=False),
        sa.Column("following_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_severances"),
    )
    _index("severances", "account_id")


def _push() -> None:
    op.create_table(
        "push_subscriptions",
        _key(),
        *_ref("push_subscriptions", "token_id", "tokens"),
        *_ref("push_subscriptions", "account_id", "accounts"),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("auth", sa.String(), nullable=False),
        sa.Column("standard", sa.Boolean(), nullable=False),
        sa.Column("alerts", sa.JSON(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_push_subscriptions"),
        sa.UniqueConstraint("token_id", name="uq_push_subscriptions_token_id"),
    )
    _index("push_subscriptions", "account_id")
    op.create_table(
        "push_errands",
        _key(),
        *_ref("push_errands", "subscription_id", "push_subscriptions"),
        sa.Column("notification_id", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_push_errands"),
    )
    _index("push_errands", "due_at")
    _index("push_errands", "subscription_id")


def _announcements() -> None:
    op.create_table(
        "announcements",
        _key(),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("all_day", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.BigInteger()) for name in ("starts_at", "ends_at")),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_announcements"),
    )
    op.create_table(
        "announcement_reads",
        *_ref("announcement_reads", "account_id", "accounts"),
        *_ref("announcement_reads", "announcement_id", "announcements"),
        sa.PrimaryKeyConstraint("account_id", "announcement_id", name="pk_announcement_reads"),
        sqlite_with_rowid=False,
    )
    _index("announcement_reads", "announcement_id")
    op.create_table(
        "announcement_reactions",
        _key(),
        *_ref("announcement_reactions", "announcement_id", "announcements"),
        *_ref("announcement_reactions", "account_id", "accounts"),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_announcement_reactions"),
        sa.UniqueConstraint(
            "announcement_id", "account_id", "name", name="uq_announcement_reactions_announcement_id_account_id_name"
        ),
    )
    _index("announcement_reactions", "account_id")


def _key() -> "sa.Column[int]":
    return sa.Column("id", _KEY, autoincrement=False, nullable=False)


def _ref(table: str, column: str, target: str) -> tuple[Any, Any]:
    return sa.Column(column, sa.BigInteger(), nullable=False), _foreign(table, column, target)


def _foreign(table: str, column: str, target: str, action: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}", ondelete=action)


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
