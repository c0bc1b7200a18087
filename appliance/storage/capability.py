# SPDX-License-Identifier: AGPL-3.0-or-later
"""Storage as a capability. Unknown disks are named and never touched: they are somebody's."""

from dataclasses import dataclass
from pathlib import Path

from appliance.board.model import Board, Drive, Host
from appliance.health.checks import (
    data_missing,
    filesystem_errors,
    free_space,
    read_only,
    settings_damaged,
    unknown_disk,
    wear,
)
from appliance.health.restart import RESTART, Restart
from appliance.settings import Settings
from appliance.status import Capability as Report
from appliance.status import Level
from appliance.storage.model import Storage
from appliance.supervisor.capability import Plan
from appliance.supervisor.issues import worst
from appliance.system.clock import Clock
from appliance.system.files import Files

DAMAGED = "settings.damaged-*.json"
# Drives wear out over years, and asking them costs a process.
DRIVES_EVERY = 3600.0
FIRST_DRIVES_AFTER = 60.0


@dataclass(frozen=True)
class DeleteDamaged:
    """Delete the damaged settings files that were kept."""


class StorageCapability:
    name = "storage"

    def __init__(
        self, state: Path, files: Files, board: Board, host: Host, clock: Clock, *, drives_every: float = DRIVES_EVERY
    ) -> None:
        self._state = state
        self._files = files
        self._board = board
        self._host = host
        self._clock = clock
        self._drives_every = drives_every
        self._drives: tuple[Drive, ...] = ()
        # Not at once: the box should be up before it waits for a slow disk.
        self._drives_due = clock.monotonic() + min(drives_every, FIRST_DRIVES_AFTER)

    def observe(self) -> Storage:
        volume = self._host.volume(self._state)
        return Storage(
            free=volume.free,
            total=volume.total,
            free_inodes=volume.free_inodes,
            total_inodes=volume.total_inodes,
            read_only=volume.read_only,
            disks=self._board.disks(),
            damaged=tuple(sorted(path.name for path in self._state.glob(DAMAGED))),
            errors=volume.errors,
            makeshift=volume.makeshift,
            drives=self._known_drives(),
        )

    def plan(self, settings: Settings, observed: Storage) -> Plan:
        found = (
            data_missing.check(observed),
            read_only.check(observed),
            filesystem_errors.check(observed),
            *wear.check(observed),
            free_space.check(observed),
            settings_damaged.check(observed),
            *unknown_disk.check(observed),
        )
        findings = tuple(finding for finding in found if finding is not None)
        facts = {"free": gigabytes(observed.free), "total": gigabytes(observed.total)}
        worn = max((drive.worn for drive in observed.drives if drive.worn is not None), default=None)
        if worn is not None:
            facts["worn"] = f"{worn * 100:.0f} %"
        kept = [each.until for each in settings.erased if each.moved]
        if kept:
            facts["erased_until"] = kept[-1]
        level = worst(finding.level for finding in findings)
        sentence = f"{facts['free']} of {facts['total']} are free."
        if level in (Level.ATTENTION, Level.FAILING):
            sentence = next(each.sentence for each in findings if each.level is level)
        return Plan(Report(self.name, level, sentence, facts), findings)

    def apply(self, action: DeleteDamaged | Restart) -> None:
        if isinstance(action, Restart):
            self._board.power_restart()
            return
        for path in self._state.glob(DAMAGED):
            self._files.remove(path)

    def fix(self, key: str) -> DeleteDamaged | Restart | None:
        if key == RESTART.key:
            return Restart()
        return DeleteDamaged() if key == settings_damaged.DELETE.key else None

    def _known_drives(self) -> tuple[Drive, ...]:
        now = self._clock.monotonic()
        if now >= self._drives_due:
            self._drives, self._drives_due = self._host.drives(), now + self._drives_every
        return self._drives


def gigabytes(count: int) -> str:
    """In steps that don't change with every written file."""
    return f"{count / 1e9:.0f} GB" if count >= 10e9 else f"{count / 1e9:.1f} GB"
