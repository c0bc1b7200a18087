# SPDX-License-Identifier: AGPL-3.0-or-later
"""Resolver: what the domain name system has of a name, as the world sees it and as its own name servers say."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from appliance.errors import HearthError
from appliance.internet.model import Records
from appliance.parse import from_dict
from appliance.system.cage import Cage
from appliance.system.inquiry import inquire
from appliance.system.runner import Runner

_SECONDS = 60.0  # many questions, of which each has some seconds
_WALLS = Cage("", 256 * 2**20, 10, 0, ("/run/systemd/resolve", "/run/NetworkManager"), network=True)
_MOST = 16  # of one kind
_TEXT = 255


class Resolver(Protocol):
    """Nothing is kept between two looks. Each may take some seconds."""

    def works(self) -> bool:
        """Whether names are looked up for this box at all."""
        ...

    def records(self, name: str) -> Records:
        """As whoever looks the name up from here sees it, and beside it what its own name servers say."""
        ...


@dataclass(frozen=True)
class Question:
    """About a name, or, without one, whether names are looked up at all. No `servers`: those of /etc/resolv.conf.
    Each of the questions that this takes has so many `seconds`, however many servers there are."""

    name: str | None = None
    servers: tuple[str, ...] = ()
    port: int = 53
    seconds: float = 4.0


class SystemResolver:
    """The name servers of /etc/resolv.conf, which come and go with the network; for tests, others: `servers`."""

    def __init__(self, runner: Runner, servers: tuple[str, ...] = (), *, port: int = 53, seconds: float = 4.0) -> None:
        self._runner = runner
        self._about = Question(servers=servers, port=port, seconds=seconds)

    def works(self) -> bool:
        return self._ask(None).answered

    def records(self, name: str) -> Records:
        return self._ask(name)

    def _ask(self, name: str | None) -> Records:
        """A child that said nothing, or nonsense, leaves nobody the wiser."""
        question = dataclasses.replace(self._about, name=name)
        try:
            found = from_dict(Records, inquire(self._runner, "appliance.system.lookup", question, _WALLS, _SECONDS))
        except HearthError:
            return Records(name or "", answered=False)
        return found if _is_plausible(found, name or "") else Records(name or "", answered=False)


def _is_plausible(found: Records, name: str) -> bool:
    all_of = (found.a, found.aaaa, found.caa or (), found.source_a or (), found.source_aaaa or ())
    texts = [text for each in all_of for text in each]
    return (
        found.name == name
        and all(len(each) <= _MOST for each in all_of)
        and all(len(text) <= _TEXT and text.isprintable() for text in texts)
    )


def _nothing(name: str) -> tuple[Records, Records]:
    return Records(name, answered=True), Records(name, answered=True)


class VirtualResolver:
    """Answers from what `look` says: of a name, what its own name servers have, and what is seen of it elsewhere; None
    where no name server answers."""

    def __init__(self, look: Callable[[str], tuple[Records, Records] | None] = _nothing) -> None:
        self.look = look

    def works(self) -> bool:
        return self.look("example.org") is not None

    def records(self, name: str) -> Records:
        found = self.look(name)
        if found is None:
            return Records(name, answered=False)
        there, seen = found
        return dataclasses.replace(seen, source_a=there.a, source_aaaa=there.aaaa)
