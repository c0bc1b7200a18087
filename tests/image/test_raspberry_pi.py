# SPDX-License-Identifier: AGPL-3.0-or-later
"""The card of a Raspberry Pi 3, started by U-Boot from itself: as far as the wizard, and what happens to the tries."""

from collections.abc import Iterator

import pytest

from tests.end_to_end.waiting import eventually
from tests.image import firmware
from tests.image.raspberry_pi import NO_WATCHDOG, SHELL_WORDS, RaspberryPi, raspberry_pi
from tests.repository import ROOT

IMAGE = ROOT / "build/image/raspberry-pi-3/hearth-raspberry-pi-3.img"
FULL = {"BOOT_ORDER": "A B", "BOOT_A_LEFT": "3", "BOOT_B_LEFT": "3"}

pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def card(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RaspberryPi]:
    """A freshly flashed card in a board that is off."""
    if not request.config.getoption("--image"):
        pytest.skip("only with --image, as it takes long (make test-image)")
    assert IMAGE.is_file(), "build it first: make image BOARD=raspberry-pi-3 BASE=debian"
    with raspberry_pi(IMAGE, tmp_path_factory.mktemp("pi")) as made:
        yield made


@pytest.fixture
def board(card: RaspberryPi) -> Iterator[RaspberryPi]:
    """The same card, with the power off before and after."""
    yield card
    card.kill()


def test_it_starts_from_its_card_as_far_as_the_wizard(board: RaspberryPi) -> None:
    board.say("a", f"{SHELL_WORDS} {NO_WATCHDOG}")
    board.start()
    board.said("Slot A; tries left: A 2, B 3", seconds=240)
    # It says so, and then writes both.
    left = FULL | {"BOOT_A_LEFT": "2"}
    eventually("the tries are written", lambda: board.tries(0) == board.tries(1) == left)
    board.said("Starting kernel", seconds=400)
    board.wait_for_shell(seconds=600)
    board.plug_in_network()
    assert b"Hearth" in board.answer("/claim", seconds=600)
    # The firmware's device tree came through U-Boot to the kernel, with our light in it.
    assert board.shell("cat /proc/device-tree/hearth-light/red/label | tr -d '\\0'") == "hearth:red:status"
    assert "hearth:green:status" in board.shell("ls /sys/class/leds")
    assert board.shell("findmnt -no FSTYPE /") == "erofs"
    # A start that went well fills the tries up again, where U-Boot will look for them.
    board.shell("systemctl start hearth-started.service; sync")
    assert dict(line.split("=") for line in board.shell("fw_printenv").splitlines()) == FULL
    assert board.tries(0) == FULL
    assert board.shell("systemctl is-system-running --wait; systemctl --failed --no-legend --plain", seconds=300) == (
        "running"
    )


def test_a_damaged_slot_is_left_after_its_tries(board: RaspberryPi) -> None:
    board.keep(0, **FULL)
    firmware.write(board.card, 2, "vmlinuz", b"no kernel any more")
    board.say("b", "console=ttyS1,115200 loglevel=7")
    board.start()
    said = board.said("rauc.slot=B", seconds=400)
    assert said.count("Slot A cannot be started") == 3
    assert board.tries() == FULL | {"BOOT_A_LEFT": "0", "BOOT_B_LEFT": "2"}


def test_the_second_copy_counts_where_the_first_is_damaged(board: RaspberryPi) -> None:
    board.keep(0)
    board.keep(1, **FULL | {"BOOT_A_LEFT": "0"})
    board.start()
    said = board.said("Slot B; tries left: A 0, B 2", seconds=240)
    assert "Tries: second copy" in said
    left = FULL | {"BOOT_A_LEFT": "0", "BOOT_B_LEFT": "2"}
    eventually("the tries are written", lambda: board.tries(0) == board.tries(1) == left)


def test_where_no_tries_are_left_both_slots_get_new_ones(board: RaspberryPi) -> None:
    board.keep(0, BOOT_ORDER="B", BOOT_A_LEFT="0", BOOT_B_LEFT="0")
    board.start()
    board.said("Slot B; tries left: A 3, B 2", seconds=240)
    left = {"BOOT_ORDER": "B A", "BOOT_A_LEFT": "3", "BOOT_B_LEFT": "2"}
    eventually("the tries are written", lambda: board.tries() == left)
