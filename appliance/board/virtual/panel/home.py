# SPDX-License-Identifier: AGPL-3.0-or-later
"""The home network on the front panel: each thing that may be otherwise, with its words and its buttons, and the
picture of the way in which the most telling of them can be clicked."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from appliance.board.virtual.home_network import RIVAL_NAME, Authority, DnsRecord, HomeNetwork, Nat
from appliance.errors import BadInput


@dataclass(frozen=True)
class Choice:
    """A button: `value` is what it sends."""

    value: str
    label: str


@dataclass(frozen=True)
class HomeRow:
    key: str
    words: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class HomeGroup:
    title: str
    rows: tuple[HomeRow, ...]


@dataclass(frozen=True)
class Spot:
    """A place or a link of the picture; a click sends `key` and `value`. `level` is "green" or "red"; `icon` is "" for
    a link. `words` say how it is and `label` what a click does."""

    icon: str
    name: str
    caption: str
    level: str
    words: str
    key: str
    value: str
    label: str


@dataclass(frozen=True)
class HomeLook:
    spots: tuple[Spot, ...]
    groups: tuple[HomeGroup, ...]


@dataclass(frozen=True)
class _State:
    """One of the ways a thing can be; `label` is on the button that makes it so."""

    value: Any
    words: str
    label: str
    caption: str = ""


@dataclass(frozen=True)
class _Kind:
    """The first of its states is the good one."""

    key: str
    states: tuple[_State, ...]

    def state(self, home: HomeNetwork) -> _State:
        return next(each for each in self.states if each.value == getattr(home, self.key))


def _switch(key: str, well: tuple[str, str], ill: tuple[str, str], *, good: bool, caption: str = "|") -> _Kind:
    """A thing that is or is not."""
    captions = caption.split("|")
    return _Kind(key, (_State(good, *well, captions[0]), _State(not good, *ill, captions[1])))


_CABLE = _switch(
    "cable",
    ("The network cable is plugged in", "Plug it in"),
    ("The network cable is pulled", "Pull it"),
    good=True,
    caption="cable in|cable out",
)
_CLOCK = _switch(
    "clock",
    ("The box knows what time it is", "Set its clock"),
    ("The box has heard from no time server", "Unset its clock"),
    good=True,
    caption="clock set|clock unset",
)
_UPNP = _switch(
    "upnp",
    ("The router opens ports when it is asked (UPnP)", "Turn UPnP on"),
    ("The router opens no ports: UPnP is off", "Turn UPnP off"),
    good=True,
    caption="UPnP on|UPnP off",
)
_FORWARDED = _switch(
    "forwarded",
    ("Nobody forwarded ports by hand", "Take that back"),
    ("The ports are forwarded to the box by hand", "Forward them"),
    good=False,
)
_RIVAL = _switch(
    "rival",
    ("No other machine wants the box's ports", "Send it away"),
    (f"Another machine, {RIVAL_NAME}, took port 443", f"Let {RIVAL_NAME} take 443"),
    good=False,
)
_HAIRPIN = _switch(
    "hairpin",
    ("At home the name leads to the box too", "Mend it"),
    ("At home the name leads nowhere (no hairpin)", "Break it"),
    good=True,
)
_NAT = _Kind(
    "nat",
    (
        _State(Nat.NOBODY, "The home has an address of its own", "Its own address", "own address"),
        _State(Nat.CARRIER, "The provider lets many homes share one address", "A shared address", "shared address"),
        _State(Nat.ROUTER, "A second router stands before the first", "A second router", "two routers"),
    ),
)
_BLOCKS_80 = _switch(
    "blocks_80", ("Port 80 is let through", "Let it through"), ("Port 80 is blocked", "Block it"), good=False
)
_BLOCKS_443 = _switch(
    "blocks_443", ("Port 443 is let through", "Let it through"), ("Port 443 is blocked", "Block it"), good=False
)
_IPV6_ONLY = _switch("ipv6_only", ("There is IPv4", "Give IPv4"), ("There is IPv6 alone", "Take IPv4 away"), good=False)
_DNS = _switch(
    "dns",
    ("Name servers answer the box", "Let them answer"),
    ("No name server answers", "Silence them"),
    good=True,
)
_RECORD = _Kind(
    "record",
    (
        _State(DnsRecord.RIGHT, "The box's name leads to this home", "Right", "name right"),
        _State(DnsRecord.MISSING, "The box's name leads nowhere", "Missing", "no name"),
        _State(DnsRecord.WRONG, "The box's name leads to another home", "Wrong", "name wrong"),
        _State(DnsRecord.STALE, "The box's name is right now, and remembered as it was", "Stale", "name stale"),
    ),
)
_AAAA = _switch(
    "aaaa",
    ("By IPv6 the name leads nowhere else", "Mend its AAAA record"),
    ("By IPv6 the name leads to another home", "Break its AAAA record"),
    good=True,
)
_CAA = _switch(
    "caa",
    ("The domain allows the box's authority (CAA)", "Allow it"),
    ("The domain forbids the box's authority (CAA)", "Forbid it"),
    good=True,
)
_AUTHORITY = _Kind(
    "authority",
    (
        _State(Authority.GIVES, "The authority gives certificates", "Give certificates"),
        _State(Authority.REFUSES, "The authority took its certificate back, and refuses", "Refuse them"),
        _State(Authority.LATE, "The certificate runs out soon: nobody renewed it", "Let it run out"),
    ),
)
_GATEWAY = _switch(
    "gateway",
    ("A gateway would answer a box that has an invitation", "Bring it back"),
    ("The gateway is lost", "Lose the gateway"),
    good=True,
)
_GROUPS = (
    ("Out on the internet", (_RECORD, _AAAA, _CAA, _DNS, _AUTHORITY, _GATEWAY)),
    ("At the provider's", (_NAT, _BLOCKS_80, _BLOCKS_443, _IPV6_ONLY)),
    ("In the router", (_UPNP, _FORWARDED, _RIVAL, _HAIRPIN)),
    ("At the box", (_CABLE, _CLOCK)),
)
_KINDS = {kind.key: kind for _, kinds in _GROUPS for kind in kinds}


def look_at_home(home: HomeNetwork) -> HomeLook:
    groups = tuple(HomeGroup(title, tuple(_row(kind, home) for kind in kinds)) for title, kinds in _GROUPS)
    return HomeLook(_spots(home), groups)


def changed(home: HomeNetwork, key: str, value: str) -> HomeNetwork:
    """Raises BadInput for what no home can be like."""
    kind = _KINDS.get(key)
    state = next((each for each in kind.states if _text(each.value) == value), None) if kind else None
    if state is None:
        raise BadInput("A home can't be like that.")
    changed = dataclasses.replace(home, **{key: state.value})
    # Who held the port before keeps it as long as the router remembers.
    return restarted(changed) if changed.rival and not home.rival else changed


def restarted(home: HomeNetwork) -> HomeNetwork:
    """The router was started anew and has forgotten which ports it opened."""
    return dataclasses.replace(home, restarts=home.restarts + 1)


def mended(home: HomeNetwork) -> HomeNetwork:
    return HomeNetwork(restarts=home.restarts)


def _row(kind: _Kind, home: HomeNetwork) -> HomeRow:
    now = kind.state(home)
    others = (each for each in kind.states if each is not now)
    return HomeRow(kind.key, now.words, tuple(Choice(_text(each.value), each.label) for each in others))


def _spots(home: HomeNetwork) -> tuple[Spot, ...]:
    """From left to right: places and the links between them. A click on what is ill mends it."""
    shared, second = home.nat is Nat.CARRIER, home.nat is Nat.ROUTER
    misled = home.record is not DnsRecord.RIGHT
    blocked = home.blocks_80 or home.blocks_443 or home.ipv6_only
    shut = home.rival or not (home.upnp or home.forwarded)
    between = "" if second else "No second router stands in between"
    unheard = "" if home.dns else "no name servers"
    held = f"{RIVAL_NAME} has 443" if home.rival else ""
    if home.forwarded and not home.upnp:
        held = held or "by hand"
    return (
        _spot(
            home,
            _RECORD,
            DnsRecord.MISSING,
            ill=misled,
            red=misled or not home.dns,
            icon="world",
            name="internet",
            caption=unheard,
        ),
        _spot(home, _BLOCKS_443, True, ill=home.blocks_443, red=blocked, name="The line from the internet"),
        _spot(home, _NAT, Nat.CARRIER, ill=shared, red=shared, icon="tower", name="provider"),
        _spot(home, _NAT, Nat.ROUTER, ill=second, red=second, name="The line to the router", words=between),
        _spot(home, _UPNP, False, ill=not home.upnp, red=shut, icon="router", name="router", caption=held),
        _spot(home, _CABLE, False, ill=not home.cable, red=not home.cable, name="The cable"),
        _spot(home, _CLOCK, False, ill=not home.clock, red=not home.clock, icon="home", name="box"),
    )


def _spot(
    home: HomeNetwork,
    kind: _Kind,
    bad: Any,
    *,
    ill: bool,
    red: bool,
    name: str,
    icon: str = "",
    caption: str = "",
    words: str = "",
) -> Spot:
    now = kind.state(home)
    then = kind.states[0] if ill else next(each for each in kind.states if each.value == bad)
    level = "red" if red else "green"
    return Spot(icon, name, caption or now.caption, level, words or now.words, kind.key, _text(then.value), then.label)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value.value)
