# SPDX-License-Identifier: AGPL-3.0-or-later
"""Guests: how many visitors each worker of a web server has, in memory that its processes share.

Make it before the fork. Each place has one writer, so no lock is needed; an answer that is a moment old does no harm.
"""

import mmap

_PLACES = 64  # far more than there are workers at any time
_MOST = 254


class Guests:
    def __init__(self) -> None:
        self._counts = mmap.mmap(-1, _PLACES)  # one more than there are guests; 0 where there is no worker

    def set(self, worker: int, count: int) -> None:
        """`worker` is its number, which no living one shares."""
        self._counts[worker % _PLACES] = min(count, _MOST) + 1

    def gone(self, worker: int) -> None:
        self._counts[worker % _PLACES] = 0

    def fewest(self, worker: int) -> bool:
        """Whether no other worker has fewer."""
        mine = self._counts[worker % _PLACES]
        return all(count >= mine for count in self._counts[:] if count)
