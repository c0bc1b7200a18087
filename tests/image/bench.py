# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m tests.image.bench`: what the booted box costs, beside a bare Debian in the same machine, in one run."""

import argparse
import tempfile
import time
from pathlib import Path

from image.__main__ import BUILD, epoch
from image.plan import MIB
from image.steps import Workshop
from tests.bench.table import Table, machine
from tests.image.bare import Bare, build
from tests.image.conftest import IMAGE
from tests.image.machine import SHELL_WORDS, VIRTIO_PORT, WRITE_OUT, Box, shell_words

_ANSWERS = """cat >/run/answers.toml <<end
username = "clara"
password = "plain wooden ladder 7"
title = "The Shed"
address = ""
end
hearth setup --answers /run/answers.toml"""
_ASLEEP_AFTER = 360  # seconds: the console ends when nobody has used it for five minutes


def bare_start(table: Table, folder: Path) -> float:
    """Seconds to multi-user.target at its second start; the first one makes keys and ids."""
    disk = build(Workshop(BUILD / "bare", BUILD / "cache", epoch()))
    box = Bare(disk, folder)
    # A shell that starts last answers when all is there.
    words = shell_words(VIRTIO_PORT, after="multi-user.target")
    try:
        box.start(more_words=words)
        box.shell("systemctl poweroff --no-block", seconds=600)
        box.wait_until_off(120)
        box.start(more_words=words)
        box.shell("true", seconds=600)
        seconds = time.monotonic() - box.began
        table.add("bare Debian, second start to multi-user", seconds, "s", f"{box.work_seconds():.0f} s of processor")
        table.add("bare Debian, memory in use", memory(box), "MB")
    finally:
        box.kill()
    return seconds


def box_start(table: Table, folder: Path, bare: float, idle: float) -> None:
    box = Box(IMAGE, folder)
    try:
        box.start(more_words=SHELL_WORDS)
        table.add("first start to console", box.answer(box.console + "/claim", seconds=900, patience=4)[0], "s")
        table.add("first start to server", box.answer(box.public + "/health", seconds=900)[0], "s")
        set_up(box)
        # Once in a card's life, and no idling.
        table.add("copy into the second slot", seconds(box, "systemctl start hearth-spare-slot", 1800), "s")
        box.shell("systemctl poweroff --no-block")
        box.wait_until_off(180)
        # A shell only afterwards: until its port is there, it would be started again each second.
        box.start(more_words=shell_words(VIRTIO_PORT, after="hearth-fediverse.service"))
        console = box.answer(box.console + "/login", seconds=900, patience=4)[0]
        table.add("second start to console", console, "s", f"{box.work_seconds():.0f} s of processor")
        table.add("second start to console, beside bare Debian", console / bare, "×", "1.5 is the aim")
        table.add("second start to server", box.answer(box.public + "/health", seconds=900)[0], "s")
        box.shell("systemctl is-system-running --wait", seconds=600)
        table.add("memory in use, console awake", memory(box), "MB", "of 512; 280 is the aim")
        time.sleep(min(_ASLEEP_AFTER, idle))
        table.add("memory in use, settled", memory(box), "MB")
        box.shell(WRITE_OUT)
        before = box.written()
        time.sleep(idle)
        hourly = (box.written() - before) / MIB * 3600 / idle
        table.add("written to the card while idle", hourly, "MB/h", f"over {idle / 60:.0f} minutes; 1 is the aim")
    finally:
        box.kill()


def set_up(box: Box) -> None:
    """Without the wizard."""
    said = box.shell(_ANSWERS, seconds=600)
    assert "The box is set up." in said, said


def memory(box: Box) -> int:
    """MB in use, as free(1) counts it, which not every Debian has."""
    found = dict(line.split(":") for line in box.shell("cat /proc/meminfo").splitlines())
    total, available = (int(found[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
    return (total - available) * 1024 // 1_000_000


def seconds(box: Box, command: str, limit: float) -> float:
    began = time.monotonic()
    box.shell(command, seconds=limit)
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.image.bench", description=__doc__)
    parser.add_argument("--idle", type=float, default=600, metavar="SECONDS", help="how long to look at idle writes")
    parser.add_argument("--output", type=Path, default=Path("bench-image.json"), help="default: bench-image.json")
    arguments = parser.parse_args()
    table = Table()
    print(f"Hearth image bench: {machine()}; both in an emulator, so that only their ratio means something.")
    with tempfile.TemporaryDirectory(dir=BUILD) as made:
        table.section("A bare Debian")
        bare = bare_start(table, _folder(made, "bare"))
        table.section("The box")
        box_start(table, _folder(made, "box"), bare, arguments.idle)
    table.write(arguments.output)
    print(f"\nWritten to {arguments.output}.")


def _folder(parent: str, name: str) -> Path:
    folder = Path(parent) / name
    folder.mkdir()
    return folder


if __name__ == "__main__":
    main()
