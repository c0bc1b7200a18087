# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is made of the words of several helpers, and how little one that lies can do."""

from typing import Any

import pytest

from appliance.errors import HearthError
from appliance.fediverse.protocol import HelperWord, ReachReport
from appliance.internet.model import PUBLIC_PORTS, Answered, Attempt
from appliance.internet.outside_check import OutsideByHelpers, weigh

HOME, OTHER_HOME, HOME6 = "11.22.33.44", "11.99.88.77", "2600:1234:5678:9a00::20"
HTTP, HTTPS, QUIC = PUBLIC_PORTS
REACHED, OTHER, REFUSED, SILENT = Answered.REACHED, Answered.OTHER, Answered.REFUSED, Answered.SILENT


def word(
    *answers: Answered, came: tuple[str, ...] = (), address: str = HOME, at: tuple[str, ...] = ("9.9.9.9",)
) -> HelperWord:
    tcp80, tcp443, udp443 = answers
    return HelperWord("h.example.net", address, tcp80, tcp443, udp443, came, at)


def found(*words: HelperWord, **more: Any) -> dict[Any, Answered]:
    outside = weigh(ReachReport(PUBLIC_PORTS, words, **more))
    return {} if outside is None else {each.port: each.answered for each in outside.attempts}


HONEST = word(REACHED, REACHED, REACHED, came=("http", "https"))
SHUT = word(SILENT, SILENT, SILENT)


def test_one_honest_helper_is_enough() -> None:
    assert found(HONEST) == {HTTP: REACHED, HTTPS: REACHED, QUIC: REACHED}
    assert found(SHUT) == {HTTP: SILENT, HTTPS: SILENT, QUIC: SILENT}
    outside = weigh(ReachReport(PUBLIC_PORTS, (HONEST,), hairpin=False))
    assert outside is not None
    assert (outside.seen4, outside.seen6, outside.hairpin) == (HOME, None, False)
    assert outside.attempts[0] == Attempt(HTTP, HOME, REACHED)


@pytest.mark.parametrize("lie", [SILENT, OTHER, REFUSED])
@pytest.mark.parametrize("liars", [1, 4])
def test_no_number_of_liars_shuts_a_door_through_which_somebody_came(lie: Answered, liars: int) -> None:
    answers = found(*[word(lie, lie, lie)] * liars, HONEST)
    assert (answers[HTTP], answers[HTTPS]) == (REACHED, REACHED)


@pytest.mark.parametrize("address", ["8.8.8.8%\npostscript=/bin/sh", "fd00::1%\nx", "nobody", ""])
def test_what_is_no_plain_address_is_not_heard(address: str) -> None:
    """The companion meets strangers all day, and what it says ends in configurations."""
    outside = weigh(ReachReport(PUBLIC_PORTS, (word(REACHED, REACHED, REACHED, came=("http",), address=address),)))
    assert outside is not None
    assert (outside.seen4, outside.seen6, outside.attempts) == (None, None, ())


def test_who_came_in_came_in_whatever_it_says() -> None:
    assert found(word(SILENT, SILENT, SILENT, came=("http",)))[HTTP] is REACHED
    assert found(word(SILENT, SILENT, SILENT, came=("http",)))[HTTPS] is SILENT


def test_who_says_that_it_came_and_did_not_is_not_heard() -> None:
    liar = word(REACHED, REACHED, REACHED)
    assert found(liar) == {}
    assert found(liar, SHUT) == {HTTP: SILENT, HTTPS: SILENT, QUIC: SILENT}
    assert found(*[liar] * 4, SHUT)[HTTPS] is SILENT
    half = word(REACHED, REACHED, SILENT, came=("http",))
    assert found(half) == {HTTP: REACHED, QUIC: SILENT}


def test_the_greater_number_counts_and_a_draw_says_nothing() -> None:
    liar = word(OTHER, OTHER, OTHER)
    assert found(liar, SHUT) == {}
    assert found(SHUT, liar, SHUT) == {HTTP: SILENT, HTTPS: SILENT, QUIC: SILENT}


