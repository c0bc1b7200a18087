# SPDX-License-Identifier: AGPL-3.0-or-later
"""The two halves of a slot: the FAT file system that firmware or U-Boot reads, and the read-only system."""

import gzip
import os
import shutil
from pathlib import Path

from image import debian, firmware
from image.plan import DISK_SIGNATURE, LAYOUT, MIB, Plan
from image.steps import Workshop, empty

SIZES = {each.name: each.mib * MIB for each in LAYOUT}
# quiet, so that a box is not slowed by its own console; panics restart it.
_COMMAND_LINE = (
    "root=PARTUUID={disk:08x}-{number:02d} rootfstype=erofs ro rootwait panic=10 quiet audit=0"
    # Of the kernel's security modules those that something here uses; making the others ready takes a second or two.
    " lsm=lockdown,landlock,yama"
    # No sockets for ssh beside those that the box opens itself.
    " systemd.show_status=no systemd.ssh_auto=no systemd.condition_needs_update=no rauc.slot={slot}"
)


# EM_AARCH64 of elf(5)
_AARCH64 = 183
# What lies in the FAT partitions: firmware, U-Boot, device trees.
_ELSEWHERE = "^usr/lib/(raspi-firmware|u-boot|linux-image-[^/]*)(/|$)"


def initramfs(workshop: Workshop, tree: Path, target: Path) -> None:
    """Made inside the tree, and taken out of it. Raises SystemExit if a program of this machine came in."""
    (version,) = [each.name for each in (tree / "usr/lib/modules").iterdir()]
    empty(tree / "tmp").chmod(0o1777)
    # -k: what was packed is kept, and looked through.
    debian.inside(workshop, tree, "mkinitramfs", "-k", "-o", "/tmp/initrd.img", version)
    if found := [path.name for path in (tree / "tmp").rglob("*") if is_foreign(path)]:
        raise SystemExit(f"These would not run on the box (image/native.py, _PLAIN): {', '.join(found)}.")
    shutil.move(tree / "tmp/initrd.img", target)
    empty(tree / "tmp").chmod(0o1777)


def is_foreign(path: Path) -> bool:
    """Whether it is a program or library of another architecture than the box's (elf(5), e_machine)."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as opened:
        start = opened.read(20)
    return start[:4] == b"\x7fELF" and int.from_bytes(start[18:], "little") != _AARCH64


def boot(workshop: Workshop, plan: Plan, tree: Path, target: Path) -> None:
    """The FAT image of both boot slots, which are alike bit by bit; config.txt or boot.scr tells them apart."""
    folder = empty(workshop.folder / "boot")
    (modules,) = (tree / "usr/lib/modules").iterdir()
    (folder / "vmlinuz").write_bytes(unpacked((workshop.folder / f"vmlinuz-{modules.name}").read_bytes()))
    shutil.copy(workshop.folder / "initrd.img", folder / "initrd.img")
    for slot, number in (("a", 5), ("b", 6)):
        line = _COMMAND_LINE.format(disk=DISK_SIGNATURE, number=number, slot=slot.upper())
        (folder / f"cmdline-{slot}.txt").write_text(line + "\n")
    firmware.slot(workshop, plan, tree, folder)
    fat(workshop, folder, target, SIZES["boot_a"], "HEARTH-BOOT", 0x48420001)


def unpacked(kernel: bytes) -> bytes:
    """U-Boot's `booti` and older firmware start no packed kernel."""
    return gzip.decompress(kernel) if kernel.startswith(b"\x1f\x8b") else kernel


def system(workshop: Workshop, tree: Path, target: Path) -> None:
    """The read-only root. Raises SystemExit if it does not fit its partition."""
    target.unlink(missing_ok=True)
    debian.run(
        workshop, "mkfs.erofs", "--quiet", "-z", "lz4hc,12", "-T", str(workshop.epoch),
        "-U", "485f0000-0000-4000-8000-000000000005", "-E", "force-inode-extended", f"--exclude-regex={_ELSEWHERE}",
        *(f"/mnt/{each.relative_to(workshop.folder)}" for each in (target, tree)),
    )  # fmt: skip
    if target.stat().st_size > SIZES["system_a"]:
        raise SystemExit(f"The system has {target.stat().st_size // MIB} MiB and does not fit its slot.")


def fat(workshop: Workshop, folder: Path, target: Path, size: int, label: str, serial: int) -> None:
    """A FAT32 image of `size` bytes with the files of `folder`, the same bits whenever it is made."""
    target.unlink(missing_ok=True)
    with target.open("wb") as made:
        made.truncate(size)
    workshop.run("mkfs.vfat", "--invariant", "-F", "32", "-s", "1", "-n", label, "-i", f"{serial:08x}", target)
    for path in sorted(folder.rglob("*")):
        inside = f"::{path.relative_to(folder)}"
        if path.is_dir():
            workshop.run("mmd", "-i", target, inside)
        else:
            os.utime(path, (workshop.epoch, workshop.epoch))
            workshop.run("mcopy", "-m", "-i", target, path, inside)
