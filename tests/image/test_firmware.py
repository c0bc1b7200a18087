# SPDX-License-Identifier: AGPL-3.0-or-later
"""What lies in the FAT partitions of each board: all that its start needs, and nothing that misleads its firmware."""

import gzip
import shutil
import subprocess
from pathlib import Path

import pytest

from image import card, slots
from image import firmware as parts
from image.plan import BOARDS, ROOT, Base, Flow, Plan, plan
from image.steps import Workshop
from tests.image import firmware

TOOLS = ("dtc", "fdtoverlay", "mkimage", "mkfs.vfat", "mcopy")
needs_tools = pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}")

PLANS = [
    pytest.param(board.stem, base, id=f"{board.stem}-{base.value}")
    for board in sorted(BOARDS.glob("raspberry-pi-*.toml"))
    for base in Base
    if f"[packages.{base.value}]" in board.read_text()
]
# What the firmware of each kind of board asks for, by the name that it has from the board's own chip:
# raspberrypi/documentation, configuration/device-tree.adoc; "upstream" names as U-Boot's and Debian's.
NEEDED = {
    ("raspberry-pi-3", Base.DEBIAN): {
        "bcm2837-rpi-3-b.dtb",
        "bcm2837-rpi-3-b-plus.dtb",
        "bcm2837-rpi-3-a-plus.dtb",
        "bcm2837-rpi-cm3-io3.dtb",
    },
    ("raspberry-pi-3", Base.RASPIOS): {"bcm2710-rpi-3-b.dtb", "bcm2710-rpi-3-b-plus.dtb", "bcm2710-rpi-cm3.dtb"},
    ("raspberry-pi-zero-2-w", Base.DEBIAN): {"bcm2837-rpi-zero-2-w.dtb"},
    ("raspberry-pi-zero-2-w", Base.RASPIOS): {"bcm2710-rpi-zero-2-w.dtb"},
    ("raspberry-pi-4", Base.DEBIAN): {"bcm2711-rpi-4-b.dtb", "bcm2711-rpi-400.dtb", "bcm2711-rpi-cm4-io.dtb"},
    ("raspberry-pi-4", Base.RASPIOS): {"bcm2711-rpi-4-b.dtb", "bcm2711-rpi-400.dtb", "bcm2711-rpi-cm4.dtb"},
    ("raspberry-pi-5", Base.RASPIOS): {"bcm2712-rpi-5-b.dtb", "bcm2712d0-rpi-5-b.dtb", "bcm2712-rpi-500.dtb"},
}
# A device tree into which our overlays fit.
TREE = "/dts-v1/; / { gpio: gpio@0 { gpio-controller; #gpio-cells = <2>; }; };"


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, tmp_path, 1_763_769_600)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Of a system: the files of firmware, U-Boot and kernel packages where those packages have them."""
    made = tmp_path / "tree"
    for name in ("bootcode.bin", "start.elf", "fixup.dat", "start4.elf", "fixup4.dat"):
        write(made / "usr/lib/raspi-firmware" / name, name.encode())
    write(made / "usr/lib/u-boot/rpi_3/u-boot.bin", b"U-Boot")
    compiled = subprocess.run(
        ["dtc", "-q", "-@", "-O", "dtb"], input=TREE.encode(), capture_output=True, check=True, timeout=60
    ).stdout
    for name in set().union(*NEEDED.values()):
        write(made / "usr/lib/linux-image-6.12-rpi/broadcom" / name, compiled)
    write(made / "usr/lib/modules/6.12-rpi/modules.dep", b"")
    write(tmp_path / "vmlinuz-6.12-rpi", gzip.compress(b"the kernel"))
    write(tmp_path / "initrd.img", b"the initramfs")
    return made


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def listed(image: Path) -> set[str]:
    """The files of a FAT image, by their paths."""
    said = subprocess.run(
        ["mdir", "-/", "-b", "-i", image, "::"], capture_output=True, text=True, check=True, timeout=60
    )
    return {line.removeprefix("::/") for line in said.stdout.splitlines() if not line.endswith("/")}


def made(workshop: Workshop, planned: Plan, tree: Path) -> tuple[Path, Path]:
    """The two FAT images: first partition and boot slot."""
    selector, boot = workshop.folder / "selector.vfat", workshop.folder / "boot.vfat"
    card.selector(workshop, planned, tree, selector)
    slots.boot(workshop, planned, tree, boot)
    return selector, boot


@needs_tools
@pytest.mark.parametrize(("board", "base"), PLANS)
def test_all_that_a_start_needs_is_there(workshop: Workshop, tree: Path, board: str, base: Base) -> None:
    planned = plan(board, base)
    selector, boot = map(listed, made(workshop, planned, tree))
    ours, trees = {f"overlays/{name}.dtbo" for name in planned.overlays}, NEEDED[board, base]
    for_linux = {"vmlinuz", "initrd.img", "cmdline-a.txt", "cmdline-b.txt"}
    if planned.flow is Flow.UBOOT:
        assert selector >= {"bootcode.bin", "start.elf", "fixup.dat", "config.txt", "u-boot.bin", "boot.scr"} | ours
        assert selector >= trees
        assert "autoboot.txt" not in selector, "the firmware would follow it into a slot without its programs"
        assert boot >= for_linux | {f"broadcom/{name}" for name in trees}
    else:
        assert selector == {"autoboot.txt", "hearth.txt"}, "nothing that the firmware could start instead of a slot"
        assert boot >= for_linux | ours | trees | {"config.txt", *planned.programs}
    assert "hearth.txt" in selector


@needs_tools
@pytest.mark.parametrize(("board", "base"), PLANS)
def test_config_txt_names_only_what_lies_beside_it(workshop: Workshop, tree: Path, board: str, base: Base) -> None:
    planned = plan(board, base)
    selector, boot = made(workshop, planned, tree)
    place = selector if planned.flow is Flow.UBOOT else boot
    config = (workshop.folder / place.stem / "config.txt").read_text().splitlines()
    named = {f"overlays/{line.removeprefix('dtoverlay=')}.dtbo" for line in config if line.startswith("dtoverlay=")}
    named |= {line.partition("=")[2] for line in config if line.startswith(("kernel=", "cmdline="))}
    named |= {line.split()[1] for line in config if line.startswith("initramfs ")}
    assert {f"overlays/{name}.dtbo" for name in planned.overlays} < named <= listed(place)
    assert "dtparam=watchdog=on" in config
    assert ("upstream_kernel=1" in config) == (base is Base.DEBIAN)


@needs_tools
def test_the_kernel_is_unpacked_for_u_boot(workshop: Workshop, tree: Path) -> None:
    made(workshop, plan("raspberry-pi-3", Base.RASPIOS), tree)
    assert (workshop.folder / "boot/vmlinuz").read_bytes() == b"the kernel"


@needs_tools
def test_a_kernel_without_the_board_s_device_tree_is_refused(workshop: Workshop, tree: Path) -> None:
    for path in tree.rglob("bcm2711-rpi-4-b.dtb"):
        path.unlink()
    with pytest.raises(SystemExit, match=r"no device tree bcm2711-rpi-4-b\.dtb"):
        made(workshop, plan("raspberry-pi-4", Base.DEBIAN), tree)


@needs_tools
@pytest.mark.skipif(not shutil.which("genimage"), reason="needs genimage")
@pytest.mark.parametrize(
    ("base", "tryboot", "partition", "slot"),
    [
        (Base.RASPIOS, False, 2, "A"),
        (Base.RASPIOS, True, 3, "B"),
        (Base.DEBIAN, False, 2, "A"),
    ],
)
def test_the_firmware_of_a_raspberry_pi_4_starts_its_card(
    workshop: Workshop, tree: Path, tmp_path: Path, base: Base, tryboot: bool, partition: int, slot: str
) -> None:
    made(workshop, plan("raspberry-pi-4", base), tree)
    for name in ("system.erofs", "data.ext4"):
        write(tmp_path / name, b"")
    image = tmp_path / "card.img"
    card.assemble(workshop, image)
    started = firmware.start(image, tmp_path / "held", tryboot=tryboot, board="bcm2711-rpi-4-b.dtb")
    assert (started.partition, started.tryboot) == (partition, tryboot)
    assert started.kernel.read_bytes() == b"the kernel"
    assert started.initramfs.read_bytes() == b"the initramfs"
    assert started.command_line.endswith(f"rauc.slot={slot}")
    assert started.tree is not None
    asked = ["fdtget", "-t", "s", started.tree, "/hearth-light/red", "label"]
    assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout == "hearth:red:status\n"


@pytest.mark.parametrize(("board", "base"), PLANS)
def test_only_firmware_that_knows_the_filter_gets_it(board: str, base: Base) -> None:
    planned = plan(board, base)
    if planned.flow is Flow.TRYBOOT:
        config = parts.slot_config(planned)
        assert ("[boot_partition=" in config) == (base is Base.RASPIOS)
        # Whatever firmware makes of a filter that it does not know, the first one is there before it.
        assert "cmdline=cmdline-a.txt" in firmware.sections(config, set())


def test_qemu_needs_none_of_it(workshop: Workshop, tree: Path) -> None:
    folder = workshop.folder / "qemu"
    folder.mkdir()
    parts.slot(workshop, plan("qemu"), tree, folder)
    assert {path.name for path in folder.iterdir()} == {"config.txt"}


def test_u_boot_and_linux_keep_the_tries_in_the_same_place() -> None:
    script = (ROOT / "image/boot.cmd").read_text()
    assert "read ${text_at} ${first} 8 && env import -c ${text_at} 0x1000" in script
    assert "/dev/hearth/state 0x0 0x1000" in (ROOT / "image/tree.py").read_text()
    for number, name in ((7, "state"), (2, "boot_a"), (3, "boot_b")):
        assert f"    {number}) echo {name} ;;" in (ROOT / "image/overlay/usr/lib/hearth/slot-name").read_text()
    assert "part start ${devtype} ${devnum} 7 first" in script
