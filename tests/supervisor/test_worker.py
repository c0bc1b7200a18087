# SPDX-License-Identifier: AGPL-3.0-or-later
"""The threads beside the loop."""

import threading

from appliance.board.light import PATTERNS, Light
from appliance.errors import HearthError, Unavailable
from appliance.supervisor.worker import LightSwitch, Looker


class Capability:
    def __init__(self, name, *, observes=None, applies=None):
        self.name = name
        self.observes, self.applies = observes, applies
        self.applied = []

    def observe(self):
        if self.observes:
            raise self.observes
        return f"seen by {self.name}"

    def apply(self, action):
        if self.applies:
            raise self.applies
        self.applied.append(action)


def test_what_was_observed_is_handed_on_and_what_was_planned_applied():
    one = Capability("one")
    Looker((one,), lambda name, seen: (f"{name}: {seen}",), lambda name, error: None).look()
    assert one.applied == ["one: seen by one"]


def test_one_that_fails_does_not_keep_the_others_from_being_looked_at(caplog):
    failed = []
    bad = Capability("bad", observes=HearthError("x", "No."))
    worse = Capability("worse", applies=ZeroDivisionError())
    good = Capability("good")
    looker = Looker((bad, worse, good), lambda name, seen: (1,), lambda name, error: failed.append((name, type(error))))
    looker.look()
    assert failed == [("bad", HearthError), ("worse", ZeroDivisionError)]
    assert good.applied == [1]
    assert "ZeroDivisionError" in caplog.text


def test_a_loop_too_busy_to_listen_is_no_end():
    def busy(*_):
        raise Unavailable("busy", "Busy.")

    Looker((Capability("one"),), busy, busy).look()


class Board:
    def __init__(self):
        self.shown = []
        self.fail = True
        self.well = threading.Event()

    def show(self, pattern):
        if self.fail:
            self.fail = False
            raise Unavailable("away", "The board is away.")
        self.shown.append(pattern)
        if pattern is PATTERNS[Light.WELL]:
            self.well.set()


def test_the_light_goes_on_after_the_board_was_away():
    board = Board()
    switch = LightSwitch(board)
    threading.Thread(target=switch.run, daemon=True).start()
    switch.show(Light.STARTING)
    switch.show(Light.FAILING)
    while board.fail:
        threading.Event().wait(0.01)
    switch.show(Light.WELL)
    assert board.well.wait(10.0)
