# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m image build BOARD`, `python -m image reproduce BOARD`."""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from image import bill, card, keys, raspios, slots, tree
from image.plan import MIB, ROOT, Base, Plan, plan
from image.steps import Workshop, fingerprint

BUILD = ROOT / "build/image"
# What ends up in the tree, or decides how.
_OURS = ("appliance", "systemd", "hardware", "image/overlay", "pyproject.toml", "image/tree.py")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m image", description="Builds Hearth's card image.")
    parser.add_argument("act", choices=("build", "reproduce", "plan"))
    parser.add_argument("board", nargs="?", default="qemu", help="a name from hardware/boards (qemu)")
    parser.add_argument("--base", choices=[each.value for each in Base], help="where kernel and firmware come from")
    parser.add_argument("--card-only", action="store_true", help="no compressed image: for trying it out")
    arguments = parser.parse_args()
    planned = plan(arguments.board, Base(arguments.base) if arguments.base else None)
    if arguments.act == "plan":
        print("\n".join(planned.packages))
        return
    if os.geteuid() != 0:
        raise SystemExit("Building an image needs root: sudo make image BOARD=" + planned.board)
    workshop = Workshop(BUILD / planned.board, BUILD / "cache", epoch())
    if arguments.act == "build":
        build(workshop, planned, BUILD, card_only=arguments.card_only)
    else:
        reproduce(planned, workshop.epoch)


def epoch() -> int:
    """When the newest change was made, unless SOURCE_DATE_EPOCH says otherwise."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    asked = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)
    return int(asked.stdout.strip() or 1_763_769_600)


def build(workshop: Workshop, planned: Plan, output: Path, *, card_only: bool = False) -> Path:
    """Answers the card image. Everything made lies in the workshop's folder, what is handed out in `output`."""
    folder = workshop.folder
    folder.mkdir(parents=True, exist_ok=True)
    output.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    print(f"Image for {planned.title}, from {planned.base.value}:", file=sys.stderr)
    debian, made, boot, system = (folder / name for name in ("debian.tar", "tree", "boot.vfat", "system.erofs"))
    selector, data, image = folder / "selector.vfat", folder / "data.ext4", folder / f"{planned.name}.img"
    keyring = keys.keyring(workshop, BUILD / "keys")
    from_debian = [*planned.packages, planned.base.value, raspios.FILE]
    from_us = [*from_debian, str(workshop.epoch), planned.compatible, keyring, *(ROOT / each for each in _OURS)]
    workshop.step("debian", from_debian, lambda: tree.debian(workshop, planned, debian), debian)
    workshop.step("tree", from_us, lambda: tree.ours(workshop, planned, debian, made, keyring), made)
    ramdisk, needs = folder / "initrd.img", [*from_debian, ROOT / "image/overlay/etc/initramfs-tools"]
    workshop.step("initramfs", needs, lambda: slots.initramfs(workshop, made, ramdisk), ramdisk)
    layout = [ROOT / f"image/{name}" for name in ("plan.py", "slots.py", "card.py", "firmware.py", "boot.cmd")]
    workshop.step("boot", [*from_us, *layout], lambda: slots.boot(workshop, planned, made, boot), boot)
    workshop.step("system", [*from_us, *layout], lambda: slots.system(workshop, made, system), system)
    workshop.step("selector", [*from_us, *layout], lambda: card.selector(workshop, planned, made, selector), selector)
    workshop.step("data", layout, lambda: card.data(workshop, data), data)
    workshop.step("card", [*from_us, *layout], lambda: card.assemble(workshop, image), image)
    if card_only:
        print(f"{image}\n  all in {time.monotonic() - began:.0f} s", file=sys.stderr)
        return image
    bmap, packed = output / f"{planned.name}.bmap", output / f"{planned.name}.img.xz"
    workshop.step("publish", [*from_us, *layout], lambda: card.publish(workshop, planned, image, output), bmap, packed)
    bill.write(workshop, planned, made, output)
    card.checksums(planned, output)
    print(f"{packed} ({packed.stat().st_size / MIB:.0f} MiB, system {system.stat().st_size / MIB:.0f} MiB)")
    print(f"  all in {time.monotonic() - began:.0f} s", file=sys.stderr)
    return image


def reproduce(planned: Plan, moment: int) -> None:
    """Builds twice from nothing but the package cache, and compares. Raises SystemExit where they differ."""
    results = []
    for name in ("first", "second"):
        folder = BUILD / "reproduce" / name
        shutil.rmtree(folder, ignore_errors=True)
        image = build(Workshop(folder / "work", BUILD / "cache", moment), planned, folder, card_only=True)
        parts = ("boot.vfat", "system.erofs", "selector.vfat", "data.ext4", image.name)
        results.append({each: fingerprint([folder / "work" / each]) for each in parts})
    differing = [each for each in results[0] if results[0][each] != results[1][each]]
    if differing:
        raise SystemExit(f"These differ between two builds: {', '.join(differing)}")
    print("Two builds, the same bits: " + ", ".join(results[0]))


if __name__ == "__main__":
    main()
