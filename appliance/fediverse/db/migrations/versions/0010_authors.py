# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whom a page names as its author."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("cards", sa.Column("author_id", sa.BigInteger(), nullable=True))
