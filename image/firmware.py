# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a Raspberry Pi's own firmware reads, and U-Boot after it: their programs, config.txt, device trees, boot.scr."""

import shutil
from pathlib import Path

from image.plan import ROOT, Base, Flow, Plan
from image.steps import Workshop

# Where Debian's packages and those of Raspberry Pi OS put them: raspi-firmware, u-boot-rpi, linux-image-*.
_PROGRAMS = "usr/lib/raspi-firmware"
_UBOOT = "usr/lib/u-boot"
_TREES = "usr/lib/linux-image-*/broadcom"


def slot(workshop: Workshop, plan: Plan, tree: Path, folder: Path) -> None:
    """What a boot slot holds beside kernel, initramfs and command lines."""
    if plan.flow is Flow.UBOOT:
        # U-Boot names them with the folder that they have among the kernel's.
        device_trees(plan, tree, folder / "broadcom")
        return
    programs(plan, tree, folder)
    device_trees(plan, tree, folder)
    overlays(workshop, plan, folder / "overlays")
    (folder / "config.txt").write_text(slot_config(plan))


def selector(workshop: Workshop, plan: Plan, tree: Path, folder: Path) -> None:
    """What the first partition holds beside our own files: nothing with tryboot, so that firmware whose autoboot.txt
    cannot be read starts a slot. With U-Boot, all until U-Boot; an update never writes it."""
    if plan.flow is not Flow.UBOOT:
        return
    programs(plan, tree, folder)
    device_trees(plan, tree, folder)
    overlays(workshop, plan, folder / "overlays")
    shutil.copy(tree / _UBOOT / plan.uboot / "u-boot.bin", folder)
    (folder / "config.txt").write_text(uboot_config(plan))
    boot_script(workshop, folder / "boot.scr")


def boot_script(workshop: Workshop, target: Path) -> None:
    workshop.run(
        "mkimage", "-A", "arm64", "-O", "linux", "-T", "script", "-C", "none", "-n", "Hearth",
        "-d", ROOT / "image/boot.cmd", target,
    )  # fmt: skip


def programs(plan: Plan, tree: Path, folder: Path) -> None:
    for name in plan.programs:
        shutil.copy(tree / _PROGRAMS / name, folder)


def device_trees(plan: Plan, tree: Path, folder: Path) -> None:
    """Those of the kernel that the board's file names. Raises SystemExit if the kernel lacks one of them."""
    folder.mkdir(exist_ok=True)
    for pattern in plan.trees:
        found = list(tree.glob(f"{_TREES}/{pattern}"))
        if not found:
            raise SystemExit(f"The kernel for {plan.title} has no device tree {pattern}.")
        for path in found:
            shutil.copy(path, folder)


def overlays(workshop: Workshop, plan: Plan, folder: Path) -> None:
    """Compile what the board's file names."""
    if plan.overlays:
        folder.mkdir(exist_ok=True)
    for name in plan.overlays:
        source = ROOT / "hardware/overlays" / f"{name}.dts"
        workshop.run("dtc", "-@", "-I", "dts", "-O", "dtb", "-o", folder / f"{name}.dtbo", source)


def slot_config(plan: Plan) -> str:
    """config.txt of firmware that starts Linux itself; the firmware model of the tests reads the same lines."""
    # Debian has programs of 2024, which are older than this filter (raspberrypi/rpi-eeprom, pull request 676); nor
    # can its kernel ask for a trial start: there slot A is all that ever starts.
    second = ("[boot_partition=3]", "cmdline=cmdline-b.txt", "[all]")
    too_old = plan.base is Base.DEBIAN and plan.programs
    return _lines(
        f"# Hearth for {plan.title}. The system replaces this file with each update.",
        "arm_64bit=1",
        "kernel=vmlinuz",
        "initramfs initrd.img followkernel",
        "enable_uart=0",
        "dtparam=watchdog=on",
        "kernel_watchdog_timeout=60",
        *plan.settings,
        *(f"dtoverlay={name}" for name in plan.overlays),
        "cmdline=cmdline-a.txt",
        *(() if too_old else second),
    )


def uboot_config(plan: Plan) -> str:
    """config.txt of firmware that starts U-Boot, which needs the serial port's clock even where nobody listens
    (U-Boot, arch/arm/mach-bcm283x/Kconfig)."""
    return _lines(
        f"# Hearth for {plan.title}. U-Boot chooses the slot (boot.scr).",
        "arm_64bit=1",
        "kernel=u-boot.bin",
        "enable_uart=1",
        "dtparam=watchdog=on",
        *plan.settings,
        *(f"dtoverlay={name}" for name in plan.overlays),
    )


def _lines(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)
