# SPDX-License-Identifier: AGPL-3.0-or-later
"""The yardstick for a box's start: Debian with systemd, udev and dbus, and nothing else, in the same machine."""

import shutil
from pathlib import Path

from image import debian
from image.plan import MIB
from image.steps import Workshop, empty
from tests.image import firmware
from tests.image.machine import Box

_PACKAGES = ("systemd-sysv", "udev", "dbus", "kmod", "e2fsprogs", "initramfs-tools", "zstd", "linux-image-arm64")
# As small as the box's own initramfs, or smaller: the yardstick is not made slow.
_MODULES = "ext4\nvirtio_blk\nvirtio_pci\n"
_SETTINGS = "MODULES=list\nCOMPRESS=zstd\nRESUME=none\nFSTYPE=ext4\n"
_DISK_BYTES = 1024 * MIB


def build(workshop: Workshop) -> Path:
    """Answers its disk, made if it is not there yet; kernel and initramfs lie beside it. Needs root."""
    workshop.folder.mkdir(parents=True, exist_ok=True)
    disk = workshop.folder / "disk.ext4"
    made_of = [*_PACKAGES, _MODULES, _SETTINGS]
    workshop.step("bare", made_of, lambda: _build(workshop, disk), disk)
    return disk


def _build(workshop: Workshop, disk: Path) -> None:
    tree = empty(workshop.folder / "tree")
    debian.bootstrap(workshop, tree, "--architectures=arm64", "--variant=minbase", *debian.include(_PACKAGES))
    (tree / "etc/fstab").write_text("/dev/vda / ext4 errors=remount-ro 0 1\n")
    (tree / "etc/hostname").write_text("bare\n")
    (tree / "etc/initramfs-tools/modules").write_text(_MODULES)
    (tree / "etc/initramfs-tools/conf.d/bare").write_text(_SETTINGS)
    (version,) = [each.name for each in (tree / "usr/lib/modules").iterdir()]
    workshop.run("chroot", tree, "mkinitramfs", "-o", "/boot/initramfs", version, TMPDIR="/tmp")
    shutil.move(tree / "boot/initramfs", workshop.folder / "initramfs")
    shutil.move(tree / f"boot/vmlinuz-{version}", workshop.folder / "kernel")
    disk.unlink(missing_ok=True)
    with disk.open("wb") as made:
        made.truncate(_DISK_BYTES)
    workshop.run("mke2fs", "-q", "-t", "ext4", "-d", tree, disk)
    shutil.rmtree(tree)


class Bare(Box):
    """The machine of a box with the yardstick's disk in it."""

    def __init__(self, disk: Path, folder: Path) -> None:
        super().__init__(disk, folder, size="1G")
        self._parts = disk.parent

    def bootloader(self) -> firmware.Started:
        return firmware.Started(
            0, False, self._parts / "kernel", self._parts / "initramfs", "root=/dev/vda ro quiet panic=10"
        )
