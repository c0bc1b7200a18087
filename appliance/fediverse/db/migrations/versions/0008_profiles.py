# SPDX-License-Identifier: AGPL-3.0-or-later
"""What pictures of a profile show, in words, and what its page is to show."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    for name in ("avatar_description", "header_description"):
        op.add_column("accounts", sa.Column(name, sa.Text(), server_default="", nullable=False))
    for name in ("show_media", "show_media_replies", "show_featured"):
        op.add_column("accounts", sa.Column(name, sa.Boolean(), server_default=sa.text("true"), nullable=False))
