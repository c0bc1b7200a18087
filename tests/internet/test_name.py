# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which records a name must have, and who is told what and when."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.internet.goal import Ask
from appliance.internet.model import (
    PUBLIC_PORTS,
    Account,
    Answered,
    Attempt,
    Goal,
    Held,
    Link,
    Outside,
    Records,
    Tunnel,
    Update,
    Way,
)
from appliance.internet.name import FOR_GOOD, PAUSES, REFRESH, SETTLES, Record, Tell, told, wanted
from appliance.internet.notebook import Notebook
from appliance.internet.part import Scene
from appliance.internet.reading import own_address
from appliance.internet.update_part import UpdatePart
from appliance.secret import Secret
from appliance.system.clock import VirtualClock
from appliance.system.files import VirtualFiles
from appliance.system.naming import VirtualDynamicName
from tests.internet.ways import NAME, NOW, PUBLIC, well

SIX = "2600:1234::20"
OWN = Goal(NAME)
DYNAMIC = Goal(NAME, held=Held.DYNAMIC, account=Account("duckdns"))
BOTH = Goal(NAME, held=Held.DYNAMIC, account=Account("freedns", login="anna"))


def there(a: tuple[str, ...] = (), aaaa: tuple[str, ...] = (), **changes: object) -> Way:
    return replace(well(), records=Records(NAME, True, a, aaaa, source_a=a, source_aaaa=aaaa), **changes)  # type: ignore[arg-type]


def with_ipv6(way: Way, *, enters: bool) -> Way:
    assert way.outside is not None
    attempt = Attempt(PUBLIC_PORTS[1], SIX, Answered.REACHED if enters else Answered.SILENT)
    outside = replace(way.outside, seen6=SIX, attempts=(*way.outside.attempts, attempt))
    return replace(way, link=replace(way.link, address6=SIX), outside=outside)


def test_the_records_are_those_of_the_ways_that_people_come() -> None:
    assert wanted(OWN, well()) == (Record("A", NAME, PUBLIC),)
    assert wanted(OWN, with_ipv6(well(), enters=True)) == (Record("A", NAME, PUBLIC), Record("AAAA", NAME, SIX))
    # It would keep everybody out whose provider has IPv6.
    assert wanted(OWN, with_ipv6(well(), enters=False)) == (Record("A", NAME, PUBLIC),)


def test_a_helper_that_lies_cannot_lead_the_name_to_itself() -> None:
    """It came, and names an address of its own: where the name leads, there a certificate for it can be had."""
    attempt = Attempt(PUBLIC_PORTS[1], "1.1.1.1", Answered.REACHED)
    way = there((PUBLIC,), outside=Outside("1.1.1.1", None, (attempt,), hairpin=True))
    assert wanted(OWN, way) == (Record("A", NAME, PUBLIC),)
    assert told(DYNAMIC, way) is None
    # A box that no router stands before knows its own.
    alone = replace(way, router=None, link=replace(way.link, address=PUBLIC))
    assert wanted(OWN, alone) == (Record("A", NAME, PUBLIC),)


def test_of_a_lone_helpers_word_no_record_is_made() -> None:
    """Neither router nor box knows the address."""
    said = well().outside
    way = there((), router=None, outside=said)
    assert said is not None
    assert own_address(way) is None
    assert told(DYNAMIC, way) is None
    assert not any(PUBLIC in each.value for each in wanted(OWN, way))
    agreed = replace(way, outside=replace(said, agreed4=True))
    assert (own_address(agreed), wanted(OWN, agreed)) == (PUBLIC, (Record("A", NAME, PUBLIC),))
    # The owner led the name there herself.
    assert own_address(there((PUBLIC,), router=None, outside=said)) == PUBLIC


def test_with_ipv6_alone_there_is_no_other_record_to_make() -> None:
    way = replace(well(), link=Link(True, "eth0", "192.168.1.20", address6=SIX), router=None, outside=None)
    assert wanted(OWN, way) == (Record("AAAA", NAME, SIX),)


def test_under_a_gateway_there_is_no_ipv6_and_nothing_to_tell_anybody() -> None:
    way = replace(with_ipv6(well(), enters=True), tunnel=Tunnel("gate.example.net", True))
    assert wanted(OWN, way) == (Record("CNAME", NAME, "gate.example.net"),)
    assert wanted(replace(OWN, held=Held.GATEWAY), way) == ()
    assert told(DYNAMIC, way) is None


