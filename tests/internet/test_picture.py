# SPDX-License-Identifier: AGPL-3.0-or-later
"""The picture: the records to make, and every fact, in words."""

from dataclasses import replace

import pytest

from appliance.internet.diagnosis import diagnose
from appliance.internet.model import Account, Answered, Goal, Held, Link, Tunnel, Update, Way
from appliance.internet.picture import picture
from appliance.status import WantedRecord
from tests.internet.ways import HOME, NAME, NOW, PUBLIC, outside, records, tried, well

SIX = "2606:4700::20"


def draw(way: Way):
    return picture(diagnose(way), way)


@pytest.mark.parametrize(
    ("way", "found", "right"),
    [
        (well(), (PUBLIC,), True),
        (records(a=()), (), False),
        (records(a=("1.0.0.1",)), ("1.0.0.1",), False),
        (records(a=("1.0.0.1",), source_a=(PUBLIC,)), (PUBLIC,), True),
        (records(a=(PUBLIC,), source_a=(PUBLIC, "1.0.0.1")), (PUBLIC, "1.0.0.1"), False),
        (records(answered=False), (), None),
        (replace(well(), records=None), (), None),
    ],
)
def test_the_record_to_make_and_whether_it_is_there(way, found, right):
    assert draw(way).records == (WantedRecord("A", NAME, PUBLIC, found, right),)


def test_ipv6_only_where_people_get_in_by_it():
    link = Link(True, "eth0", HOME, "192.168.1.1", SIX, "fe80::1")
    reached = outside(attempts=(*outside().outside.attempts, tried(1, Answered.REACHED, SIX)))
    assert [each.kind for each in draw(replace(well(), link=link)).records] == ["A"]
    assert [each.kind for each in draw(replace(reached, link=link)).records] == ["A", "AAAA"]


def test_an_address_that_many_homes_share_is_no_record_to_make():
    assert draw(outside(seen4="1.1.1.1", attempts=(), hairpin=None)).records == ()


def test_behind_a_gateway_an_own_name_leads_to_it():
    way = replace(well(), tunnel=Tunnel("gate.example.net", connected=True))
    assert draw(way).records == (WantedRecord("CNAME", NAME, "gate.example.net", (PUBLIC,), True),)


@pytest.mark.parametrize(
    "goal", [None, Goal(NAME, held=Held.GATEWAY), Goal(NAME, held=Held.DYNAMIC, account=Account("somebody"))]
)
def test_what_others_make_is_not_asked_of_the_owner(goal):
    assert draw(replace(well(), goal=goal)).records == ()


def test_a_name_that_the_box_looks_after_says_what_its_provider_answered():
    goal = Goal(NAME, held=Held.DYNAMIC, account=Account("dynu"))
    way = replace(records(a=()), goal=goal)
    assert "by itself" in draw(way).remedy
    refused = replace(way, update=Update(error="bad password", at=NOW))
    assert draw(refused).remedy.endswith("bad password")
    lent = replace(way, goal=Goal(NAME, held=Held.GATEWAY))
    assert "runs the gateway" in draw(lent).remedy


def test_every_fact_is_there_in_words():
    facts = draw(well()).facts
    assert facts["address at home"] == HOME
    assert facts["opens ports by"] == "UPnP"
    assert facts["ports"] == "80 TCP to Hearth, 443 TCP to Hearth, 443 UDP to Hearth"
    assert facts["tried from outside"] == f"80 TCP at {PUBLIC}: reached, 443 TCP at {PUBLIC}: reached"
    assert facts["good until"] == "30 April 2026"


def test_what_only_counts_down_changes_nothing():
    way = well()
    assert way.router is not None
    later = replace(way.router, mappings=tuple(replace(each, seconds=5) for each in way.router.mappings))
    assert draw(replace(way, router=later)) == draw(way)
