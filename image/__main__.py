# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m image build BOARD`, `python -m image reproduce BOARD`."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from image import bill, card, debian, keys, raspios, slots, tree
from image.plan import MIB, ROOT, Base, Plan, plan
from image.reproduce import differences
from image.steps import Workshop

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
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `… | head` wants no more of it
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
    packages, made, boot, system = (folder / name for name in ("debian", "tree", "boot.vfat", "system.erofs"))
    selector, data, image = folder / "selector.vfat", folder / "data.ext4", folder / f"{planned.name}.img"
    keyring = keys.keyring(workshop, BUILD / "keys")
    from_debian = [*planned.packages, planned.base.value, raspios.FILE]
    from_debian += [ROOT / f"image/{name}.py" for name in ("debian", "native")]
    from_us = [*from_debian, str(workshop.epoch), planned.compatible, keyring, *(ROOT / each for each in _OURS)]
    debian.tools(workshop)
    workshop.step("debian", from_debian, lambda: debian.packages(workshop, planned, packages), packages)
    workshop.step("tree", from_us, lambda: tree.ours(workshop, planned, packages, made, keyring), made)
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
    """Builds twice and compares. Raises SystemExit with the files that differ.

    Both builds have the same inputs: this folder as it is, the moment of its newest change, the package cache, the tree
    of tools, and the keyring. Whoever wants the same bits elsewhere needs the packages that the bill names, and the
    release's keyring.
    """
    places = [BUILD / "reproduce" / name for name in ("first", "second")]
    for place in places:
        shutil.rmtree(place, ignore_errors=True)
        build(Workshop(place, BUILD / "cache", moment), planned, place, card_only=True)
    if found := differences(*places):
        raise SystemExit("\n".join([f"The two builds differ in {len(found)} places:", *found[:40]]))
    print(f"Two builds, the same bits: {planned.name}.img and all that it is made of.")


if __name__ == "__main__":
    main()
