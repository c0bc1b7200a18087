# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Linux says of the machine it runs on: its memory, its work, its file systems and how worn its drives are.

Sources: statvfs(3); /sys/fs/ext4/*/errors_count (Documentation/ABI/testing/sysfs-fs-ext4); eMMC's life_time and
pre_eol_info (Documentation/ABI/testing/sysfs-driver-mmc, JEDEC JESD84-B51 7.4.41); smartctl(8) with --json for NVMe
and SATA; /run/hearth-data-damaged, which the image writes when it had to start without its data partition.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import psutil

from appliance.board.model import Drive, Memory, Volume
from appliance.errors import HearthError
from appliance.system.runner import Runner

# Not its boot and replay partitions (mmcblk0boot0), which are no drives of their own.
_EMMC = re.compile(r"mmcblk\d+")
_SMART = re.compile(r"nvme\d+n\d+|sd[a-z]+")
_MAX = 4096
# Reads the raw device, so systemd runs it outside of our own sandbox. Its exit code says no more than its JSON.
_SMARTCTL = (
    "systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--property=PrivateNetwork=yes",
    "--property=ProtectSystem=strict", "smartctl", "--json", "--info", "--health", "--attributes",
    "--log=devstat", "--nocheck=standby",
)  # fmt: skip
_PRE_EOL_URGENT = 3


class SystemHost:
    """Implements `board.model.Host`. `root` is where sysfs is looked for: "/" but in tests."""

    def __init__(self, runner: Runner, root: Path = Path("/")) -> None:
        self._runner = runner
        self._sys = root / "sys"
        self._marker = root / "run" / "hearth-data-damaged"

    def load(self) -> float:
        return os.getloadavg()[2] / (os.cpu_count() or 1)

    def memory(self) -> Memory:
        found = psutil.virtual_memory()
        return Memory(found.available, found.total)

    def volume(self, path: Path) -> Volume:
        try:
            system, device = os.statvfs(path), path.stat().st_dev
        except OSError as error:
            raise HearthError(
                "storage-unreadable", f"{path} can't be looked at: {error.strerror}.", "Check the disk.", status=500
            ) from error
        return Volume(
            free=system.f_bavail * system.f_frsize,
            total=system.f_blocks * system.f_frsize,
            free_inodes=system.f_favail,
            total_inodes=system.f_files,
            read_only=bool(system.f_flag & os.ST_RDONLY),
            errors=self._errors(device),
            makeshift=_read(self._marker),
        )

    def drives(self) -> tuple[Drive, ...]:
        try:
            names = sorted(each.name for each in (self._sys / "block").iterdir())
        except OSError:
            return ()
        found = (self._emmc(name) if _EMMC.fullmatch(name) else self._smart(name) for name in names)
        return tuple(drive for drive in found if drive is not None)

    def _errors(self, device: int) -> int:
        link = self._sys / "dev" / "block" / f"{os.major(device)}:{os.minor(device)}"
        text = _read(self._sys / "fs" / "ext4" / link.resolve().name / "errors_count")
        return int(text) if text.isdigit() else 0

    def _emmc(self, name: str) -> Drive:
        """SD cards are asked as well: they have none of these files, and so tell nothing."""
        device = self._sys / "block" / name / "device"
        lives = [int(each, 16) for each in _read(device / "life_time").split() if re.fullmatch(r"0x[0-9a-fA-F]+", each)]
        # Steps of a tenth, rounded up by the drive; 0 is "not defined".
        worn = max(lives) / 10 if lives and max(lives) > 0 else None
        end = _read(device / "pre_eol_info")
        urgent = re.fullmatch(r"0x[0-9a-fA-F]+", end) is not None and int(end, 16) >= _PRE_EOL_URGENT
        return Drive(name, _read(device / "name") or "card", worn, urgent)

    def _smart(self, name: str) -> Drive | None:
        if not _SMART.fullmatch(name):
            return None
        model = _read(self._sys / "block" / name / "device" / "model") or "disk"
        try:
            done = self._runner.run([*_SMARTCTL, f"/dev/{name}"], timeout=30.0, check=False)
            said = json.loads(done.output)
        except (HearthError, ValueError, RecursionError):
            return Drive(name, model)
        return read_smart(name, model, said)


def read_smart(name: str, model: str, said: Any) -> Drive:
    """What smartctl's JSON says of wear; whatever is missing or strange there counts as not told."""
    used = _number(said, "endurance_used", "current_percent")  # since smartctl 7.4, for SATA and NVMe
    if used is None:
        used = _number(said, "nvme_smart_health_information_log", "percentage_used")
    passed = _at(said, "smart_status", "passed")
    return Drive(name, model, None if used is None else used / 100, failing=passed is False)


def _at(said: Any, *names: str) -> Any:
    for name in names:
        said = said.get(name) if isinstance(said, dict) else None
    return said


def _number(said: Any, *names: str) -> float | None:
    value = _at(said, *names)
    plain = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 255
    return float(value) if plain else None


def _read(path: Path) -> str:
    """A sysfs attribute; "" if there is none."""
    try:
        with path.open("rb") as file:
            return file.read(_MAX).decode(errors="replace").strip()
    except OSError:
        return ""
