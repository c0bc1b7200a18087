# SPDX-License-Identifier: AGPL-3.0-or-later
"""Relays, hosts that are down, keys that were replaced, and what other servers are to be asked."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    with op.batch_alter_table("activities") as table:
        table.alter_column("account_id", existing_type=sa.BigInteger(), nullable=True)
        table.add_column(sa.Column("private_key", sa.Text(), nullable=True))
        table.add_column(sa.Column("synchronises", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    with op.batch_alter_table("deliveries") as table:
        table.alter_column("account_id", existing_type=sa.BigInteger(), nullable=True)
    op.create_table(
        "hosts",
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("down_since", sa.BigInteger(), nullable=True),
        sa.Column("retry_at", sa.BigInteger(), nullable=True),
        sa.Column("signs", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_hosts")),
    )
    op.create_index(op.f("ix_hosts_retry_at"), "hosts", ["retry_at"], unique=False)
    op.create_table(
        "relays",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("inbox", sa.Text(), nullable=False),
        sa.Column("actor_uri", sa.Text(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relays")),
        sa.UniqueConstraint("inbox", name=op.f("uq_relays_inbox")),
        sa.UniqueConstraint("actor_uri", name=op.f("uq_relays_actor_uri")),
    )
    op.create_table(
        "errands",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "subject", name=op.f("pk_errands")),
    )
    op.create_index(op.f("ix_errands_due_at"), "errands", ["due_at"], unique=False)
    op.create_index(op.f("ix_errands_done_at"), "errands", ["done_at"], unique=False)
