# SPDX-License-Identifier: AGPL-3.0-or-later
"""When which certificate is asked for."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from appliance.internet.certificate import PAUSE_UNREACHED, PAUSES, Memory, Wish, remember, wish
from appliance.internet.certificate_part import CertificatePart
from appliance.internet.goal import Ask
from appliance.internet.model import Certificate, Goal, Link, Stage
from appliance.internet.notebook import Notebook
from appliance.internet.part import Scene
from appliance.system.caddy import Issuing, Site, VirtualFront
from appliance.system.clock import VirtualClock
from appliance.system.files import VirtualFiles
from tests.internet.ways import NAME, NOW, well


def decide(there: Certificate, *, clear: bool = True, trusted: bool = True) -> Wish | None:
    return wish(NAME, replace(well(), certificate=there, clock_trusted=trusted), clear=clear)


def test_nobody_is_asked_before_all_is_right() -> None:
    assert decide(Certificate(Stage.NONE), clear=False) is None
    assert decide(Certificate(Stage.NONE), trusted=False) is None
    assert decide(Certificate(Stage.NONE)) == Wish(NAME, Stage.STAGING)


def test_a_try_out_comes_first_and_then_the_real_one() -> None:
    assert decide(Certificate(Stage.NONE, trying=True, asked=Stage.STAGING)) is None
    tried = Certificate(Stage.STAGING, asked=Stage.STAGING)
    assert decide(tried) == Wish(NAME, Stage.REAL)
    assert decide(tried, trusted=False) is None
    # Something has come in between.
    assert decide(tried, clear=False) == Wish(NAME, Stage.NONE)


def test_what_is_under_way_is_not_broken_off() -> None:
    assert decide(Certificate(Stage.STAGING, trying=True, asked=Stage.REAL), clear=False) is None


def test_after_a_failure_nobody_is_asked_for_a_while() -> None:
    failed = Certificate(Stage.NONE, error="no", asked=Stage.STAGING, again=NOW + timedelta(minutes=5))
    assert decide(failed) == Wish(NAME, Stage.NONE)
    waiting = replace(failed, asked=Stage.NONE)
    assert decide(waiting) is None
    assert decide(replace(waiting, again=NOW)) == Wish(NAME, Stage.STAGING)
    assert decide(replace(waiting, again=NOW), clear=False) is None


def test_a_real_one_stays_whatever_happens_as_the_web_server_renews_it() -> None:
    real = Certificate(Stage.REAL, NOW + timedelta(days=3), error="it could not be renewed", asked=Stage.REAL)
    assert decide(real, clear=False) is None
    assert decide(replace(real, asked=Stage.NONE), clear=False) == Wish(NAME, Stage.REAL)


def test_browsers_are_told_to_come_by_https_alone_after_a_good_week() -> None:
    real = Certificate(Stage.REAL, asked=Stage.REAL, since=NOW - timedelta(days=6, hours=23))
    assert decide(real) is None
    assert decide(replace(real, since=NOW - timedelta(days=7))) == Wish(NAME, Stage.REAL, strict=True)
    assert decide(replace(real, since=NOW - timedelta(days=7), strict=True)) is None


def test_each_failure_counts_once_and_makes_the_next_pause_longer() -> None:
    failed = Certificate(Stage.NONE, error="no", asked=Stage.STAGING)
    memory, now = Memory(), NOW
    for pause in (*PAUSES, PAUSES[-1]):
        memory = remember(memory, NAME, failed, now)
        assert memory.again == now + pause
        assert remember(memory, NAME, failed, now + timedelta(seconds=5)) == memory
        now += pause
    assert remember(memory, NAME, Certificate(Stage.NONE), now).failures == len(PAUSES) + 1
    good = remember(memory, NAME, Certificate(Stage.REAL, asked=Stage.REAL), now)
    assert good == Memory(NAME, since=now)
    assert good.again is None
    assert remember(good, NAME, Certificate(Stage.REAL), now + timedelta(days=90)).since == now
    assert remember(good, "another.example.org", Certificate(Stage.NONE), now) == Memory("another.example.org")


def test_an_authority_that_was_not_reached_is_soon_tried_again() -> None:
    away = 'client: performing request: Get "https://ca.example.net/directory": dial tcp 192.0.2.1:443: i/o timeout'
    memory = remember(Memory(NAME, failures=2), NAME, Certificate(Stage.NONE, error=away, asked=Stage.STAGING), NOW)
    assert (memory.failures, memory.again) == (2, NOW + PAUSES[1])
    memory = remember(Memory(NAME), NAME, Certificate(Stage.NONE, error=away, asked=Stage.STAGING), NOW)
    assert (memory.failures, memory.again) == (0, NOW + PAUSE_UNREACHED)
    refused = "performing request: HTTP 429 urn:ietf:params:acme:error:rateLimited - too many"
    memory = remember(Memory(NAME), NAME, Certificate(Stage.NONE, error=refused, asked=Stage.STAGING), NOW)
    assert memory.again == NOW + PAUSES[0]


class Box:
    """The part, looked at and obeyed again and again, as its keeper does."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.issuing = VirtualClock(NOW), Issuing()
        self.front = VirtualFront(self.clock.now, lambda: self.issuing)
        self.notebook = Notebook(folder / "certificate.json", VirtualFiles())
        self.part = self.started()

    def started(self) -> CertificatePart:
        return CertificatePart(self.front, self.notebook, self.clock)

    def turn(self, name: str = NAME, *, clear: bool = True) -> Certificate:
        found = self.part.look(Ask(Goal(name), Link(True)))
        way = replace(well(), now=self.clock.now(), certificate=found)
        for action in self.part.actions(Scene(Goal(name), way, clear)):
            self.part.apply(action)
        return found


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_a_part_goes_all_the_way_by_itself(box: Box) -> None:
    stages = [box.turn().stage for _ in range(3)]
    assert stages == [Stage.NONE, Stage.STAGING, Stage.REAL]
    assert box.front.arranged() == Site(NAME, Stage.REAL)
    box.clock.advance(timedelta(days=8).total_seconds())
    box.turn()
    assert box.front.arranged() == Site(NAME, Stage.REAL, strict=True)


