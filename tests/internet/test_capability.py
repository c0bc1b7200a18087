# SPDX-License-Identifier: AGPL-3.0-or-later
"""The internet as a capability: who is asked, what is done, and that it heals by itself. Doors are virtual."""

from dataclasses import replace

import pytest

from appliance.internet.capability import PATIENCE, InternetCapability
from appliance.internet.keeper import Keeper
from appliance.internet.model import PUBLIC_PORTS, Answered, Link, Mapping, Records
from appliance.internet.parts import DnsPart, OutsidePart, RecordsPart, RouterPart
from appliance.settings import Settings
from appliance.status import Level, LinkState, Picture
from appliance.supervisor.capability import Plan
from appliance.system.clock import VirtualClock
from appliance.system.interfaces import VirtualInterfaces
from appliance.system.outside import VirtualOutside
from appliance.system.resolver import VirtualResolver
from appliance.system.router import Manners, Mood, VirtualRouter
from tests.internet.ways import NAME, PUBLIC, outside

WANTED = Settings(owner="dora", address=NAME)
WELL = Manners(outside=PUBLIC)
RIGHT = Records(NAME, answered=True, a=(PUBLIC,))
REACHED = outside().outside
SILENT = replace(REACHED, attempts=tuple(replace(each, answered=Answered.SILENT) for each in REACHED.attempts))
NOTHING = Records(NAME, answered=True)


