# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the machine socket understands: the virtual board's wires, and the service manager's commands.

| command       | arguments   | answer                                                                    |
|---------------|-------------|---------------------------------------------------------------------------|
| board.light   | Pattern     | {}                                                                        |
| board.events  | NoArguments | stream of Event; null now and then; ends with the power                   |
| board.sensors | NoArguments | Sensors                                                                   |
| board.disks   | NoArguments | [Disk]                                                                    |
| host.ailments | NoArguments | Ailments                                                                  |
| home.network  | NoArguments | HomeNetwork                                                               |
| power.off     | NoArguments | {}: services stop in order, then the power goes                           |
| power.restart | NoArguments | {}                                                                        |
| units.states  | NoArguments | [ServiceState]                                                            |
| units.start   | UnitName    | {}, when it has started                                                   |
| units.stop    | UnitName    | {}, when it has stopped                                                   |
| units.restart | UnitName    | {}                                                                        |
| units.logs    | UnitLogs    | [LogLine], oldest first                                                   |
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from appliance.board.light import Pattern
from appliance.board.virtual.box import VirtualBox
from appliance.errors import BadInput
from appliance.system.commands import Command, NoArguments
from appliance.system.services import ServiceManager

_MAX_LINES = 5000


@dataclass(frozen=True)
class UnitName:
    name: str


@dataclass(frozen=True)
class UnitLogs:
    """`name` "" means all services, sorted by time."""

    name: str = ""
    lines: int = 100


def machine_commands(box: VirtualBox) -> Collection[Command[Any]]:
    machine = box.machine

    def off(_: NoArguments) -> dict[str, str]:
        box.soon(box.shut_down)
        return {}

    def restart(_: NoArguments) -> dict[str, str]:
        box.soon(box.restart)
        return {}

    def light(pattern: Pattern) -> dict[str, str]:
        machine.show(pattern)
        return {}

    def one(act: Callable[[ServiceManager, str], None]) -> Callable[[UnitName], dict[str, str]]:
        def handle(unit: UnitName) -> dict[str, str]:
            act(box.manager(), unit.name)
            return {}

        return handle

    def logs(wanted: UnitLogs) -> Any:
        if not 1 <= wanted.lines <= _MAX_LINES:
            raise BadInput(f"lines must lie between 1 and {_MAX_LINES}.")
        return box.logs(wanted.name, wanted.lines)

    return [
        Command("board.light", Pattern, light),
        Command("board.events", NoArguments, lambda _: machine.events()),
        Command("board.sensors", NoArguments, lambda _: machine.state().sensors),
        Command("board.disks", NoArguments, lambda _: machine.state().disks),
        Command("host.ailments", NoArguments, lambda _: machine.state().ailments),
        Command("home.network", NoArguments, lambda _: machine.state().home),
        Command("power.off", NoArguments, off),
        Command("power.restart", NoArguments, restart),
        Command("units.states", NoArguments, lambda _: box.services()),
        Command("units.start", UnitName, one(lambda manager, name: manager.start_one(name))),
        Command("units.stop", UnitName, one(lambda manager, name: manager.stop_one(name))),
        Command("units.restart", UnitName, one(lambda manager, name: manager.restart_one(name))),
        Command("units.logs", UnitLogs, logs),
    ]
