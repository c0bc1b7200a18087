# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a box does by itself once it is set up: it fills the second slot, and then next to nothing."""

import time

import pytest

from tests.image import machine
from tests.image.bench import set_up

IDLE_SECONDS = 600
MEGABYTE = 1_000_000

pytestmark = [pytest.mark.long, pytest.mark.timeout(5400)]


@pytest.fixture(scope="module")
def settled(box: machine.Box) -> machine.Box:
    box.start(more_words=machine.SHELL_WORDS)
    box.answer(box.public + "/health", seconds=900)
    set_up(box)
    return box


def test_the_second_slot_gets_the_system(settled: machine.Box) -> None:
    settled.shell("systemctl start hearth-spare-slot.service", seconds=2400)
    assert settled.shell("systemctl show --value -p Result hearth-spare-slot.service") == "success"
    size = settled.shell("echo $(( $(od -An -tu4 -j 1060 -N 4 /dev/hearth/system_a) * 4096 ))")
    assert int(size) > 100 * MEGABYTE
    assert settled.shell(f"cmp --bytes={size} /dev/hearth/system_a /dev/hearth/system_b && echo alike") == "alike"


def test_idling_wears_out_no_card(settled: machine.Box) -> None:
    settled.shell("systemctl start hearth-spare-slot.service", seconds=2400)  # once in a card's life, and no idling
    settled.shell("systemctl is-system-running --wait", seconds=300)
    time.sleep(360)  # the console ends when nobody has used it for five minutes
    settled.shell(machine.WRITE_OUT)
    before = settled.written()
    time.sleep(IDLE_SECONDS)
    assert (settled.written() - before) * 3600 / IDLE_SECONDS <= MEGABYTE


def test_it_keeps_its_memory_small_when_settled(settled: machine.Box) -> None:
    assert int(settled.shell("free --mega | awk '/^Mem/ { print $3 }'")) <= 280


def test_the_second_slot_starts(settled: machine.Box) -> None:
    settled.shell("systemctl poweroff --no-block")
    settled.wait_until_off(180)
    settled.tryboot = True
    settled.start(more_words=machine.SHELL_WORDS)
    settled.answer(settled.public + "/health", seconds=900)
    settled.answer(settled.console + "/login", seconds=300)
    assert settled.shell("findmnt -no SOURCE /") == settled.shell("readlink -f /dev/hearth/system_b")
    assert settled.shell("systemctl --failed --no-legend --plain") == ""
    # Now the first slot is the other one, and it holds a system: nothing is done.
    settled.shell("systemctl start hearth-spare-slot.service", seconds=300)
    assert settled.shell("systemctl show --value -p Result hearth-spare-slot.service") == "success"
