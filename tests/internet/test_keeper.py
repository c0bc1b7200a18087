# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeper: what it looks at, how often, what it does once, and how it ends. Turned by hand, except where it says so."""

import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from appliance.errors import HearthError
from appliance.internet.goal import Ask
from appliance.internet.keeper import PATIENCE, Keeper
from appliance.internet.model import Goal, Link
from appliance.internet.part import Pace, Scene
from appliance.system.clock import VirtualClock

ASK = Ask(Goal("our-house.example.org"), Link(True, "eth0", "192.168.1.20", "192.168.1.1"))


class Recorded:
    field = "router"
    pace = Pace(60.0, 5.0)

    def __init__(self) -> None:
        self.did: list[str] = []
        self.says: Any = 1
        self.fails: Exception | None = None
        self.closed = threading.Event()

    def look(self, ask: Ask) -> Any:
        self.did.append("look")
        if self.fails is not None:
            raise self.fails
        return self.says

    def actions(self, scene: Scene) -> Iterable[Any]:
        return ()

    def apply(self, action: str) -> None:
        self.did.append(action)
        if self.fails is not None:
            raise self.fails

    def close(self) -> None:
        self.did.append("close")
        self.closed.set()


class Kept:
    """A keeper, its part, and how often it said that something has changed."""

    def __init__(self) -> None:
        self.part, self.clock, self.changes = Recorded(), VirtualClock(), 0
        self.keeper = Keeper(self.part, self.clock, self.count)

    def count(self) -> None:
        self.changes += 1

    def after(self, seconds: float) -> list[str]:
        """What it does when so much time has passed."""
        self.clock.advance(seconds)
        before = len(self.part.did)
        self.keeper.turn()
        return self.part.did[before:]


@pytest.fixture
def kept() -> Kept:
    return Kept()


def test_nobody_is_asked_anything_before_there_is_something_to_ask(kept):
    assert kept.after(1000) == []
    kept.keeper.ask(ASK)
    assert kept.after(0) == ["look"]
    assert (kept.keeper.seen, kept.changes) == (1, 1)


def test_it_looks_seldom_while_all_is_well_and_often_while_something_is_broken(kept):
    kept.keeper.ask(ASK)
    kept.keeper.hurry(False)
    assert (kept.after(0), kept.after(59), kept.after(1)) == (["look"], [], ["look"])
    kept.keeper.hurry(True)
    assert (kept.after(4), kept.after(1), kept.after(5)) == ([], ["look"], ["look"])
    assert kept.changes == 1, "it was always the same"


def test_where_looking_costs_nothing_it_is_never_far_away(kept):
    kept.keeper = Keeper(kept.part, kept.clock, kept.count, latest=3.0)
    kept.keeper.ask(ASK)
    kept.keeper.hurry(False)
    assert (kept.after(0), kept.after(2), kept.after(1)) == (["look"], [], ["look"])


def test_another_home_or_name_is_looked_at_at_once_and_the_old_one_forgotten(kept):
    kept.keeper.ask(ASK)
    kept.after(0)
    kept.keeper.ask(replace(ASK, link=Link(True, "wlan0", "10.0.0.2", "10.0.0.1")))
    assert kept.keeper.seen is None
    assert kept.after(0) == ["look"]


def test_what_was_asked_for_the_old_name_is_thrown_away(kept):
    other = replace(ASK, goal=Goal("elsewhere.example.org"))

    def changed_his_mind(ask: Ask) -> int:
        kept.keeper.ask(other)
        return 7

    kept.part.look = changed_his_mind
    kept.keeper.ask(ASK)
    kept.keeper.turn()
    assert kept.keeper.seen is None


@pytest.mark.parametrize("error", [HearthError("router-strange", "It makes no sense."), KeyError("ours")])
def test_a_look_that_fails_leaves_nothing_known_and_is_made_again_soon(kept, error):
    kept.keeper.ask(ASK)
    kept.keeper.hurry(False)
    kept.after(0)
    kept.part.fails = error
    assert kept.after(60) == ["look"]
    assert kept.keeper.seen is None
    kept.part.fails = None
    assert kept.after(5) == ["look"]
    assert (kept.keeper.seen, kept.changes) == (1, 3)


def test_an_action_is_done_once_however_often_it_is_planned_and_looked_at_afterwards(kept):
    kept.keeper.ask(ASK)
    kept.after(0)
    for _ in range(3):
        kept.keeper.do("open")
    assert kept.after(0) == ["open", "look"]
    kept.keeper.do("open")
    assert kept.after(1) == []
    kept.clock.advance(PATIENCE)
    kept.keeper.do("open")
    assert kept.after(0) == ["open", "look"]


def test_somebody_who_waits_need_not_have_patience(kept):
    kept.keeper.ask(ASK)
    kept.part.fails = HearthError("router-refuses", "No.")
    kept.keeper.do("open")
    kept.after(0)
    kept.part.fails = None
    kept.keeper.look_now()
    kept.keeper.do("open")
    assert kept.after(0) == ["open", "look"]


def test_who_calls_while_it_looks_is_shown_what_is_there_since(kept):
    kept.keeper.ask(ASK)
    kept.part.look = lambda ask: kept.keeper.look_now() or 1
    kept.after(0)
    del kept.part.look
    kept.part.says = 2
    assert (kept.after(0), kept.keeper.seen, kept.after(0)) == (["look"], 2, [])


def test_what_is_no_longer_wanted_is_given_back(kept):
    kept.keeper.ask(ASK)
    kept.after(0)
    kept.keeper.do("open")
    kept.keeper.ask(None)
    assert kept.after(0) == ["close"]
    assert (kept.after(1000), kept.keeper.seen) == ([], None)


def test_in_its_thread_it_works_by_itself_and_gives_back_what_it_holds_when_it_ends():
    part, seen = Recorded(), threading.Event()
    keeper = Keeper(part, VirtualClock(), seen.set)
    keeper.start()
    keeper.ask(ASK)
    assert seen.wait(5.0)
    keeper.stop()
    keeper.join(5.0)
    assert part.closed.is_set()
    assert part.did == ["look", "close"]


def test_what_never_asked_for_anything_has_nothing_to_give_back():
    part = Recorded()
    keeper = Keeper(part, VirtualClock(), lambda: None)
    keeper.start()
    keeper.stop()
    keeper.join(5.0)
    assert part.did == []
