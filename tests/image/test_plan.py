# SPDX-License-Identifier: AGPL-3.0-or-later
import re

import pytest

from image import bill, card, plan
from image.plan import ROOT, Base, Flow
from tests.image import firmware


def test_every_package_says_what_it_is_for() -> None:
    for line in (ROOT / "image/packages.list").read_text().splitlines():
        assert not line or line.startswith("#") or re.fullmatch(r"[a-z0-9.+-]+ +# .{5,}", line), line


@pytest.mark.parametrize("board", [path.stem for path in sorted(plan.BOARDS.glob("*.toml"))])
def test_every_board_can_be_planned(board: str) -> None:
    planned = plan.plan(board, Base.DEBIAN) if board != "raspberry-pi-5" else plan.plan(board)
    assert planned.compatible == f"hearth-{board}"
    assert set(planned.kernel) <= set(planned.packages)
    assert ("libubootenv-tool" in planned.packages) == (planned.flow is Flow.UBOOT)


def test_no_two_boards_take_the_same_updates() -> None:
    words = [path.read_text().split("\ncompatible = ")[1].split("\n")[0] for path in plan.BOARDS.glob("*.toml")]
    assert len(words) == len(set(words))


def test_an_unknown_board_is_named_with_those_there_are() -> None:
    with pytest.raises(SystemExit, match=r"one of: .*qemu"):
        plan.plan("toaster")


def test_partitions_are_numbered_without_the_extended_one() -> None:
    assert [each.number for each in plan.LAYOUT] == [1, 2, 3, 5, 6, 7, 8]
    sizes = {each.name: each.mib for each in plan.LAYOUT}
    assert (sizes["boot_a"], sizes["system_a"]) == (sizes["boot_b"], sizes["system_b"])


def test_the_selector_is_one_sector_and_starts_a() -> None:
    content = card.padded(card.AUTOBOOT, card.SECTOR)
    assert len(content) == card.SECTOR
    assert firmware.boot_partition(content.decode(), tryboot=False) == 2
    assert firmware.boot_partition(content.decode(), tryboot=True) == 3
    with pytest.raises(ValueError, match="do not fit"):
        card.padded("x" * 513, card.SECTOR)


def test_a_garbled_selector_starts_nothing_in_the_model() -> None:
    with pytest.raises((ValueError, IndexError)):
        firmware.boot_partition("\0" * 512, tryboot=False)


def test_the_firmware_reads_the_sections_that_fit() -> None:
    text = "a=1\n[boot_partition=2]\na=2\n[boot_partition=3]\na=3\n[all]\n# a=4\nb=5\n"
    assert firmware.sections(text, {"boot_partition=3"}) == ["a=1", "a=3", "b=5"]


def test_the_bill_names_what_is_installed_and_nothing_else() -> None:
    status = (
        "Package: one\nStatus: install ok installed\nVersion: 1:2.0-1\nArchitecture: arm64\nDescription: a\n b\n\n"
        "Package: two\nStatus: deinstall ok config-files\nVersion: 3\nArchitecture: arm64\n"
    )
    listed = list(bill.packages(status))
    assert [each["Package"] for each in listed] == ["one"]
    written = bill.document(plan.plan("qemu"), listed, 0, "key")
    assert written["spdxVersion"] == "SPDX-2.3"
    assert "pkg:deb/debian/one@1%3A2.0-1?arch=arm64&distro=trixie" in str(written)
