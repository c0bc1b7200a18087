# SPDX-License-Identifier: AGPL-3.0-or-later
"""How much other servers may make us keep in an hour. Kept in memory, for each process apart.

Whoever is followed here may say much; strangers may mention and answer our members, but not fill our disk with it. A
site is what one owner can make any number of hosts below, so all of them count together.
"""

import re
import threading
from collections import OrderedDict
from dataclasses import dataclass

from appliance.errors import HearthError
from appliance.system.clock import Clock

WINDOW_SECONDS = 3600.0
_REMEMBERED = 10_000
_ADDRESS = re.compile(r"[\d.]+|\[.*\]")


@dataclass(frozen=True)
class Limit:
    """In an hour: how many activities, and bytes of them."""

    things: int
    size: int


FOLLOWED = Limit(100_000, 256 * 1024 * 1024)  # of one site with somebody whom a member follows
STRANGERS = Limit(300, 2 * 1024 * 1024)  # of one site
ALL_STRANGERS = Limit(2000, 12 * 1024 * 1024)  # of all other sites together
# Of what takes something back: far more than anybody does, and less than fills a disk with what is remembered of it.
TAKEN_BACK = Limit(3000, 8 * 1024 * 1024)  # of one site that nobody follows
_EVERYBODY, _BACK = "", "back "


class TooMuch(HearthError):
    def __init__(self) -> None:
        super().__init__("too-much", "That is more than is taken from there in an hour.", "Try later.", status=429)


@dataclass
class _Spent:
    since: float
    things: int = 0
    size: int = 0


class Budget:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._spent: OrderedDict[tuple[str, bool], _Spent] = OrderedDict()

    def spend(self, host: str, size: int, *, followed: bool) -> None:
        """Raises TooMuch, and then nothing is spent."""
        site = site_of(host)
        wanted = [(site, FOLLOWED)] if followed else [(site, STRANGERS), (_EVERYBODY, ALL_STRANGERS)]
        self._spend(wanted, size, followed=followed)

    def _spend(self, wanted: list[tuple[str, Limit]], size: int, *, followed: bool) -> None:
        with self._lock:
            rows = [(self._row(name, followed), limit) for name, limit in wanted]
            if any(row.things >= limit.things or row.size + size > limit.size for row, limit in rows):
                raise TooMuch
            for row, _ in rows:
                row.things += 1
                row.size += size

    def take_back(self, host: str, size: int, *, followed: bool) -> None:
        """As `spend`, for what takes something back, or only has to be remembered as done."""
        limit = FOLLOWED if followed else TAKEN_BACK
        self._spend([(f"{_BACK}{site_of(host)}", limit)], size, followed=followed)

    def _row(self, site: str, followed: bool) -> _Spent:
        now, key = self._clock.monotonic(), (site, followed)
        row = self._spent.get(key)
        if row is None or now - row.since >= WINDOW_SECONDS:
            row = self._spent[key] = _Spent(now)
        self._spent.move_to_end(key)
        while len(self._spent) > _REMEMBERED:
            self._spent.popitem(last=False)
        return row


def site_of(host: str) -> str:
    """The part of a host's name that somebody registered: the last two labels, or three where a country gives names
    out below a short second one, as in co.uk."""
    name = host.lower() if _ADDRESS.match(host) else host.lower().partition(":")[0]
    labels = name.split(".")
    if _ADDRESS.fullmatch(name) or len(labels) < 3:
        return name
    return ".".join(labels[-3:] if len(labels[-1]) == 2 and len(labels[-2]) <= 3 else labels[-2:])