def test_the_address_is_what_those_say_who_came() -> None:
    liar = word(OTHER, OTHER, OTHER, address=OTHER_HOME)
    outside = weigh(ReachReport(PUBLIC_PORTS, (liar, liar, HONEST)))
    assert outside is not None
    assert outside.seen4 == HOME
    assert {each.address for each in outside.attempts} == {HOME}
    shut = weigh(ReachReport(PUBLIC_PORTS, (SHUT, liar, SHUT)))
    assert shut is not None
    assert shut.seen4 == HOME


@pytest.mark.parametrize(
    ("places", "agreed"),
    [
        ([("9.9.9.9",)], False),
        ([("9.9.9.9",), ("9.9.9.77",)], False),  # one machine with two names, or two of one owner
        ([("9.9.9.9",), ("9.9.9.9", "8.8.8.8")], False),
        ([("9.9.9.9",), ()], False),
        ([("9.9.9.9",), ("no address",)], False),
        ([("2600:1:2:3::1",), ("2600:1:2:4::1",)], False),
        ([("9.9.9.9",), ("8.8.8.8",)], True),
        ([("9.9.9.9",), ("9.9.9.77",), ("8.8.8.8",)], True),
        ([("2600:1:2::1",), ("2600:1:3::1",)], True),
    ],
)
def test_two_of_different_networks_make_an_address_sure(places: list[tuple[str, ...]], agreed: bool) -> None:
    outside = weigh(ReachReport(PUBLIC_PORTS, tuple(word(SILENT, SILENT, SILENT, at=at) for at in places)))
    assert outside is not None
    assert (outside.seen4, outside.agreed4) == (HOME, agreed)


def test_who_says_another_address_does_not_agree() -> None:
    liar = word(SILENT, SILENT, SILENT, address=OTHER_HOME, at=("8.8.8.8",))
    outside = weigh(ReachReport(PUBLIC_PORTS, (SHUT, liar)))
    assert outside is not None
    assert (outside.seen4, outside.agreed4) == (HOME, False)


def test_each_kind_of_address_is_weighed_by_itself() -> None:
    six = word(REACHED, REACHED, SILENT, came=("http", "https"), address=HOME6)
    outside = weigh(ReachReport(PUBLIC_PORTS, (SHUT, six)))
    assert outside is not None
    assert (outside.seen4, outside.seen6) == (HOME, HOME6)
    assert Attempt(HTTPS, HOME, SILENT) in outside.attempts
    assert Attempt(HTTPS, HOME6, REACHED) in outside.attempts


def test_of_a_port_where_the_box_itself_does_not_answer_nothing_is_learnt() -> None:
    outside = weigh(ReachReport((HTTP,), (SHUT,)))
    assert outside is not None
    assert [each.port for each in outside.attempts] == [HTTP]


def test_nobody_said_anything() -> None:
    assert weigh(ReachReport()) is None
    assert weigh(ReachReport(PUBLIC_PORTS)) is None


class Instance:
    asked = 0
    report = ReachReport(PUBLIC_PORTS, (HONEST,))

    def try_from_outside(self, name: str, helpers: tuple[str, ...]) -> ReachReport:
        self.asked += 1
        return self.report


def test_without_helpers_nobody_is_troubled() -> None:
    instance = Instance()
    door = OutsideByHelpers(instance)
    assert door.look("a.example.org", ()) is None
    assert instance.asked == 0
    assert door.look("a.example.org", ("h.example.net",)) is not None


def test_helpers_who_say_nothing_are_no_answer() -> None:
    instance = Instance()
    instance.report = ReachReport(PUBLIC_PORTS)
    with pytest.raises(HearthError) as caught:
        OutsideByHelpers(instance).look("a.example.org", ("h.example.net",))
    assert caught.value.key == "nobody-tried"
