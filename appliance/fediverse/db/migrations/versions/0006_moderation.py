# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reports, blocks of servers and addresses, and what moderators did."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_NO = sa.text("false")


def upgrade() -> None:
    for table, column in (
        ("accounts", sa.Column("silenced_at", sa.BigInteger())),
        ("accounts", sa.Column("sensitized_at", sa.BigInteger())),
        ("members", sa.Column("locale", sa.String())),
        ("members", sa.Column("app_id", sa.BigInteger())),
        ("members", sa.Column("sign_up_address", sa.String())),
        ("codes", sa.Column("token_id", sa.BigInteger())),
        ("apps", sa.Column("used_at", sa.BigInteger())),
    ):
        op.add_column(table, column)
    op.execute("UPDATE apps SET used_at = created_at")  # which of them were, nobody wrote down
    op.create_index("ix_tokens_app_id", "tokens", ["app_id"])
    has_app = sa.text("app_id IS NOT NULL")
    op.create_index("ix_statuses_app_id", "statuses", ["app_id"], sqlite_where=has_app, postgresql_where=has_app)
    _reports()
    _servers()
    _addresses()
    op.create_table(
        "visits",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_visits_account_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("day", "account_id", name="pk_visits"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_visits_account_id", "visits", ["account_id"])
    op.create_table(
        "trend_reviews",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", name="pk_trend_reviews"),
    )


def _reports() -> None:
    op.create_table(
        "reports",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("target_account_id", sa.BigInteger(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("forwarded", sa.Boolean(), nullable=False),
        sa.Column("status_ids", sa.JSON(), nullable=False),
        sa.Column("rule_ids", sa.JSON(), nullable=False),
        sa.Column("uri", sa.Text()),
        sa.Column("assigned_account_id", sa.BigInteger()),
        sa.Column("action_taken_by_account_id", sa.BigInteger()),
        sa.Column("action_taken_at", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        *_refs("reports", account_id="CASCADE", target_account_id="CASCADE"),
        *_refs("reports", assigned_account_id="SET NULL", action_taken_by_account_id="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.UniqueConstraint("uri", name="uq_reports_uri"),
    )
    op.create_index("ix_reports_target_account_id_id", "reports", ["target_account_id", "id"])
    op.create_index("ix_reports_account_id_id", "reports", ["account_id", "id"])
    op.create_table(
        "strikes",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger()),
        sa.Column("target_account_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("report_id", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        *_refs("strikes", account_id="SET NULL", target_account_id="CASCADE"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_strikes_report_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_strikes"),
    )
    op.create_index("ix_strikes_target_account_id_id", "strikes", ["target_account_id", "id"])


def _servers() -> None:
    op.create_table(
        "server_blocks",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("reject_media", sa.Boolean(), nullable=False, server_default=_NO),
        sa.Column("reject_reports", sa.Boolean(), nullable=False, server_default=_NO),
        sa.Column("obfuscate", sa.Boolean(), nullable=False, server_default=_NO),
        sa.Column("private_comment", sa.Text()),
        sa.Column("public_comment", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_server_blocks"),
        sa.UniqueConstraint("domain", name="uq_server_blocks_domain"),
    )
    for table in ("server_allows", "email_domain_blocks"):
        op.create_table(
            table,
            sa.Column("id", _KEY, autoincrement=False, nullable=False),
            sa.Column("domain", sa.String(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
            sa.UniqueConstraint("domain", name=f"uq_{table}_domain"),
        )


def _addresses() -> None:
    op.create_table(
        "email_blocks",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_email_blocks"),
        sa.UniqueConstraint("hash", name="uq_email_blocks_hash"),
    )
    op.create_table(
        "ip_blocks",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_ip_blocks"),
        sa.UniqueConstraint("network", name="uq_ip_blocks_network"),
    )


def _refs(table: str, **actions: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], ["accounts.id"], name=f"fk_{table}_{column}", ondelete=action)
        for column, action in actions.items()
    ]
