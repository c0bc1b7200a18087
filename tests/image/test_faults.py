# SPDX-License-Identifier: AGPL-3.0-or-later
"""What goes wrong at home: the card is full, its data are damaged, the kernel gives up or hangs.
Each time the box comes up, says what is wrong by its light and its page, and harms nothing."""

import time
from pathlib import Path

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
    " do n=$((n+1)); done; for size in 256K 4K; do while fallocate -l $size /var/fill.$n; do n=$((n+1)); done; done"
)

pytestmark = pytest.mark.timeout(1500)


def post_until_refused(clara: Owner) -> None:
    """The database's own files still have some room."""
    for number in range(200):
        clara.post(f"into the last corner {number}")


def test_a_full_card_is_said_and_heals(home: machine.Box, clara: Owner) -> None:
    clara.post("before it was full")
    assert "No space left" in home.shell(FILL, seconds=300)
    try:
        eventually("it says so", lambda: home.says("storage-full", light="failing"), seconds=300)
        with pytest.raises(MastodonError):
            post_until_refused(clara)
        assert clara.posted[-1] in clara.posts()
        assert home.shell("systemctl --failed --no-legend --plain") == ""
    finally:
        home.shell(f"rm /var/fill.* {FEDIVERSE_FOLDER}/fill.*")
    eventually("it is well again", lambda: home.says("clock-not-set", light="well"), seconds=300)
    clara.post("after it was full")
    assert clara.posts() == clara.posted[::-1]


def test_damaged_data_are_left_alone(home: machine.Box, clara: Owner, tmp_path: Path) -> None:
    home.press(seconds=8)  # its button held: it shuts down
    assert home.wait_until_off(180) == ["SHUTDOWN guest-shutdown"]
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
    eventually("it says so", lambda: home.says("data-missing", light="failing"), seconds=300)
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
    clara.post("before it hung")
    home.say("sysctl kernel.panic=0; echo c >/proc/sysrq-trigger")
    began = time.monotonic()
    assert home.wait_until_off(180) == ["WATCHDOG", "SHUTDOWN guest-reset"]
    print(f"measured: until the watchdog acts: {time.monotonic() - began:.0f} s")
    home.wake()
    assert clara.posts()[0] == "before it hung"
