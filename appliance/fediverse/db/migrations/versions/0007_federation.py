# SPDX-License-Identifier: AGPL-3.0-or-later
"""Relays, hosts that are down, keys that were replaced."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    pass
