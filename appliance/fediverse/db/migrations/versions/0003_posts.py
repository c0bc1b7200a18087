# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polls, scheduled posts, pins, quotes, conversations, cards and emoji."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "cards",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("author_name", sa.Text(), server_default="", nullable=False),
        sa.Column("author_url", sa.Text(), server_default="", nullable=False),
        sa.Column("provider_name", sa.Text(), server_default="", nullable=False),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("image_description", sa.Text(), server_default="", nullable=False),
        sa.Column("width", sa.Integer(), server_default="0", nullable=False),
        sa.Column("height", sa.Integer(), server_default="0", nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cards")),
        sa.UniqueConstraint("url", name=op.f("uq_cards_url")),
    )
    op.create_table(
        "custom_emojis",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("shortcode", sa.String(), nullable=False),
        sa.Column("domain", sa.String(), server_default="", nullable=False),
        sa.Column("uri", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("image", sa.Text(), nullable=True),
        sa.Column("static_image", sa.Text(), nullable=True),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("visible_in_picker", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("disabled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_emojis")),
        sa.UniqueConstraint("shortcode", "domain", name=op.f("uq_custom_emojis_shortcode_domain")),
    )
    op.create_table(
        "conversation_mutes",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_conversation_mutes_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "conversation_id", name=op.f("pk_conversation_mutes")),
    )
    op.create_index(
        op.f("ix_conversation_mutes_conversation_id"), "conversation_mutes", ["conversation_id"], unique=False
    )
    op.create_table(
        "conversations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("others", sa.Text(), nullable=False),
        sa.Column("last_status_id", sa.BigInteger(), nullable=False),
        sa.Column("unread", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_conversations_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint(
            "account_id", "conversation_id", "others", name=op.f("uq_conversations_account_id_conversation_id_others")
        ),
    )
    op.create_index(
        op.f("ix_conversations_account_id_last_status_id"),
        "conversations",
        ["account_id", "last_status_id"],
        unique=False,
    )
    op.create_table(
        "scheduled_statuses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("app_id", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_scheduled_statuses_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["app_id"], ["apps.id"], name=op.f("fk_scheduled_statuses_app_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_statuses")),
    )
    op.create_index(
        op.f("ix_scheduled_statuses_account_id_id"), "scheduled_statuses", ["account_id", "id"], unique=False
    )
    op.create_index(op.f("ix_scheduled_statuses_due_at"), "scheduled_statuses", ["due_at"], unique=False)
    op.create_table(
        "card_errands",
        sa.Column("status_id", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["status_id"], ["statuses.id"], name=op.f("fk_card_errands_status_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("status_id", name=op.f("pk_card_errands")),
    )
    op.create_index(op.f("ix_card_errands_due_at"), "card_errands", ["due_at"], unique=False)
    op.create_table(
        "conversation_statuses",
        sa.Column("member_conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("status_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_conversation_id"],
            ["conversations.id"],
            name=op.f("fk_conversation_statuses_member_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["status_id"], ["statuses.id"], name=op.f("fk_conversation_statuses_status_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_conversation_id", "status_id", name=op.f("pk_conversation_statuses")),
    )
    op.create_index(op.f("ix_conversation_statuses_status_id"), "conversation_statuses", ["status_id"], unique=False)
    op.create_table(
        "pins",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("status_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_pins_account_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["status_id"], ["statuses.id"], name=op.f("fk_pins_status_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pins")),
        sa.UniqueConstraint("status_id", name=op.f("uq_pins_status_id")),
    )
    op.create_index(op.f("ix_pins_account_id_id"), "pins", ["account_id", "id"], unique=False)
    op.create_table(
        "polls",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("status_id", sa.BigInteger(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("tallies", sa.JSON(), nullable=False),
        sa.Column("voters_count", sa.Integer(), nullable=True),
        sa.Column("multiple", sa.Boolean(), nullable=False),
        sa.Column("hide_totals", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("tell_at", sa.BigInteger(), nullable=True),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["status_id"], ["statuses.id"], name=op.f("fk_polls_status_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_polls")),
        sa.UniqueConstraint("status_id", name=op.f("uq_polls_status_id")),
    )
    op.create_index(op.f("ix_polls_ends_at"), "polls", ["ends_at"], unique=False)
    op.create_index(op.f("ix_polls_tell_at"), "polls", ["tell_at"], unique=False)
    op.create_table(
        "poll_votes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("poll_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("choice", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_poll_votes_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["poll_id"], ["polls.id"], name=op.f("fk_poll_votes_poll_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_votes")),
        sa.UniqueConstraint("poll_id", "account_id", "choice", name=op.f("uq_poll_votes_poll_id_account_id_choice")),
    )
    op.create_index(op.f("ix_poll_votes_account_id"), "poll_votes", ["account_id"], unique=False)
    op.add_column("accounts", sa.Column("featured_uri", sa.Text(), nullable=True))
    op.add_column("accounts", sa.Column("emojis", sa.JSON(), nullable=True))
    op.add_column("status_edits", sa.Column("poll_options", sa.JSON(), nullable=True))
    op.add_column("statuses", sa.Column("poll_id", sa.BigInteger(), nullable=True))
    op.add_column("statuses", sa.Column("quote_state", sa.String(), nullable=True))
    op.add_column("statuses", sa.Column("quote_uri", sa.Text(), nullable=True))
    op.add_column("statuses", sa.Column("quote_approval", sa.Text(), nullable=True))
    op.add_column("statuses", sa.Column("quotes_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("statuses", sa.Column("emojis", sa.JSON(), nullable=True))
    op.add_column("statuses", sa.Column("card_id", sa.BigInteger(), nullable=True))
    op.add_column("statuses", sa.Column("quoted_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_statuses_card_id",
        "statuses",
        ["card_id", "id"],
        unique=False,
        sqlite_where=sa.text("card_id IS NOT NULL"),
        postgresql_where=sa.text("card_id IS NOT NULL"),
    )
    op.create_index(
        "ix_statuses_quote_approval",
        "statuses",
        ["quote_approval"],
        unique=False,
        sqlite_where=sa.text("quote_approval IS NOT NULL"),
        postgresql_where=sa.text("quote_approval IS NOT NULL"),
    )
    op.create_index(
        "ix_statuses_quoted_id",
        "statuses",
        ["quoted_id", "id"],
        unique=False,
        sqlite_where=sa.text("quoted_id IS NOT NULL"),
        postgresql_where=sa.text("quoted_id IS NOT NULL"),
    )
