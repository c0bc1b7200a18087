# SPDX-License-Identifier: AGPL-3.0-or-later
"""The whole card: the first partition, the data partition, and the table around them all."""

from pathlib import Path

from appliance.supervisor import card as owners_file
from image import firmware
from image.plan import DISK_SIGNATURE, LAYOUT, Flow, Plan
from image.slots import SIZES, fat
from image.steps import Workshop, content, empty

# One sector each, of a length that never changes: they are overwritten in place, as FAT knows no safe renaming.
SECTOR = 512
AUTOBOOT = "[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=3\n"
_KINDS = {"selector": "0x0c", "boot_a": "0x0c", "boot_b": "0x0c", "data": "0x83"}


def padded(text: str, size: int) -> bytes:
    """`text` with blank lines up to `size` bytes. Raises ValueError if it is longer."""
    content = text.encode()
    if len(content) > size:
        raise ValueError(f"{len(content)} bytes do not fit into {size}.")
    return content + b"\n" * (size - len(content))


def selector(workshop: Workshop, plan: Plan, tree: Path, target: Path) -> None:
    """The first partition: which slot starts, the owner's file, and with U-Boot what the oldest boards start from."""
    folder = empty(workshop.folder / "selector")
    if plan.flow is Flow.TRYBOOT:
        # With U-Boot it must not be there: the firmware would follow it, and find no programs of its own.
        (folder / "autoboot.txt").write_bytes(padded(AUTOBOOT, SECTOR))
    (folder / "hearth.txt").write_bytes(owners_file.fresh())
    firmware.selector(workshop, plan, tree, folder)
    fat(workshop, folder, target, SIZES["selector"], "HEARTH", 0x48530001)


def data(workshop: Workshop, target: Path) -> None:
    """Empty: systemd-tmpfiles fills it."""
    target.unlink(missing_ok=True)
    with target.open("wb") as made:
        made.truncate(SIZES["data"])
    workshop.run(
        "mke2fs", "-q", "-t", "ext4", "-b", "4096", "-i", "16384", "-I", "256", "-m", "1", "-L", "hearth-data",
        "-U", "485f0000-0000-4000-8000-000000000008",
        # Room to grow to any card: 1 TiB.
        "-E", "hash_seed=485f0000-0000-4000-8000-000000000009,lazy_itable_init=0,lazy_journal_init=0,resize=268435456",
        target,
    )  # fmt: skip


def assemble(workshop: Workshop, target: Path) -> None:
    folder = workshop.folder
    sources = {
        "selector": "selector.vfat",
        "boot_a": "boot.vfat",
        "boot_b": "boot.vfat",
        "system_a": "system.erofs",
        "data": "data.ext4",
    }
    parts = []
    for each in LAYOUT:
        lines = [f"partition-type = {_KINDS.get(each.name, '0xda')}", f"size = {each.mib}M"]
        if each.name in sources:
            lines.append(f'image = "{sources[each.name]}"')
        parts.append(f"  partition {each.name} {{\n    " + "\n    ".join(lines) + "\n  }")
    config = folder / "genimage.cfg"
    config.write_text(
        f"image {target.name} {{\n  hdimage {{\n    partition-table-type = mbr\n    extended-partition = 4\n"
        f"    disk-signature = 0x{DISK_SIGNATURE:08x}\n    align = 1M\n  }}\n" + "\n".join(parts) + "\n}\n"
    )
    target.unlink(missing_ok=True)
    workshop.run(
        "genimage", "--config", config, "--inputpath", folder, "--outputpath", target.parent,
        "--tmppath", empty(folder / "genimage.tmp"), "--rootpath", empty(folder / "genimage.root"),
    )  # fmt: skip


def publish(workshop: Workshop, plan: Plan, card: Path, output: Path) -> None:
    """`.img.xz`, `.bmap` and checksums."""
    for old in output.glob(f"{plan.name}.*"):
        if old.suffix in (".xz", ".bmap"):
            old.unlink()
    workshop.run("bmaptool", "create", "-o", output / f"{plan.name}.bmap", card)
    compressed = output / f"{plan.name}.img.xz"
    # The system is packed already: higher levels take several times as long and save a hundredth or two. Two threads at
    # least, as xz writes other bits with one.
    workshop.run("sh", "-c", f"xz --compress --stdout -T2 -1 '{card}' >'{compressed}'")


def checksums(plan: Plan, output: Path) -> None:
    """SHA-256 of all that is handed out, as sha256sum writes it."""
    found = sorted(path for path in output.glob(f"{plan.name}.*") if path.suffix != ".sha256")
    lines = [f"{content(path)}  {path.name}\n" for path in found]
    (output / f"{plan.name}.sha256").write_text("".join(lines))
