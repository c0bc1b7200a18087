# SPDX-License-Identifier: AGPL-3.0-or-later
"""Heat, power supply and fan of a real board, as the kernel's files tell them.

Sources: Documentation/driver-api/thermal/sysfs-api.rst; Documentation/hwmon/sysfs-interface.rst; the firmware's bits as
Raspberry Pi documents them for "vcgencmd get_throttled".
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from appliance.board.model import Fan, Sensors
from appliance.board.profile import SensorRoles
from appliance.errors import HearthError

# The firmware's bits: now, and since power-on.
_WEAK, _WEAK_SEEN = 1 << 0, 1 << 16
_SLOWED, _SLOWED_SEEN = 0b1110, 0b1110 << 16


class RealSensors:
    """`read` may be called every few seconds for years: it opens a handful of small files. The kernel clears what the
    firmware remembers each time it looks itself, so what was seen once is remembered here."""

    def __init__(self, roles: SensorRoles, sys: Path, weak_before: Callable[[], bool]) -> None:
        """`weak_before` says whether the supply was too weak since power-on and before we looked; asked once."""
        self._roles = roles
        self._sys = sys
        self._weak_before = weak_before
        self._weak_seen: bool | None = None
        self._slowed_seen = False
        self._had_temperature = False

    def read(self) -> Sensors:
        """Raises HearthError sensor-gone if there was a temperature before and none now."""
        bits = self._firmware_bits()
        weak = self._hwmon(self._roles.undervoltage, "in0_lcrit_alarm") == 1 or bool(bits & _WEAK)
        slowed = bool(bits & _SLOWED)
        if self._weak_seen is None:
            self._weak_seen = self._weak_before()
        self._weak_seen = self._weak_seen or weak or bool(bits & _WEAK_SEEN)
        self._slowed_seen = self._slowed_seen or slowed or bool(bits & _SLOWED_SEEN)
        return Sensors(self._temperature(), weak, self._weak_seen, slowed, self._slowed_seen, self._fan())

    def _temperature(self) -> float:
        """Degrees Celsius of the processor; 0 on a machine that never told any."""
        zones = list(self._zones())
        named = [degrees for kind, degrees in zones if kind == self._roles.temperature]
        found = named or [degrees for _, degrees in zones]
        if not found and self._had_temperature:
            raise HearthError("sensor-gone", "The sensor of heat does not answer.", "Restart the box.", status=503)
        self._had_temperature = bool(found)
        return max(found, default=0.0)

    def _zones(self) -> Iterator[tuple[str, float]]:
        for zone in sorted((self._sys / "class/thermal").glob("thermal_zone*")):
            thousandths = _number(zone / "temp")
            if thousandths is not None:
                yield _text(zone / "type"), thousandths / 1000

    def _fan(self) -> Fan | None:
        speed = self._hwmon(self._roles.fan, "fan1_input")
        return None if speed is None else Fan(speed, wanted=bool(self._hwmon(self._roles.fan, "pwm1")))

    def _hwmon(self, name: str | None, file: str) -> int | None:
        """Chips are numbered as they come, so they are known by name."""
        if name is None:
            return None
        for chip in (self._sys / "class/hwmon").glob("hwmon*"):
            if _text(chip / "name") == name:
                return _number(chip / file)
        return None

    def _firmware_bits(self) -> int:
        if self._roles.throttled is None:
            return 0
        for path in self._sys.glob(self._roles.throttled):
            return _number(path, base=16) or 0
        return 0


def _text(path: Path) -> str:
    """ "" for what is not there, went away, or does not answer: sensors do all of that."""
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _number(path: Path, base: int = 10) -> int | None:
    try:
        return int(_text(path), base)
    except ValueError:
        return None
