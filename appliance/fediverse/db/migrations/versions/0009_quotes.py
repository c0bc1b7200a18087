# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may quote a post."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("statuses", sa.Column("quote_policy", sa.String(), nullable=True))
