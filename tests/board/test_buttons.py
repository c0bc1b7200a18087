# SPDX-License-Identifier: AGPL-3.0-or-later
"""Buttons of a real board, with input devices played here; real ones: test_uinput.py."""

import errno
import os
from collections import deque
from pathlib import Path
from types import SimpleNamespace

import pytest
from evdev import ecodes

from appliance.board.buttons import Buttons
from appliance.board.detect import folder
from appliance.board.model import EventKind
from appliance.board.profile import ButtonRole, load_all

WIRED = ButtonRole("the wired button", "hearth-button", "KEY_PROG1")
POWER = ButtonRole("the power button", "pwr_button", "KEY_POWER")
DOWN, UP, LOST = EventKind.BUTTON_DOWN, EventKind.BUTTON_UP, EventKind.BUTTON_LOST


def key(value: int, code: int = ecodes.KEY_PROG1, at: float = 0.0) -> SimpleNamespace:
    return SimpleNamespace(type=ecodes.EV_KEY, code=code, value=value, sec=int(at), usec=round(at % 1 * 1e6))


def sync(code: int = ecodes.SYN_REPORT) -> SimpleNamespace:
    return SimpleNamespace(type=ecodes.EV_SYN, code=code, value=0, sec=0, usec=0)


class FakeDevice:
    def __init__(self, path: str) -> None:
        self.path = path
        self.fd = os.open("/dev/null", os.O_RDONLY)
        self.events: deque[SimpleNamespace] = deque()
        self.keys: list[int] = []
        self.gone = False

    def read(self):
        if self.gone:
            raise OSError(errno.ENODEV, "No such device")
        if not self.events:
            raise BlockingIOError(errno.EAGAIN, "nothing yet")
        while self.events:
            yield self.events.popleft()

    def active_keys(self):
        return self.keys

    def close(self):
        os.close(self.fd)


def plug(root: Path, number: int, name: str) -> None:
    made = root / f"sys/class/input/event{number}/device"
    made.mkdir(parents=True)
    (made / "name").write_text(f"{name}\n")


@pytest.fixture
def buttons(tmp_path):
    made = Buttons((WIRED, POWER), tmp_path, FakeDevice)
    yield made
    made.close()


def kinds(buttons, button, *events):
    button.device.events.extend(events)
    return [event.kind for event in buttons.read(button)]


def test_the_button_is_known_by_its_name(buttons, tmp_path):
    plug(tmp_path, 0, "vc4-hdmi")
    plug(tmp_path, 1, "hearth-button")
    (button,) = buttons.find_new()
    assert button.device.path == str(tmp_path / "dev/input/event1")
    assert buttons.find_new() == []


def test_press_and_release(buttons, tmp_path):
    plug(tmp_path, 1, "hearth-button")
    (button,) = buttons.find_new()
    assert kinds(buttons, button, key(1), sync(), key(0), sync()) == [DOWN, UP]
    assert kinds(buttons, button) == []


def test_repeats_other_keys_and_second_edges_are_nothing(buttons, tmp_path):
    plug(tmp_path, 1, "hearth-button")
    (button,) = buttons.find_new()
    assert kinds(buttons, button, key(0), key(1), key(2), key(2), key(1), key(1, ecodes.KEY_A), key(0), key(0)) == [
        DOWN,
        UP,
    ]


def test_dropped_events_are_made_good_by_asking(buttons, tmp_path):
    plug(tmp_path, 1, "hearth-button")
    (button,) = buttons.find_new()
    button.device.keys = [ecodes.KEY_PROG1]
    assert kinds(buttons, button, sync(ecodes.SYN_DROPPED), key(1), key(0), sync()) == [DOWN]
    button.device.keys = []
    assert kinds(buttons, button, sync(ecodes.SYN_DROPPED), sync()) == [UP]


def test_unplugged_while_held_and_back(buttons, tmp_path):
    plug(tmp_path, 1, "hearth-button")
    (button,) = buttons.find_new()
    assert kinds(buttons, button, key(1)) == [DOWN]
    button.device.gone = True
    with pytest.raises(OSError, match="No such device"):
        list(buttons.read(button))
    assert [event.kind for event in buttons.drop(button)] == [LOST]
    (again,) = buttons.find_new()
    assert kinds(buttons, again, key(1), key(0)) == [DOWN, UP]


def test_unplugged_while_at_rest_is_nothing_to_tell(buttons, tmp_path):
    plug(tmp_path, 1, "hearth-button")
    (button,) = buttons.find_new()
    assert list(buttons.drop(button)) == []


def test_two_buttons_are_one(buttons, tmp_path):
    plug(tmp_path, 1, "hearth-button")
    plug(tmp_path, 2, "pwr_button")
    wired, power = buttons.find_new()
    assert kinds(buttons, wired, key(1)) == [DOWN]
    assert kinds(buttons, power, key(1, ecodes.KEY_POWER), key(0, ecodes.KEY_POWER)) == []
    assert kinds(buttons, wired, key(0)) == [UP]


def test_one_that_may_not_be_opened_is_told_and_left(tmp_path, caplog):
    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", path)

    plug(tmp_path, 1, "hearth-button")
    assert Buttons((WIRED,), tmp_path, refuse).find_new() == []
    assert "the wired button cannot be listened to" in caplog.text


def test_no_buttons_at_all(tmp_path):
    assert Buttons((), tmp_path).find_new() == []
    assert Buttons((WIRED,), tmp_path).find_new() == []


def test_every_key_of_every_board_is_one_that_linux_knows():
    for profile in load_all(folder()):
        assert all(button.code in ecodes.ecodes for button in profile.buttons)