def test_whoever_looks_after_the_name_is_told_what_is_not_there_yet() -> None:
    assert told(DYNAMIC, there()) == Tell(DYNAMIC, PUBLIC, None)
    assert told(DYNAMIC, there(("203.0.113.5",))) == Tell(DYNAMIC, PUBLIC, None)
    assert told(DYNAMIC, there((PUBLIC,))) is None
    assert told(OWN, there()) is None


def test_nothing_is_told_while_anything_it_rests_on_is_in_doubt() -> None:
    assert told(DYNAMIC, there(clock_trusted=False)) is None
    assert told(DYNAMIC, replace(there(), records=None)) is None
    nowhere = replace(there(), router=None, outside=None, link=Link(True, "eth0", "192.168.1.20"))
    assert told(DYNAMIC, nowhere) is None


def test_both_kinds_of_address_are_told_to_whom_takes_both() -> None:
    way = with_ipv6(there((PUBLIC,)), enters=True)
    assert told(BOTH, way) == Tell(BOTH, PUBLIC, SIX)
    assert told(DYNAMIC, way) is None
    assert told(BOTH, with_ipv6(there((PUBLIC,), (SIX,)), enters=True)) is None


def test_the_same_is_not_told_again_before_it_can_be_seen() -> None:
    said = Update(PUBLIC, None, NOW)
    assert told(DYNAMIC, there(update=said)) is None
    later = there(update=said, now=NOW + SETTLES)
    assert told(DYNAMIC, later) == Tell(DYNAMIC, PUBLIC, None)
    # Another address is told at once.
    assert told(DYNAMIC, there(update=replace(said, a="203.0.113.5"))) == Tell(DYNAMIC, PUBLIC, None)


def test_where_nobody_can_see_what_is_there_it_is_told_once() -> None:
    hidden = replace(there(), records=Records(NAME, True, ("203.0.113.5",)))
    assert told(DYNAMIC, hidden) == Tell(DYNAMIC, PUBLIC, None)
    said = replace(hidden, update=Update(PUBLIC, None, NOW), now=NOW + timedelta(days=1))
    assert told(DYNAMIC, said) is None
    assert told(DYNAMIC, replace(said, now=NOW + REFRESH)) is not None


def test_a_name_that_never_changes_is_refreshed_before_it_is_taken_away() -> None:
    said = Update(PUBLIC, None, NOW)
    assert told(DYNAMIC, there((PUBLIC,), update=said, now=NOW + REFRESH - timedelta(hours=1))) is None
    assert told(DYNAMIC, there((PUBLIC,), update=said, now=NOW + REFRESH)) is not None


class Box:
    def __init__(self, folder: Path) -> None:
        self.clock, self.door = VirtualClock(NOW), VirtualDynamicName()
        self.notebook = Notebook(folder / "name.json", VirtualFiles())
        self.goal = DYNAMIC
        self.part = self.started()

    def started(self) -> UpdatePart:
        return UpdatePart(self.door, lambda: Secret("token"), self.notebook, self.clock)

    def turn(self, way: Way) -> Update:
        update = self.part.look(Ask(self.goal, way.link))
        for action in self.part.actions(Scene(self.goal, replace(way, now=self.clock.now(), update=update), False)):
            self.part.apply(action)
        return self.part.look(Ask(self.goal, way.link))


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_after_refusals_the_pauses_grow_and_outlive_a_new_start(box: Box) -> None:
    box.door.reason = "try later"
    for pause in (*PAUSES, PAUSES[-1]):
        found = box.turn(there())
        assert found.error == "Duck DNS refused: try later"
        assert found.again == box.clock.now() + pause
        box.part = box.started()
        assert box.turn(there()) == found
        box.clock.advance(pause.total_seconds())
    box.door.reason = ""
    assert box.turn(there()) == Update(PUBLIC, None, box.clock.now())
    assert len(box.door.told) == 1


def test_wrong_credentials_are_not_sent_again_until_they_are_others(box: Box) -> None:
    box.door.reason = "updating x: badauth: Bad authorization"
    assert box.turn(there()).again == NOW + FOR_GOOD
    box.door.reason = ""
    box.clock.advance(PAUSES[-1].total_seconds())
    assert box.turn(there()).error
    box.goal = replace(DYNAMIC, account=Account("freedns", "anna"))
    assert not box.turn(there()).error
    assert box.door.told[-1][1].login == "anna"
