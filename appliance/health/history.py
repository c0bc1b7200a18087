# SPDX-License-Identifier: AGPL-3.0-or-later
"""The box's last day and last month: rings of fixed size, one small number for each stretch of time and each series.

Pure values: a ring is advanced to a moment and given what was measured there. Of several measurements in one stretch
the highest stays, as it is the peaks that tell of trouble.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from appliance.errors import BadInput

UNKNOWN = 255  # the box was off, or the sensor silent
HIGHEST = 254


class Series(Enum):
    """What is kept, in whole numbers from 0 to 254."""

    TEMPERATURE = "temperature"  # degrees Celsius; below 0 counts as 0
    MEMORY = "memory"  # per cent used
    LOAD = "load"  # per cent of what the processors can do
    STORAGE = "storage"  # per cent used
    WEAK_POWER = "weak-power"  # 1: the power supply was too weak
    SLOWED = "slowed"  # 1: the processor was slowed down


@dataclass(frozen=True)
class Ring:
    """`size` stretches of `seconds` each; the newest is number `end`, counted from 1970. The values are bytes, the
    newest last."""

    seconds: int
    size: int
    end: int = 0
    values: Mapping[Series, bytes] | None = None

    def of(self, series: Series) -> bytes:
        return (self.values or {}).get(series, bytes([UNKNOWN]) * self.size)

    def at(self, moment: float) -> "Ring":
        """Advanced to a moment, in seconds since 1970: what lies in between is unknown.

        A clock that was set back goes on from where the ring is, as nothing better is known.
        """
        gone = int(moment // self.seconds) - self.end
        if gone == 0:
            return self
        fresh = bytes([UNKNOWN]) * min(max(gone, 0), self.size)
        values = {series: (self.of(series) + fresh)[-self.size :] for series in Series}
        return Ring(self.seconds, self.size, self.end + gone, values)

    def with_peak(self, measured: Mapping[Series, float]) -> "Ring":
        """The newest stretch holds the highest of what it held and what was measured."""
        values = {series: self._raised(series, measured.get(series)) for series in Series}
        return Ring(self.seconds, self.size, self.end, values)

    def _raised(self, series: Series, value: float | None) -> bytes:
        kept = self.of(series)
        if value is None:
            return kept
        fresh, last = min(max(round(value), 0), HIGHEST), kept[-1]
        return kept[:-1] + bytes([fresh if last == UNKNOWN else max(last, fresh)])


def day() -> Ring:
    """Stretches of ten minutes."""
    return Ring(600, 144)


def month() -> Ring:
    """Thirty days, in stretches of four hours."""
    return Ring(4 * 3600, 180)


@dataclass(frozen=True)
class KeptRing:
    """A ring as text for a file or a socket: each series in base64."""

    seconds: int
    end: int
    values: dict[str, str]


@dataclass(frozen=True)
class History:
    day: Ring
    month: Ring

    def note(self, moment: float, measured: Mapping[Series, float]) -> "History":
        return History(self.day.at(moment).with_peak(measured), self.month.at(moment).with_peak(measured))


@dataclass(frozen=True)
class KeptHistory:
    day: KeptRing
    month: KeptRing


def empty() -> History:
    return History(day(), month())


def keep(history: History) -> KeptHistory:
    return KeptHistory(_keep(history.day), _keep(history.month))


def unpack(kept: KeptHistory) -> History:
    """Raises BadInput for anything but what `keep` makes of rings like ours."""
    return History(_unpack(kept.day, day()), _unpack(kept.month, month()))


def _keep(ring: Ring) -> KeptRing:
    return KeptRing(
        ring.seconds, ring.end, {series.value: base64.b64encode(ring.of(series)).decode() for series in Series}
    )


def _unpack(kept: KeptRing, ring: Ring) -> Ring:
    try:
        values = {Series(name): base64.b64decode(text, validate=True) for name, text in kept.values.items()}
    except (ValueError, binascii.Error):
        raise BadInput("The record of the box's health is damaged.") from None
    if kept.seconds != ring.seconds or kept.end < 0 or any(len(each) != ring.size for each in values.values()):
        raise BadInput("The record of the box's health has another form.")
    return Ring(ring.seconds, ring.size, kept.end, values)
