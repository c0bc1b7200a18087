# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections of accounts, who agreed to be in them, and posts and reports that name them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for table, column in (
        ("accounts", sa.Column("feature_policy", sa.String())),
        ("accounts", sa.Column("featured_collections_uri", sa.Text())),
        ("reports", sa.Column("collection_ids", sa.JSON(none_as_null=True))),
        ("statuses", sa.Column("collection_ids", sa.JSON(none_as_null=True))),
    ):
        op.add_column(table, column)
    op.create_table(
        "collections",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("uri", sa.Text()),
        sa.Column("url", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("language", sa.String()),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("discoverable", sa.Boolean(), nullable=False),
        sa.Column("tag", sa.String()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_collections_account_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_collections"),
        sa.UniqueConstraint("uri", name="uq_collections_uri"),
    )
    op.create_index("ix_collections_account_id_id", "collections", ["account_id", "id"])
    op.create_index("ix_collections_url", "collections", ["url"])
    op.create_table(
        "collection_items",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("collection_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("uri", sa.Text()),
        sa.Column("approval_uri", sa.Text()),
        sa.Column("verified_at", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [f"{name}_id"], [f"{name}s.id"], name=f"fk_collection_items_{name}_id", ondelete="CASCADE"
            )
            for name in ("collection", "account")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_collection_items"),
        sa.UniqueConstraint("collection_id", "account_id", name="uq_collection_items_collection_id_account_id"),
    )
    for name in ("account_id", "uri", "approval_uri"):
        op.create_index(f"ix_collection_items_{name}", "collection_items", [name])
