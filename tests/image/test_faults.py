# SPDX-License-Identifier: AGPL-3.0-or-later
"""What goes wrong at home: the card is full, the clock is lost, no cable, a damaged card, a kernel that gives up.
Each time the box comes up, says what is wrong by its light and its page, and harms nothing."""

import time
from pathlib import Path
from typing import Any

import pytest
from mastodon import MastodonError

from tests.end_to_end.waiting import eventually
from tests.image import filesystems, machine
from tests.image.owner import Owner, owner

MIB = 1024 * 1024
FEDIVERSE_FOLDER = "/var/lib/hearth/fediverse"
# By the instance first, as its members would, and then by what else writes.
FILL = (
    f"n=0; while setpriv --reuid=862 --regid=862 --clear-groups fallocate -l 16M {FEDIVERSE_FOLDER}/fill.$n;"
    " do n=$((n+1)); done; while fallocate -l 256K /var/fill.$n; do n=$((n+1)); done;"
    " while echo more >>/var/fill; do :; done 2>&1 | head -n 1"
)

pytestmark = pytest.mark.timeout(1500)


def issues(status: dict[str, Any]) -> set[str]:
    return {each["key"] for each in status["issues"]}


def says(home: machine.Box, issue: str, light: str) -> bool:
    status = home.status()
    return issue in issues(status) and status["light"] == light


def post_until_refused(clara: Owner) -> None:
    """The database's own files still have some room."""
    for number in range(200):
        clara.post(f"into the last corner {number}")


def test_a_full_card_is_said_and_heals(home: machine.Box, clara: Owner) -> None:
    clara.post("before it was full")
    assert "No space left" in home.shell(FILL, seconds=300)
    try:
        eventually("it says so", lambda: says(home, "storage-full", "failing"), seconds=90)
        with pytest.raises(MastodonError):
            post_until_refused(clara)
        assert clara.posted[-1] in clara.posts()
        assert home.shell("systemctl --failed --no-legend --plain") == ""
    finally:
        home.shell(f"rm /var/fill* {FEDIVERSE_FOLDER}/fill.*")
    eventually("it is well again", lambda: says(home, "clock-not-set", "well"), seconds=90)
    clara.post("after it was full")
    assert clara.posts() == clara.posted[::-1]


def test_without_clock_and_cable_it_starts_and_says_so(home: machine.Box, clara: Owner) -> None:
    home.press(seconds=8)
    assert home.wait_until_off(180) == ["SHUTDOWN guest-shutdown"]
    home.start(more_words=machine.SHELL_WORDS, network=False, clock="1970-01-01T00:00:10")
    eventually("it says so", lambda: says(home, "no-network", "attention"), seconds=600)
    assert "clock-not-set" in issues(home.status())
    # Not 1970: no earlier than when its system was made, so that what it writes comes after what it has written.
    assert int(home.shell("date +%s")) >= int(home.shell("stat -c %Y /usr/lib/clock-epoch"))
    assert home.shell("systemctl --failed --no-legend --plain") == ""
    home.plug(True)
    eventually("it is well again", lambda: says(home, "clock-not-set", "well"), seconds=120)
    home.answer(home.public + "/health")
    clara.post("in the wrong year")
    assert clara.posts() == clara.posted[::-1]


def test_damaged_data_are_left_alone(home: machine.Box, clara: Owner, tmp_path: Path) -> None:
    home.kill()
    filesystems.assert_clean(home.card, tmp_path)
    start, _ = filesystems.partition(home.card, filesystems.DATA)
    before = filesystems.digest(home.card, filesystems.DATA)
    with home.card.open("r+b") as card:
        card.seek(start)
        good = card.read(160 * MIB)
        card.seek(start)
        card.write(b"\xa5" * (160 * MIB))  # the first group, and the copies of the superblock in the next
    damaged = filesystems.digest(home.card, filesystems.DATA)
    home.wake()
    eventually("it says so", lambda: says(home, "data-missing", "failing"), seconds=60)
    with owner(home) as somebody:
        assert "could not use its data" in somebody.look()
    assert home.shell("findmnt -no FSTYPE /var") == "tmpfs"
    panic(home)
    assert filesystems.digest(home.card, filesystems.DATA) == damaged
    with home.card.open("r+b") as card:
        card.seek(start)
        card.write(good)
    assert filesystems.digest(home.card, filesystems.DATA) == before


def panic(home: machine.Box) -> None:
    """The kernel gives up, and starts the machine again by itself: the watchdog is not needed for it."""
    home.say("echo c >/proc/sysrq-trigger")
    assert home.wait_until_off(60) == ["SHUTDOWN guest-reset"]


@pytest.mark.long
def test_the_watchdog_restarts_a_machine_that_hangs(home: machine.Box, clara: Owner) -> None:
    assert "before it was full" in clara.posts()
    home.say("sysctl kernel.panic=0; echo c >/proc/sysrq-trigger")
    began = time.monotonic()
    assert home.wait_until_off(180) == ["WATCHDOG", "SHUTDOWN guest-reset"]
    print(f"measured: until the watchdog acts: {time.monotonic() - began:.0f} s")
