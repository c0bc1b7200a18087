# SPDX-License-Identifier: AGPL-3.0-or-later
"""Storage as a capability. Unknown disks are named and never touched: they are somebody's."""

import os
from dataclasses import dataclass
from pathlib import Path

from appliance.board.model import Board
from appliance.health.checks import free_space, settings_damaged, unknown_disk
from appliance.settings import Settings
from appliance.status import Capability as Report
from appliance.status import Level
from appliance.storage.model import Storage
from appliance.supervisor.capability import Plan
from appliance.supervisor.issues import worst
from appliance.system.files import Files

DAMAGED = "settings.damaged-*.json"


@dataclass(frozen=True)
class DeleteDamaged:
    """Delete the damaged settings files that were kept."""


class StorageCapability:
    name = "storage"

    def __init__(self, state: Path, files: Files, board: Board) -> None:
        self._state = state
        self._files = files
        self._board = board

    def observe(self) -> Storage:
        system = os.statvfs(self._state)
        return Storage(
            free=self._files.free_bytes(self._state),
            total=self._files.total_bytes(self._state),
            free_inodes=system.f_favail,
            total_inodes=system.f_files,
            read_only=bool(system.f_flag & os.ST_RDONLY),
            disks=self._board.disks(),
            damaged=tuple(sorted(path.name for path in self._state.glob(DAMAGED))),
        )

    def plan(self, settings: Settings, observed: Storage) -> Plan:
        found = (free_space.check(observed), settings_damaged.check(observed), *unknown_disk.check(observed))
        findings = tuple(finding for finding in found if finding is not None)
        facts = {"free": gigabytes(observed.free), "total": gigabytes(observed.total)}
        kept = [each.until for each in settings.erased if each.moved]
        if kept:
            facts["erased_until"] = kept[-1]
        level = worst(finding.level for finding in findings)
        sentence = f"{facts['free']} of {facts['total']} are free."
        if level is Level.FAILING:
            sentence = findings[0].sentence
        return Plan(Report(self.name, level, sentence, facts), findings)

    def apply(self, action: DeleteDamaged) -> None:
        for path in self._state.glob(DAMAGED):
            self._files.remove(path)

    def fix(self, key: str) -> DeleteDamaged | None:
        return DeleteDamaged() if key == settings_damaged.DELETE.key else None


def gigabytes(count: int) -> str:
    """In steps that don't change with every written file."""
    return f"{count / 1e9:.0f} GB" if count >= 10e9 else f"{count / 1e9:.1f} GB"
