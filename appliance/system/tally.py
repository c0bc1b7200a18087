# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tally: counts that a process and all its forks share, in a piece of memory that never grows.

Nothing is locked, so of two who count at the same instant one may be lost: good enough for limits, and a microsecond.
"""

import mmap
import struct

_SLOT = struct.Struct("<QII")  # whom, in which window, how often
_WAYS = 4  # slots that one key may lie in
_BUCKET = _SLOT.size * _WAYS
_MASK = 2**64 - 1


class Tally:
    """Make it before the fork. What is counted in a window that is over gives way, then what was counted least."""

    def __init__(self, buckets: int = 2048) -> None:
        self._buckets = buckets
        self._memory = mmap.mmap(-1, buckets * _BUCKET)

    def add(self, key: int, window: int) -> int:
        """Count once more; how often that makes in this window. `key` is a hash that all forks share."""
        key &= _MASK
        start = key % self._buckets * _BUCKET
        victim, least = start, 2**33
        for at in range(start, start + _BUCKET, _SLOT.size):
            held, when, count = _SLOT.unpack_from(self._memory, at)
            if held == key and when == window:
                _SLOT.pack_into(self._memory, at, key, window, min(count + 1, 2**32 - 1))
                return int(count) + 1
            worth = count if when == window else -1
            if worth < least:
                victim, least = at, worth
        _SLOT.pack_into(self._memory, victim, key, window, 1)
        return 1

    def count(self, key: int, window: int) -> int:
        """How often it was counted in this window."""
        key &= _MASK
        start = key % self._buckets * _BUCKET
        for at in range(start, start + _BUCKET, _SLOT.size):
            held, when, count = _SLOT.unpack_from(self._memory, at)
            if held == key and when == window:
                return int(count)
        return 0