def test_a_refusal_is_told_until_it_is_tried_again_also_after_a_new_start(box: Box) -> None:
    box.issuing = Issuing(refuses="the name does not lead here")
    box.turn()
    assert box.turn().error == "the name does not lead here"
    assert box.front.arranged() == Site(NAME, Stage.NONE)
    box.part = box.started()
    found = box.turn()
    assert (found.error, found.again) == ("the name does not lead here", NOW + PAUSES[0])
    assert box.front.arranged() == Site(NAME, Stage.NONE)
    box.clock.advance(PAUSES[0].total_seconds())
    box.issuing = Issuing()
    for _ in range(3):
        box.turn()
    real = Certificate(Stage.REAL, box.front.certificate().until, asked=Stage.REAL, since=box.clock.now())
    assert box.turn() == replace(real, authority="letsencrypt.org")


def test_another_name_begins_anew(box: Box) -> None:
    for _ in range(3):
        box.turn()
    assert box.turn("elsewhere.example.org", clear=False) == Certificate(Stage.NONE, authority="letsencrypt.org")
    assert box.front.arranged() is None


def test_a_damaged_notebook_is_an_empty_one(box: Box, tmp_path: Path) -> None:
    for text in ("{", "[]", '{"failures": {}, "failed": "yesterday", "since": 7}', "[" * 100_000):
        (tmp_path / "certificate.json").write_text(text)
        box.part = box.started()
        assert box.part.look(Ask(Goal(NAME), Link(True))).again is None


def test_what_is_noted_is_read_again(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path / "note.json", VirtualFiles())
    notebook.write({"a": NOW, "b": None, "c": 3, "d": "x", "e": 0})
    found = notebook.read()
    assert (datetime.fromisoformat(found["a"]), found["c"], found["d"]) == (NOW, "3", "x")
    assert set(found) == {"a", "c", "d"}
