# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mutes, lists, filters, notes and the rest of what people are to each other."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    pass
