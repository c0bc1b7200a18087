# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the supervisor asks of the child that talks to the router, and what that may answer."""

import ipaddress
from dataclasses import dataclass
from enum import Enum

from appliance.errors import BadInput
from appliance.internet.model import Mapping, Port, PortControl

TEXT, URL = 80, 200
_MAPPINGS = 16


class Verb(Enum):
    LOOK = "look"
    OPEN = "open"
    CLOSE = "close"
    NAMES = "names"
    BEYOND = "beyond"


class Trouble(Enum):
    SILENT = "silent"
    TAKEN = "taken"
    REFUSED = "refused"
    UNSURE = "unsure"  # it said yes, and what it shows afterwards says no
    STRANGE = "strange"


@dataclass(frozen=True)
class Question:
    """By `controls`, the first that the router speaks. `own` and `gateway` are of one family: by IPv6 a pinhole is
    meant. `nonce` is hexadecimal; `known` where the router described itself last time; `addresses` are to be named.
    `patience` of less than 1 waits shorter for whoever may be there."""

    verb: Verb
    controls: tuple[PortControl, ...]
    own: str
    gateway: str
    ports: tuple[Port, ...] = ()
    seconds: int = 0
    nonce: str = ""
    description: str = "Hearth"
    known: str = ""
    addresses: tuple[str, ...] = ()
    patience: float = 1.0


@dataclass(frozen=True)
class Name:
    address: str
    name: str


@dataclass(frozen=True)
class Answer:
    """`epoch` is the router's clock, where it has one. `lease` is of what was opened, None where that has no end."""

    control: PortControl | None = None
    trouble: Trouble | None = None
    reason: str = ""
    outside: str | None = None
    epoch: int | None = None
    lease: int | None = None
    mappings: tuple[Mapping, ...] = ()
    known: str = ""
    names: tuple[Name, ...] = ()
    beyond: str | None = None


def check(answer: Answer, question: Question) -> Answer:
    """A child that was taken over may answer anything: what is out of bounds raises BadInput."""
    texts = [answer.reason, *(text for each in answer.names for text in (each.address, each.name))]
    texts += [text for each in answer.mappings for text in (each.host, each.description, each.name)]
    numbers = [answer.epoch or 0, answer.lease or 0, *(each.seconds or 0 for each in answer.mappings)]
    numbers += [number for each in answer.mappings for number in (each.port.outside << 16, each.port.inside << 16)]
    long = any(len(text) > TEXT for text in texts) or len(answer.known) > URL
    odd = not all(text.isprintable() for text in (*texts, answer.known))
    if (
        long
        or odd
        or len(answer.mappings) + len(answer.names) > _MAPPINGS
        or not all(0 <= each < 2**32 for each in numbers)
    ):
        raise BadInput("The answer is out of bounds.")
    hosts = [each.host for each in answer.mappings if each.host != question.own]
    told = [each for each in (answer.outside, answer.beyond) if each is not None]
    if not all(map(is_address, [*hosts, *told])):
        raise BadInput("The answer names an address that is none.")
    return answer


def is_address(text: str) -> bool:
    """Whether a router could have it, or lead a port to it."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    nonsense = address.is_loopback or address.is_unspecified or address.is_multicast or address.is_reserved
    return not (nonsense or address.is_link_local)


def plain(text: str) -> str:
    """A stranger's text, as short and harmless as it must be to be shown."""
    return "".join(each for each in text if each.isprintable())[:TEXT].strip()
