# SPDX-License-Identifier: AGPL-3.0-or-later
"""Do the services of the instance run, and does it answer? Each gets a while to start before anybody is alarmed."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from appliance.fediverse.protocol import Usage
from appliance.status import Fix, Level
from appliance.supervisor.issues import Finding
from appliance.system.units import Unit, UnitState

PATIENCE = 90.0
RESTART = Fix("restart-instance", "Start it again")
_REMEDY = "Start it again. If that does not help, the log says why: hearth logs fediverse."


@dataclass(frozen=True)
class Services:
    """`down_for` is for how many seconds it has not been well. `origin` is the name that the instance has for ever, and
    `certified` the one for which the web server has a certificate that everybody accepts."""

    units: dict[str, Unit]
    answers: bool
    federating: bool
    members: int
    down_for: float
    usage: Usage = field(default_factory=Usage)
    origin: str | None = None
    certified: str | None = None


def check(services: Services) -> Iterator[Finding]:
    if services.down_for == 0.0:
        return
    unit = services.units.get("fediverse")
    if (unit is not None and unit.state is UnitState.FAILED) or services.down_for > PATIENCE:
        yield Finding("instance-down", Level.FAILING, "The instance does not run.", _REMEDY, (RESTART,))
