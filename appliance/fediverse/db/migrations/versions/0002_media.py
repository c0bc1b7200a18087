# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures, sound and video, and what is kept of other servers' things."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    pass
