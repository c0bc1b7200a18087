# SPDX-License-Identifier: AGPL-3.0-or-later
"""RAUC's boot selection, the script of the image, against a card and a device tree in a folder."""

import subprocess
from pathlib import Path

import pytest

from image.card import AUTOBOOT, SECTOR, padded
from tests.image import firmware
from tests.repository import ROOT

BACKEND = ROOT / "image/overlay/usr/lib/hearth/rauc-backend"


class Place:
    """A box that started from `partition`, on trial or not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.autoboot = folder / "card/autoboot.txt"
        for name in ("card", "firmware"):
            (folder / name).mkdir()
        self.autoboot.write_bytes(padded(AUTOBOOT, SECTOR))
        self.started(2)

    def started(self, partition: int, *, tryboot: bool = False) -> None:
        for name, value in (("partition", partition), ("tryboot", int(tryboot))):
            (self.folder / "firmware" / name).write_bytes(value.to_bytes(4, "big"))

    def ask(self, *arguments: str) -> str:
        done = self.try_to(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def try_to(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {
            "PATH": "/usr/bin:/bin",
            "HEARTH_CARD": str(self.autoboot.parent),
            "HEARTH_RECORDS": str(self.folder / "records"),
            "HEARTH_FIRMWARE": str(self.folder / "firmware"),
        }
        return subprocess.run(
            [BACKEND, *arguments], env=environment, capture_output=True, text=True, timeout=30, check=False
        )

    def starts_next(self, *, tryboot: bool = False) -> int:
        return firmware.boot_partition(self.autoboot.read_text(), tryboot=tryboot)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_new_card_starts_a(place: Place) -> None:
    assert place.ask("get-primary") == "A"
    assert place.ask("get-current") == "A"
    assert {place.ask("get-state", slot) for slot in "AB"} == {"good"}
    assert (place.starts_next(), place.starts_next(tryboot=True)) == (2, 3)


def test_an_installed_slot_is_staged_and_nothing_else_changes(place: Place) -> None:
    before = place.autoboot.read_bytes()
    place.ask("set-state", "B", "bad")
    assert place.ask("get-state", "B") == "bad"
    place.ask("set-primary", "B")
    assert place.ask("get-primary") == "B"
    assert place.autoboot.read_bytes() == before


def test_a_slot_that_never_started_is_not_good(place: Place) -> None:
    before = place.autoboot.read_bytes()
    place.ask("set-primary", "B")
    assert place.try_to("set-state", "B", "good").returncode != 0
    place.started(3)  # by hand, not on trial
    assert place.try_to("set-state", "B", "good").returncode != 0
    assert place.autoboot.read_bytes() == before


def test_a_slot_that_did_well_on_trial_is_kept_in_one_sector(place: Place) -> None:
    place.ask("set-state", "B", "bad")
    place.ask("set-primary", "B")
    place.started(3, tryboot=True)
    inode = place.autoboot.stat().st_ino
    place.ask("set-state", "B", "good")
    assert (place.starts_next(), place.starts_next(tryboot=True)) == (3, 2)
    assert place.autoboot.stat().st_size == SECTOR
    assert place.autoboot.stat().st_ino == inode, "it is overwritten in place"
    assert (place.ask("get-primary"), place.ask("get-state", "B")) == ("B", "good")


def test_going_back_to_what_is_kept_drops_what_was_staged(place: Place) -> None:
    place.ask("set-primary", "B")
    place.ask("set-primary", "A")
    assert place.ask("get-primary") == "A"


def test_a_slot_marked_bad_is_not_staged_any_more(place: Place) -> None:
    place.ask("set-primary", "B")
    place.ask("set-state", "B", "bad")
    assert place.ask("get-primary") == "A"


@pytest.mark.parametrize("arguments", [(), ("guess",), ("set-primary", "C"), ("set-state", "C", "good")])
def test_nonsense_is_refused(place: Place, arguments: tuple[str, ...]) -> None:
    before = place.autoboot.read_bytes()
    assert place.try_to(*arguments).returncode != 0
    assert place.autoboot.read_bytes() == before
