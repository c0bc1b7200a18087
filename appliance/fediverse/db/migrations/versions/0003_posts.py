# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polls, scheduled posts, pins, quotes, conversations and emoji."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    pass