class Home:
    """A box in its home. `settle` is what the supervisor and the threads do in half a minute or so."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.manners, self.zone = WELL, (RIGHT, RIGHT)
        self.interfaces = VirtualInterfaces()
        self.router = VirtualRouter(self.clock, lambda: self.manners)
        resolver = VirtualResolver(lambda _: self.zone)
        parts = (RouterPart(self.router, self.clock), DnsPart(resolver), RecordsPart(resolver))
        self.capability = InternetCapability(self.interfaces, parts, self.clock, lambda: None)

    def look(self, settings: Settings) -> Plan:
        plan = self.capability.plan(settings, self.capability.observe())
        for action in plan.actions:
            self.capability.apply(action)
        for keeper in self.capability._keepers.values():
            keeper.turn()
        return plan

    def settle(self, settings: Settings = WANTED) -> Picture:
        for _ in range(6):
            plan = self.look(settings)
            self.clock.advance(6.0)
        assert plan.way is not None
        return plan.way

    def mappings(self) -> int:
        return len(self.router.look(PUBLIC_PORTS).mappings)


@pytest.fixture
def home() -> Home:
    return Home()


@pytest.mark.parametrize(
    "settings", [Settings(owner="dora", address=""), Settings(owner="dora"), Settings(address=NAME)]
)
def test_at_home_only_or_undecided_or_unowned_nobody_is_asked_anything(home, settings):
    asked = []
    home.zone = None
    home.capability._keepers["records"].part.look = asked.append
    picture = home.settle(settings)
    assert (picture.sentence, picture.cause, asked, home.mappings()) == ("The box is found at home only.", "", [], 0)
    assert [each.state for each in picture.stretches] == [LinkState.UNKNOWN, LinkState.UNKNOWN, LinkState.GREEN]


def test_a_name_opens_the_ports_and_is_looked_up(home):
    picture = home.settle()
    assert home.mappings() == 3
    assert [each.state.value for each in picture.stretches] == ["unknown", "green", "green"]
    assert picture.facts["A records"] == PUBLIC


@pytest.mark.parametrize(
    ("broken", "cause"),
    [
        ({"manners": replace(WELL, mood=Mood.SILENT)}, "router-silent"),
        ({"manners": replace(WELL, mood=Mood.REFUSING)}, "port-refused"),
        ({"manners": replace(WELL, outside="192.168.5.5")}, "double-nat"),
        ({"manners": replace(WELL, outside="100.64.5.5")}, "carrier-nat"),
        ({"zone": None}, "no-dns"),
        ({"zone": (NOTHING, NOTHING)}, "record-absent"),
        ({"zone": (RIGHT, replace(RIGHT, a=("1.0.0.1",)))}, "record-stale"),
    ],
)
def test_what_breaks_is_named_and_heals_by_itself(home, broken, cause):
    for name, value in broken.items():
        setattr(home, name, value)
    assert home.settle().cause == cause
    home.manners, home.zone = WELL, (RIGHT, RIGHT)
    assert home.settle().cause == ""
    assert home.mappings() == 3


def test_what_others_found_before_the_ports_were_open_counts_no_more(home):
    others = VirtualOutside(lambda: replace(SILENT, attempts=REACHED.attempts) if home.mappings() == 3 else SILENT)
    home.capability._keepers["outside"] = Keeper(OutsidePart(others), home.clock, lambda: None)
    causes = {plan.way.cause for plan in (home.look(WANTED) for _ in range(8)) if plan.way}
    assert causes == {""}
    assert len(others.asked) <= 3, "and nobody is bothered without need"


def test_a_router_that_forgot_everything_is_asked_again(home):
    home.settle()
    home.manners = replace(WELL, restarts=1)
    home.settle()
    assert home.mappings() == 3


def test_a_rival_keeps_its_port_and_is_named_and_the_box_takes_it_when_it_is_free(home):
    home.manners = replace(WELL, rivals=(Mapping(PUBLIC_PORTS[1], "192.168.1.30", None, name="nas"),))
    picture = home.settle()
    assert (picture.cause, picture.sentence) == ("port-taken", "Port 443 of the router is used by nas (192.168.1.30).")
    assert home.mappings() == 3, "80 and the one for HTTP/3 are ours, and 443 is the rival's"
    home.manners = WELL
    assert home.settle().cause == ""


def test_leases_are_renewed_before_they_end(home):
    home.settle()
    for _ in range(12):
        home.clock.advance(1800.0)
        home.settle()
        assert home.mappings() == 3


def test_after_a_reset_the_ports_are_closed(home):
    home.settle()
    picture = home.settle(replace(WANTED, owner=None))
    assert (home.mappings(), picture.sentence) == (0, "The box is found at home only.")


def test_when_the_box_stops_the_ports_are_closed(home):
    home.settle()
    for keeper in home.capability._keepers.values():
        keeper.start()
    home.capability.close()
    assert home.mappings() == 0


def test_a_pulled_cable_is_seen_at_once_and_what_was_known_of_the_home_forgotten(home):
    home.settle()
    home.capability._interfaces = VirtualInterfaces(to_gateway=Link(carrier=False, interface="eth0"))
    plan = home.look(WANTED)
    assert plan.way is not None
    assert plan.way.cause == "no-link"


def test_what_passes_soon_is_no_issue_and_what_others_raise_is_not_raised_twice(home):
    home.settle()
    home.capability._interfaces = VirtualInterfaces(to_gateway=Link(carrier=False, interface="eth0"))
    plan = home.look(WANTED)
    assert (plan.findings, plan.report.level) == ((), Level.WORKING)
    home.clock.advance(PATIENCE)
    plan = home.look(WANTED)
    assert ([each.key for each in plan.findings], plan.report.level) == (["no-link"], Level.ATTENTION)
    home.capability._raised_elsewhere = frozenset({"no-link"})
    assert home.look(WANTED).findings == ()
    home.capability._interfaces = VirtualInterfaces()
    home.look(WANTED)
    assert home.settle().cause == "", "and when it comes back it has to last again"
    assert home.capability._broken[0] == ""


def test_the_answer_for_another_name_is_not_taken_for_this_ones(home):
    home.settle()
    plan = home.capability.plan(replace(WANTED, address="other.example.org"), home.capability.observe())
    assert plan.way is not None
    assert "A records" not in plan.way.facts


def test_an_owner_who_forwarded_the_ports_herself_says_so_on_one_click(home):
    believed = []
    home.manners = replace(WELL, mood=Mood.SILENT)
    home.capability._believe = lambda: believed.append(True)
    assert home.settle().cause == "router-silent"
    action = home.capability.fix("ports-by-hand")
    home.capability.apply(action)
    assert believed == [True]
    assert home.capability.fix("nonsense") is None
    assert home.settle(replace(WANTED, ports_by_hand=True)).cause == ""
