# SPDX-License-Identifier: AGPL-3.0-or-later
"""Grouped notifications, requests, push, announcements."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    pass
