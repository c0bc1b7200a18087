# SPDX-License-Identifier: AGPL-3.0-or-later
"""A button made by the kernel's uinput, heard by a whole board: pressed, unplugged while held, back again.

A program of its own that needs Hearth and root and no test tools, so that it also runs inside an emulated box:
test_uinput.py runs it where there is /dev/uinput, tests/image/test_button.py in the guest. Prints what was heard.
"""

import queue
import threading
import time

from evdev import UInput, ecodes

from appliance.board.linux import LinuxBoard
from appliance.board.model import Event, EventKind
from appliance.board.profile import Boot, BootFlow, ButtonRole, Limits, Packages, Profile, Watchdog
from appliance.system.runner import VirtualRunner

ROLE = ButtonRole("the test's button", "hearth-button-of-a-test", "KEY_PROG1")
PROFILE = Profile(
    schema=1,
    name="test",
    compatible="hearth-test",
    models=("test",),
    watchdog=Watchdog(15),
    boot=Boot(BootFlow.TRYBOOT),
    packages={"debian": Packages((), ())},
    limits=Limits(512, "none"),
    buttons=(ROLE,),
)
HEARD: "queue.SimpleQueue[Event]" = queue.SimpleQueue()


def plug() -> UInput:
    return UInput({ecodes.EV_KEY: [ecodes.KEY_PROG1, ecodes.KEY_A]}, name=ROLE.device)


def listen() -> None:
    for event in LinuxBoard(PROFILE, VirtualRunner()).events():
        HEARD.put(event)


def move(button: UInput, *values: int) -> None:
    for value in values:
        button.write(ecodes.EV_KEY, ecodes.KEY_PROG1, value)
        button.syn()


def expect(*kinds: EventKind) -> None:
    heard = [HEARD.get(timeout=20) for _ in kinds]
    print(" ".join(event.kind.value for event in heard), flush=True)
    assert [event.kind for event in heard] == list(kinds), heard
    assert all(abs(event.at - time.monotonic()) < 60 for event in heard), heard


def press_until_heard(button: UInput) -> None:
    """udev takes a moment until it tells of a new device."""
    for _ in range(100):
        move(button, 1)
        try:
            event = HEARD.get(timeout=0.2)
        except queue.Empty:
            move(button, 0)
            continue
        assert event.kind is EventKind.BUTTON_DOWN, event
        return
    raise AssertionError("the board hears nothing of the button")


def main() -> None:
    threading.Thread(target=listen, daemon=True).start()
    button = plug()
    press_until_heard(button)
    move(button, 2, 0)  # a repeat of the held key in between
    expect(EventKind.BUTTON_UP)
    button.write(ecodes.EV_KEY, ecodes.KEY_A, 1)
    move(button, 1, 0)
    expect(EventKind.BUTTON_DOWN, EventKind.BUTTON_UP)
    move(button, 1)
    expect(EventKind.BUTTON_DOWN)
    button.close()
    expect(EventKind.BUTTON_LOST)
    again = plug()
    press_until_heard(again)
    move(again, 0)
    expect(EventKind.BUTTON_UP)
    again.close()
    print("all heard")


if __name__ == "__main__":
    main()
