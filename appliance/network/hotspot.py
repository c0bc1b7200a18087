# SPDX-License-Identifier: AGPL-3.0-or-later
"""When the box opens a Wi-Fi of its own: pure functions from a state, what is seen and the clock to the next state.

    ONLINE ──lost──▶ SEEKING ──nothing found──▶ OPEN ──a network is chosen──▶ JOINING ──▶ ONLINE, or OPEN again
                        ▲  ◀──known ones may be back──┘ └──nobody uses it──▶ CLOSED ──press of the button──▶ OPEN

A radio that makes a hotspot can neither look around well nor join anything. So what was near is remembered from
before, and a box that knows networks ends an unused hotspot now and then, to see whether one of them is back.
"""

import dataclasses
import hashlib
from dataclasses import dataclass
from enum import Enum

from appliance.system.wifi import Nearby, Outcome, Seen

# Seconds. NetworkManager needs some for a network it knows, and routers are slower to start than the box.
PATIENCE_AT_START = 60.0
PATIENCE_AFTER_LOSS = 180.0
UNUSED_FOR_GOOD = 900.0
UNUSED_FOR_NOW = 180.0
USED_FOR_NOW = 900.0
SCAN_BEFORE = 20.0
ATTEMPT = 60.0
# An attempt that never told how it ended.
ATTEMPT_LOST = 150.0


class Phase(Enum):
    ONLINE = "online"
    SEEKING = "seeking"  # the radio and known networks are given their time
    OPEN = "open"
    JOINING = "joining"
    CLOSED = "closed"  # for safety, until somebody who stands before the box presses its button


@dataclass(frozen=True)
class Hotspot:
    """`since` is when the phase began, `used` when somebody last needed the hotspot (the clock's monotonic seconds).
    `tried` is the network that was chosen last, `outcome` how that ended."""

    since: float
    phase: Phase = Phase.SEEKING
    patience: float = PATIENCE_AT_START
    used: float | None = None
    nearby: tuple[Nearby, ...] = ()
    tried: str = ""
    outcome: Outcome | None = None


def look(state: Hotspot, seen: Seen, now: float) -> Hotspot:
    """What the passing of time and the sight of the network make of it."""
    if seen.nearby:
        state = dataclasses.replace(state, nearby=seen.nearby)
    if state.phase is Phase.JOINING:
        return _enter(state, Phase.OPEN, now, used=now) if now - state.since >= ATTEMPT_LOST else state
    if not seen.radio and not seen.cable:
        # One that comes late, as drivers do, is given its time from then on.
        return _enter(state, Phase.SEEKING, now, patience=PATIENCE_AT_START, used=None)
    if seen.cable or seen.connected is not None:
        return state if state.phase is Phase.ONLINE else _enter(state, Phase.ONLINE, now, used=None, outcome=None)
    if state.phase is Phase.ONLINE:
        return _enter(state, Phase.SEEKING, now, patience=PATIENCE_AFTER_LOSS)
    if state.phase is Phase.SEEKING and (seen.hotspot or now - state.since >= state.patience):
        return _enter(state, Phase.OPEN, now, used=now if state.used is None else state.used)
    if state.phase is Phase.OPEN:
        return _stay_open(state, seen, now)
    return state


def _stay_open(state: Hotspot, seen: Seen, now: float) -> Hotspot:
    used = state.since if state.used is None else state.used
    if now - used >= UNUSED_FOR_GOOD:
        return _enter(state, Phase.CLOSED, now, used=None)
    idle, busy = now - max(used, state.since), now - state.since
    # It is open to whoever is near: somebody who keeps it busy must not keep the box from its own network for good.
    if seen.known and (idle >= UNUSED_FOR_NOW or busy >= USED_FOR_NOW):
        return _enter(state, Phase.SEEKING, now, patience=PATIENCE_AT_START)
    return state


def pressed(state: Hotspot, now: float) -> Hotspot:
    """Somebody stands before the box and wants in."""
    return _enter(state, Phase.OPEN, now, used=now) if state.phase in (Phase.CLOSED, Phase.SEEKING) else state


def used(state: Hotspot, now: float) -> Hotspot:
    return dataclasses.replace(state, used=now) if state.phase is Phase.OPEN else state


def chosen(state: Hotspot, ssid: str, now: float) -> Hotspot:
    return _enter(state, Phase.JOINING, now, tried=ssid, outcome=None) if state.phase is Phase.OPEN else state


def ended(state: Hotspot, outcome: Outcome, now: float) -> Hotspot:
    """How the attempt went."""
    if state.phase is not Phase.JOINING:
        return state
    if outcome is Outcome.JOINED:
        return _enter(state, Phase.ONLINE, now, used=None, outcome=outcome)
    return _enter(state, Phase.OPEN, now, used=now, outcome=outcome)


def refused(state: Hotspot, now: float) -> Hotspot:
    """This radio can't make a hotspot."""
    return _enter(state, Phase.CLOSED, now, used=None) if state.phase is Phase.OPEN else state


def wants_scan(state: Hotspot, now: float) -> bool:
    """Shortly before a hotspot is opened, as later the radio cannot."""
    return state.phase is Phase.SEEKING and now - state.since >= state.patience - SCAN_BEFORE


def name(machine_id: str) -> str:
    """The hotspot's. The id itself is nobody's business (machine-id(5))."""
    return f"Hearth-{hashlib.sha256(b'hotspot ' + machine_id.strip().encode()).hexdigest()[:4].upper()}"


def _enter(state: Hotspot, phase: Phase, now: float, **changes: object) -> Hotspot:
    return dataclasses.replace(state, phase=phase, since=now, **changes)  # type: ignore[arg-type]
