# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the front panel shows at one moment, as plain data for the page and for its stream."""

from collections.abc import Callable
from dataclasses import dataclass

from appliance.board.light import PATTERNS, Light, Pattern
from appliance.board.model import Disk
from appliance.board.virtual.box import VirtualBox
from appliance.board.virtual.panel.ailments import AilmentRow, rows
from appliance.board.virtual.panel.home import HomeLook, look_at_home
from appliance.board.virtual.panel.words import rhythm
from appliance.supervisor import card as card_file
from appliance.system.clock import Clock
from appliance.system.service import ServiceState, State
from appliance.system.units import SERVICES

LOG_LINES = 40
# From here on the processor protects itself by slowing down.
_WARM, _HOT = 70.0, 80.0


@dataclass(frozen=True)
class Links:
    """Where the three pages of a virtual box are."""

    console: str
    panel: str
    instance: str


@dataclass(frozen=True)
class ServiceRow:
    """`level` is a word of the design's badges."""

    name: str
    description: str
    state: str
    level: str
    pid: int | None
    restarts: int
    status: str


@dataclass(frozen=True)
class DiskRow:
    name: str
    model: str
    size: str


@dataclass(frozen=True)
class Look:
    """`light` is a value of board.light.Light, "off" without power. `held` is in seconds."""

    cable: bool
    powered: bool
    light: str
    light_name: str
    meaning: str
    rhythm: str
    held: float | None
    temperature: float
    heat: str
    weak: bool
    weak_since_boot: bool
    ailments: tuple[AilmentRow, ...]
    home: HomeLook
    disks: tuple[DiskRow, ...]
    services: tuple[ServiceRow, ...]
    log: tuple[str, ...]
    card: str
    code: str


def look_at(box: VirtualBox, clock: Clock, card: Callable[[], str]) -> Look:
    state = box.machine.state()
    light = _light(state.light)
    text = card()
    code = card_file.read(text.encode())
    return Look(
        cable=state.cable,
        powered=state.powered,
        light=light.value if light else "off",
        light_name=state.light.name if state.light else "dark",
        meaning=state.light.meaning if state.light else _dark(state.cable),
        rhythm=rhythm(state.light),
        held=None if state.held_since is None else round(clock.monotonic() - state.held_since, 1),
        temperature=state.sensors.temperature,
        heat="hot" if state.sensors.temperature >= _HOT else "warm" if state.sensors.temperature >= _WARM else "cool",
        weak=state.sensors.undervoltage,
        weak_since_boot=state.sensors.undervoltage_since_boot,
        ailments=rows(state.ailments),
        home=look_at_home(state.home),
        disks=tuple(_disk(disk) for disk in state.disks),
        services=tuple(_service(service) for service in sorted(box.services(), key=_rank)),
        log=tuple(f"{line.at[11:19]} {line.service}: {line.line}" for line in box.logs("", LOG_LINES)),
        card=_shown(text),
        code=code.reveal() if code else "",
    )


def _shown(card: str) -> str:
    """Without what fills the card's sectors."""
    return "\n".join(line.rstrip() for line in card.replace("\r\n", "\n").split("\n")).rstrip("\n") + "\n"


def _light(pattern: Pattern | None) -> Light | None:
    return next((light for light, known in PATTERNS.items() if known == pattern), None)


def _dark(cable: bool) -> str:
    return "The box is off. Pull its plug and put it back to start it." if cable else "The box has no power."


def _disk(disk: Disk) -> DiskRow:
    size = f"{disk.size / 1e12:g} TB" if disk.size >= 1e12 else f"{disk.size / 1e9:.4g} GB"
    return DiskRow(disk.name, disk.model, size)


def _rank(service: ServiceState) -> int:
    return SERVICES.index(service.name) if service.name in SERVICES else len(SERVICES)


def _service(service: ServiceState) -> ServiceRow:
    words = {
        State.RUNNING: ("running", "well"),
        State.LISTENING: ("asleep, wakes when called", "well"),
        State.QUEUED: ("waiting its turn", "working"),
        State.STARTING: ("starting", "working"),
        State.STOPPING: ("stopping", "working"),
        State.PAUSING: ("starts again soon", "attention"),
        State.STOPPED: ("stopped", "working"),
        State.FAILED: ("gave up", "failing"),
    }
    state, level = words[service.state]
    return ServiceRow(
        service.name,
        service.description.removeprefix("Hearth: "),
        state,
        level,
        service.pid,
        service.restarts,
        service.status,
    )
