# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is there room for what members write? Files can run out as bytes can."""

from appliance.status import Level
from appliance.storage.model import Storage
from appliance.supervisor.issues import Finding

LITTLE, NONE = 1_000_000_000, 200_000_000
LITTLE_INODES = 0.02


def check(storage: Storage) -> Finding | None:
    remedy = "Delete what is not needed, or use a larger card."
    if storage.free < NONE:
        return Finding("storage-full", Level.FAILING, "The box has no room left.", remedy)
    if storage.free < LITTLE:
        return Finding("storage-low", Level.ATTENTION, "The box has little room left.", remedy)
    if storage.total_inodes and storage.free_inodes < storage.total_inodes * LITTLE_INODES:
        return Finding("storage-many-files", Level.ATTENTION, "The box can hold few more files.", remedy)
    return None
