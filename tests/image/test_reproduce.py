# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two builds that are not the same are told apart, file by file."""

import os
import shutil
from pathlib import Path

import pytest

from image.reproduce import differences


@pytest.fixture
def builds(tmp_path: Path) -> tuple[Path, Path]:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in ("tree/etc", "boot", "selector"):
        (first / folder).mkdir(parents=True)
    for name in ("initrd.img", "boot.vfat", "system.erofs", "selector.vfat", "data.ext4", "hearth-qemu.img"):
        (first / name).write_text(name)
    (first / "tree/etc/hosts").write_text("127.0.0.1")
    (first / "tree/etc/mtab").symlink_to("/proc/mounts")
    shutil.copytree(first, second, symlinks=True)
    for path in first.rglob("*"):
        for each in (path, second / path.relative_to(first)):
            os.utime(each, (0, 0), follow_symlinks=False)
    for place in (first, second):
        for folder in ("tree", "boot", "selector"):
            os.utime(place / folder, (0, 0))
    return first, second


def test_the_same_bits_are_the_same(builds: tuple[Path, Path]) -> None:
    assert differences(*builds) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda hosts: hosts.write_text("::1 longer") and os.utime(hosts, (0, 0)),
        lambda hosts: hosts.chmod(0o600),
        lambda hosts: os.utime(hosts, (1, 1)),
        lambda hosts: hosts.unlink() or os.utime(hosts.parent, (0, 0)),
    ],
    ids=["content", "mode", "time", "missing"],
)
def test_a_file_that_differs_is_named(builds: tuple[Path, Path], change) -> None:
    change(builds[1] / "tree/etc/hosts")
    (line,) = differences(*builds)
    assert line.startswith("tree/etc/hosts: ")


def test_a_link_and_what_was_packed_are_looked_at_too(builds: tuple[Path, Path]) -> None:
    link = builds[1] / "tree/etc/mtab"
    link.unlink()
    link.symlink_to("/elsewhere")
    os.utime(link, (0, 0), follow_symlinks=False)
    os.utime(link.parent, (0, 0))
    (builds[1] / "system.erofs").write_text("other")
    one, two = differences(*builds)
    assert one.startswith("tree/etc/mtab: ")
    assert "/elsewhere" in one
    assert two == "system.erofs differs"
