# SPDX-License-Identifier: AGPL-3.0-or-later
"""A Raspberry Pi's firmware with tryboot, played on the host.

It chooses the boot partition of a card image by autoboot.txt, and hands over kernel, initramfs, command line and what
it says of itself in the device tree, as QEMU takes them. Sources: raspberrypi/documentation, config_txt/autoboot.adoc,
config_txt/conditional.adoc, configuration/device-tree.adoc.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

SECTOR = 512


@dataclass(frozen=True)
class Started:
    """What the firmware found, lying as files in a folder of its own."""

    partition: int
    tryboot: bool
    kernel: Path
    initramfs: Path
    command_line: str


def start(image: Path, folder: Path, *, tryboot: bool = False) -> Started:
    """Choose and unpack. Raises ValueError where a board would stay dark."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = boot_partition(read(image, 1, "autoboot.txt").decode(), tryboot=tryboot)
    config = sections(read(image, chosen, "config.txt").decode(), {f"boot_partition={chosen}"})
    values = dict(line.split("=", 1) for line in config if "=" in line)
    initramfs = next(line.split()[1] for line in config if line.startswith("initramfs "))
    kernel, ramdisk = folder / "kernel", folder / "initramfs"
    kernel.write_bytes(read(image, chosen, values["kernel"]))
    ramdisk.write_bytes(read(image, chosen, initramfs))
    return Started(chosen, tryboot, kernel, ramdisk, read(image, chosen, values["cmdline"]).decode().strip())


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
    """Where a partition begins, in bytes: one of the first four of an MBR."""
    return int.from_bytes(_entry(image, partition)[8:12], "little") * SECTOR


def size(image: Path, partition: int) -> int:
    """In bytes."""
    return int.from_bytes(_entry(image, partition)[12:16], "little") * SECTOR


def _entry(image: Path, partition: int) -> bytes:
    with image.open("rb") as card:
        table = card.read(SECTOR)
    assert table[510:] == b"\x55\xaa", "no partition table"
    return table[446 + 16 * (partition - 1) :][:16]


def describe(tree: Path, started: Started) -> None:
    """Say in the device tree what was started, as the real firmware does."""
    for name, value in (("partition", started.partition), ("tryboot", int(started.tryboot)), ("boot-mode", 1)):
        subprocess.run(
            ["fdtput", "-p", "-t", "u", tree, "/chosen/bootloader", name, str(value)], check=True, timeout=60
        )
