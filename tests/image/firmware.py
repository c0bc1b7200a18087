# SPDX-License-Identifier: AGPL-3.0-or-later
"""A Raspberry Pi's firmware with tryboot, played on the host.

It chooses the boot partition of a card image by autoboot.txt, and hands over kernel, initramfs, command line and what
it says of itself in the device tree, as QEMU takes them. Sources: raspberrypi/documentation, config_txt/autoboot.adoc,
config_txt/conditional.adoc, configuration/device-tree.adoc.
"""

import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

SECTOR = 512


@dataclass(frozen=True)
class Started:
    """What the firmware found, lying as files in a folder of its own. `tree`: its device tree, if it has one."""

    partition: int
    tryboot: bool
    kernel: Path
    initramfs: Path
    command_line: str
    tree: Path | None = None


def start(image: Path, folder: Path, *, tryboot: bool = False, board: str = "") -> Started:
    """Choose and unpack. `board`: the device tree that the chip asks for. Raises ValueError or CalledProcessError where
    a board would stay dark."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = boot_partition(read(image, 1, "autoboot.txt").decode(), tryboot=tryboot)
    config = sections(read(image, chosen, "config.txt").decode(), {f"boot_partition={chosen}"})
    values = dict(line.split("=", 1) for line in config if "=" in line)
    initramfs = next(line.split()[1] for line in config if line.startswith("initramfs "))
    kernel, ramdisk = folder / "kernel", folder / "initramfs"
    kernel.write_bytes(read(image, chosen, values["kernel"]))
    ramdisk.write_bytes(read(image, chosen, initramfs))
    words = read(image, chosen, values["cmdline"]).decode().strip()
    tree = device_tree(image, chosen, config, board, folder) if board else None
    return Started(chosen, tryboot, kernel, ramdisk, words, tree)


def device_tree(image: Path, partition: int, config: list[str], name: str, folder: Path) -> Path:
    """The board's own, with the overlays of config.txt merged in. Raises CalledProcessError if one is not there."""
    tree, merged, parts = folder / name, folder / "merged.dtb", []
    tree.write_bytes(read(image, partition, name))
    for overlay in (line.partition("=")[2] for line in config if line.startswith("dtoverlay=")):
        parts.append(folder / f"{overlay}.dtbo")
        parts[-1].write_bytes(read(image, partition, f"overlays/{overlay}.dtbo"))
    subprocess.run(["fdtoverlay", "-i", tree, "-o", merged, *parts], check=True, capture_output=True, timeout=60)
    return merged


def boot_partition(autoboot: str, *, tryboot: bool) -> int:
    """The last one named in a section that counts. Raises ValueError if none is, or it is garbled."""
    named = [
        line.partition("=")[2]
        for line in sections(autoboot, {"tryboot"} if tryboot else set())
        if line.startswith("boot_partition=")
    ]
    return int(named[-1])


def sections(text: str, fitting: set[str]) -> list[str]:
    """The lines that count: those below [all], and below a filter that fits."""
    counts, found = True, []
    for line in (each.strip() for each in text.splitlines()):
        if line.startswith("["):
            counts = line[1:-1] == "all" or line[1:-1] in fitting
        elif line and not line.startswith("#") and counts:
            found.append(line)
    return found


def read(image: Path, partition: int, name: str) -> bytes:
    """A file of a FAT partition of the card."""
    return subprocess.run(
        ["mtype", "-i", f"{image}@@{offset(image, partition)}", f"::{name}"],
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout


def write(image: Path, partition: int, name: str, content: bytes) -> None:
    """Overwrite a file there, as a computer does that the card is put into."""
    subprocess.run(
        ["mcopy", "-o", "-i", f"{image}@@{offset(image, partition)}", "-", f"::{name}"],
        input=content,
        check=True,
        timeout=60,
    )


def offset(image: Path, partition: int) -> int:
    """Where a partition begins, in bytes."""
    return _place(image, partition)[0] * SECTOR


def size(image: Path, partition: int) -> int:
    """In bytes."""
    return _place(image, partition)[1] * SECTOR


def _place(image: Path, partition: int) -> tuple[int, int]:
    """Begin and length in sectors. From 5 on each partition has a table of its own in the extended one (4); the second
    entry there leads to the next."""
    with image.open("rb") as card:
        if partition <= 4:
            return _entry(card, 0, partition)
        extended = table = _entry(card, 0, 4)[0]
        for _ in range(partition - 5):
            table = extended + _entry(card, table, 2)[0]
        begin, length = _entry(card, table, 1)
        return table + begin, length


def _entry(card: BinaryIO, table: int, number: int) -> tuple[int, int]:
    card.seek(table * SECTOR)
    content = card.read(SECTOR)
    assert content[510:] == b"\x55\xaa", "no partition table"
    begin, length = struct.unpack_from("<II", content, 446 + 16 * (number - 1) + 8)
    return begin, length


def describe(tree: Path, started: Started) -> None:
    """Say in the device tree what was started, as the real firmware does."""
    for name, value in (("partition", started.partition), ("tryboot", int(started.tryboot)), ("boot-mode", 1)):
        subprocess.run(
            ["fdtput", "-p", "-t", "u", tree, "/chosen/bootloader", name, str(value)], check=True, timeout=60
        )
