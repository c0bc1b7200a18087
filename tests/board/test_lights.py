# SPDX-License-Identifier: AGPL-3.0-or-later
"""The status light on LEDs of the kernel's LED class, played here by plain files."""

import errno
import os
import queue
import threading
from pathlib import Path

import pytest

from appliance.board.light import PATTERNS, Light
from appliance.board.lights import StatusLight
from appliance.board.profile import LightRole
from appliance.errors import HearthError

THREE = LightRole("three", {"red": "r", "green": "g", "blue": "b"})
ONE = LightRole("one", {"green": "ACT"})
MULTI = LightRole("multi", multicolour="rgb")


class Waits:
    """A thread that steps waits here until the test lets it go on."""

    def __init__(self) -> None:
        self.began: queue.SimpleQueue[float | None] = queue.SimpleQueue()
        self.go: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def __call__(self, stop: threading.Event, seconds: float | None) -> bool:
        self.began.put(seconds)
        return self.go.get(timeout=10) or stop.is_set()


def led(folder: Path, name: str, triggers: str = "none timer [mmc0] pattern", brightest: int = 255) -> Path:
    made = folder / name
    made.mkdir()
    for file, text in (("brightness", "0"), ("max_brightness", str(brightest)), ("trigger", triggers), ("pattern", "")):
        (made / file).write_text(text + "\n")
    return made


def said(folder: Path, file: str) -> str:
    """What was written last: a kernel attribute takes each write as a whole, a plain file keeps the rest."""
    return (folder / file).read_text().strip()


@pytest.fixture
def emptied(monkeypatch):
    """Plain files that take each write as a whole, as a kernel's do."""

    def write(path: Path, text: str) -> None:
        with path.open("r+") as file:
            file.truncate()
            file.write(text)

    monkeypatch.setattr("appliance.board.leds._write", write)


@pytest.fixture
def leds(tmp_path, emptied):
    return tmp_path


def test_the_kernel_plays_each_colour(leds):
    red, green, blue = (led(leds, name) for name in "rgb")
    StatusLight((THREE,), leds).show(PATTERNS[Light.ATTENTION])
    assert said(red, "trigger") == "pattern"
    assert said(red, "pattern") == "255 200 255 0 0 200 0 0 255 200 255 0 0 1800 0 0"
    assert said(green, "pattern") == "128 200 128 0 0 200 0 0 128 200 128 0 0 1800 0 0"
    assert (said(blue, "trigger"), said(blue, "brightness")) == ("pattern", "0")


def test_a_steady_light_needs_no_pattern(leds):
    red, green, _ = (led(leds, name, "[none] pattern") for name in "rgb")
    StatusLight((THREE,), leds).show(PATTERNS[Light.WELL])
    assert (said(green, "brightness"), said(red, "brightness")) == ("255", "0")
    assert said(green, "pattern") == ""


def test_a_light_that_is_only_on_or_off_is_amber_of_both(leds):
    red, green, _ = (led(leds, name, brightest=1) for name in "rgb")
    StatusLight((THREE,), leds).show(PATTERNS[Light.ATTENTION])
    assert said(red, "pattern") == "1 200 1 0 0 200 0 0 1 200 1 0 0 1800 0 0"
    assert said(green, "pattern") == said(red, "pattern")


def test_all_lights_that_are_there_shine(leds):
    act = led(leds, "ACT", brightest=1)
    light = StatusLight((THREE, ONE), leds)
    light.show(PATTERNS[Light.FAILING])
    assert said(act, "pattern").startswith("1 200 1 0 0 200 0 0")


def test_an_led_that_comes_late_shows_what_the_others_do(leds):
    light = StatusLight((ONE,), leds)
    light.show_again()
    light.show(PATTERNS[Light.FAILING])
    act = led(leds, "ACT", brightest=1)
    light.show_again()
    assert said(act, "pattern").startswith("1 200 1 0 0 200 0 0")


def test_a_kernel_without_the_trigger_is_stepped_by_a_thread(leds):
    act, waits = led(leds, "ACT", "none [mmc0]"), Waits()
    light = StatusLight((ONE,), leds, waits)
    light.show(PATTERNS[Light.STARTING])
    seen = []
    for _ in range(4):
        seen.append((waits.began.get(timeout=10), said(act, "brightness")))
        waits.go.put(False)
    assert seen == [(0.25, "255"), (0.25, "0"), (0.25, "255"), (0.25, "0")]
    assert said(act, "trigger") == "none"
    waits.go.put(True)


def test_a_new_pattern_ends_the_steps_of_the_old_one(leds):
    act = led(leds, "ACT", "[none]")
    light = StatusLight((ONE,), leds)
    light.show(PATTERNS[Light.STARTING])
    light.show(PATTERNS[Light.WELL])
    assert [thread for thread in threading.enumerate() if thread.name == "lamp"] == []
    assert said(act, "brightness") == "255"


def test_a_multicolour_led_gets_its_colours_in_its_own_order(leds):
    folder = led(leds, "rgb", "[none] pattern", brightest=100)
    (folder / "multi_index").write_text("green red blue\n")
    (folder / "multi_intensity").write_text("0 0 0\n")
    waits = Waits()
    light = StatusLight((MULTI,), leds, waits)
    light.show(PATTERNS[Light.ATTENTION])
    waits.began.get(timeout=10)
    assert (said(folder, "multi_intensity"), said(folder, "brightness")) == ("50 100 0", "100")
    waits.go.put(False)
    waits.began.get(timeout=10)
    assert (said(folder, "multi_intensity"), said(folder, "brightness")) == ("0 0 0", "0")
    waits.go.put(True)


def test_a_board_without_any_light_is_content(leds):
    StatusLight((), leds).show(PATTERNS[Light.WELL])
    StatusLight((THREE, ONE, MULTI), leds).show(PATTERNS[Light.WELL])
    StatusLight((THREE,), leds / "no such folder").show(PATTERNS[Light.WELL])


def test_a_refusal_is_told_in_words(leds, monkeypatch):
    def refuse(path, text):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    led(leds, "ACT")
    monkeypatch.setattr("appliance.board.leds._write", refuse)
    with pytest.raises(HearthError, match="The light cannot be set: one: Permission denied"):
        StatusLight((ONE,), leds).show(PATTERNS[Light.WELL])


def test_one_light_that_refuses_does_not_darken_the_other(leds, monkeypatch):
    act, refusing = led(leds, "ACT"), led(leds, "rgb")
    (refusing / "multi_intensity").mkdir()
    (refusing / "multi_index").write_text("red green blue")
    light = StatusLight((MULTI, ONE), leds)
    with pytest.raises(HearthError, match="The light cannot be set: multi"):
        light.show(PATTERNS[Light.WELL])
    assert said(act, "brightness") == "255"


def test_a_thread_whose_led_goes_away_ends(leds, caplog):
    folder, waits = led(leds, "ACT", "[none]"), Waits()
    light = StatusLight((ONE,), leds, waits)
    light.show(PATTERNS[Light.STARTING])
    waits.began.get(timeout=10)
    folder.rename(leds / "gone")
    waits.go.put(False)
    for thread in threading.enumerate():
        if thread.name == "lamp":
            thread.join(timeout=10)
    assert "the light has gone" in caplog.text
