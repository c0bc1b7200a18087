# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures, sound and video, and what is kept of other servers' things."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_UNDONE = sa.text("state IN ('waiting', 'working')")
_LOOSE = sa.text("status_id IS NULL")


def _key() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("id", kind, autoincrement=False, nullable=False)


def upgrade() -> None:
    op.create_table(
        "media",
        _key(),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("status_id", sa.BigInteger(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("thumbnail_source", sa.String(), nullable=True),
        sa.Column("file", sa.String(), nullable=True),
        sa.Column("small", sa.String(), nullable=True),
        sa.Column("meta", sa.JSON(), nullable=False),
        sa.Column("blurhash", sa.String(), nullable=True),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("keep_until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_media_account_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["status_id"], ["statuses.id"], name=op.f("fk_media_status_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
    )
    op.create_index(op.f("ix_media_account_id"), "media", ["account_id"])
    op.create_index(op.f("ix_media_status_id"), "media", ["status_id"])
    op.create_index("ix_media_undone", "media", ["id"], sqlite_where=_UNDONE, postgresql_where=_UNDONE)
    op.create_index("ix_media_loose", "media", ["keep_until"], sqlite_where=_LOOSE, postgresql_where=_LOOSE)
    op.create_table(
        "kept_media",
        _key(),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("remote_url", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=True),
        sa.Column("small", sa.String(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_media")),
        sa.UniqueConstraint("hash", name=op.f("uq_kept_media_hash")),
    )
    op.create_index("ix_kept_media_undone", "kept_media", ["due_at"], sqlite_where=_UNDONE, postgresql_where=_UNDONE)
    op.create_index(op.f("ix_kept_media_last_used_at"), "kept_media", ["last_used_at"])
    op.create_index(
        "ix_statuses_our_threads",
        "statuses",
        ["conversation_id"],
        sqlite_where=sa.text("local"),
        postgresql_where=sa.text("local"),
    )
    op.add_column("status_edits", sa.Column("attachments", sa.JSON(), server_default="[]", nullable=False))
    # What the addresses of other servers' pictures are signed with, so that nobody makes us fetch what we never showed.
    instance = sa.table("instance", sa.column("key", sa.String), sa.column("value", sa.JSON))
    op.bulk_insert(instance, [{"key": "media_secret", "value": secrets.token_hex(16)}])
