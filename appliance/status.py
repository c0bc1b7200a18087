# SPDX-License-Identifier: AGPL-3.0-or-later
"""The status document: what is true of the box now. Console, light, CLI and update gate all read this one."""

from dataclasses import dataclass, field
from enum import Enum

from appliance.board.light import Light
from appliance.internet.model import Held


class Level(Enum):
    """How well something is, from best to worst."""

    WELL = "well"
    WORKING = "working"
    ATTENTION = "attention"
    FAILING = "failing"


class JobState(Enum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Fix:
    """What mends an issue on one click. `key` is what `issue.fix` is asked for."""

    key: str
    label: str


@dataclass(frozen=True)
class Issue:
    """Something wrong, in plain words. `key` is stable; `since` is ISO 8601 in UTC."""

    key: str
    level: Level
    sentence: str
    remedy: str
    since: str
    acknowledged: bool = False
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True)
class Capability:
    """One thing the box does: storage, network, health, fediverse …"""

    name: str
    level: Level
    sentence: str
    facts: dict[str, str]


class LinkState(Enum):
    GREEN = "green"
    RED = "red"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Stretch:
    """One link of the way from the internet to the box: from `outer`, which is farther out, to `inner`."""

    outer: str
    inner: str
    state: LinkState
    sentence: str


@dataclass(frozen=True)
class WantedRecord:
    """A record that the owner's name must have in DNS. `found` are the values it has now; `right` whether that is so
    as it should be, None while it could not be asked for."""

    kind: str
    name: str
    value: str
    found: tuple[str, ...] = ()
    right: bool | None = None


@dataclass(frozen=True)
class Picture:
    """The way from the internet to the box. `stretches` begin outside. `cause` is the key of the one thing that is
    broken first, seen from the box, "" for none; `sentence` and `remedy` are its words, or how it is."""

    stretches: tuple[Stretch, ...]
    sentence: str
    remedy: str = ""
    cause: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    records: tuple[WantedRecord, ...] = ()


@dataclass(frozen=True)
class Job:
    """Work longer than a second. `progress` is 0 to 1, or None when unknown."""

    id: str
    name: str
    state: JobState
    progress: float | None
    sentence: str
    started_at: str
    cancellable: bool = False


@dataclass(frozen=True)
class Box:
    """`claimed`: somebody holds the box; `owner`: the owner's user name once there is one;
    `address`: the name on the internet that was chosen, "" for home only, None while undecided, and whether it
    is final; `name_held` and `provider`: who makes its records;
    `setup_done`: the wizard was finished; `recovery_open`: for some one browser;
    `epoch` changes whenever console sessions must end."""

    name: str
    board: str
    version: str
    claimed: bool
    owner: str | None
    address: str | None
    setup_done: bool
    recovery_open: bool
    epoch: int
    address_final: bool = False
    name_held: Held = Held.OWN
    provider: str = ""


@dataclass(frozen=True)
class Status:
    """`serial` grows with every change; `addresses` are URLs at home under which the console answers; `way` is how
    people outside reach the box, and what stands in it."""

    serial: int
    at: str
    level: Level
    light: Light
    sentence: str
    box: Box
    addresses: tuple[str, ...]
    instance_url: str
    instance_answers: bool
    federating: bool
    capabilities: tuple[Capability, ...]
    issues: tuple[Issue, ...]
    jobs: tuple[Job, ...]
    way: Picture | None = None
