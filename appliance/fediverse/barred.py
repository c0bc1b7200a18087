# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses that are not answered at all, known without asking the database for each request."""

import contextlib

from appliance.errors import HearthError
from appliance.fediverse.context import Context
from appliance.fediverse.services import ip_blocks
from appliance.fediverse.services.ip_blocks import Network

SECONDS = 5.0  # how long a change takes to be felt, at most


class Barred:
    """One per process; looks the list up anew every few seconds."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._networks: list[Network] = []
        self._read_at: float | None = None

    def is_barred(self, address: str) -> bool:
        now = self._context.clock.monotonic()
        if self._read_at is None or now - self._read_at >= SECONDS:
            self._read_at = now
            with contextlib.suppress(HearthError), self._context.database.read() as tx:
                self._networks = ip_blocks.kept_out(tx)
        return bool(self._networks) and ip_blocks.is_among(address, self._networks)
