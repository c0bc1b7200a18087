# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each check: when it finds something, and that it says so in words a person can use."""

import dataclasses

import pytest

from appliance.board.model import Disk, Drive, Fan
from appliance.health.checks import (
    clock_untrusted,
    data_missing,
    fan,
    filesystem_errors,
    free_space,
    heat,
    load,
    memory,
    no_network,
    read_only,
    services,
    settings_damaged,
    throttling,
    undervoltage,
    unknown_disk,
    wear,
)
from appliance.health.checks.services import Services
from appliance.health.model import Health
from appliance.network.model import Network
from appliance.status import Level
from appliance.storage.model import Storage
from appliance.system.units import Unit, UnitState

HEALTH = Health(50.0, False, False, 300_000_000, 1_000_000_000, True)
STORAGE = Storage(20_000_000_000, 32_000_000_000, 1000, 2000, False)
SERVICES = Services({"fediverse": Unit(UnitState.RUNNING)}, True, True, 3, 0.0)
FAILED = {"fediverse": Unit(UnitState.FAILED)}


def each(function):
    return lambda observed: list(function(observed))


def one(function):
    return lambda observed: [found for found in [function(observed)] if found]


@pytest.mark.parametrize(
    ("check", "observed", "changes", "key", "level"),
    [
        (one(heat.check), HEALTH, {"temperature": 79.9}, None, None),
        (one(heat.check), HEALTH, {"temperature": 80.0}, "hot", Level.ATTENTION),
        (one(heat.check), HEALTH, {"temperature": 84.9}, "hot", Level.ATTENTION),
        (one(heat.check), HEALTH, {"temperature": 85.0}, "too-hot", Level.FAILING),
        (one(undervoltage.check), HEALTH, {}, None, None),
        (one(undervoltage.check), HEALTH, {"undervoltage": True}, "undervoltage", Level.ATTENTION),
        (one(undervoltage.check), HEALTH, {"undervoltage_since_boot": True}, "undervoltage-seen", Level.ATTENTION),
        (one(memory.check), HEALTH, {"memory_available": 50_000_000}, None, None),
        (one(memory.check), HEALTH, {"memory_available": 49_999_999}, "memory-low", Level.ATTENTION),
        (one(clock_untrusted.check), HEALTH, {}, None, None),
        (one(clock_untrusted.check), HEALTH, {"clock_trusted": False}, "clock-not-set", Level.WELL),
        (
            one(clock_untrusted.check),
            HEALTH,
            {"clock_trusted": False, "clock_waits": 1800.0},
            "clock-not-set",
            Level.ATTENTION,
        ),
        (one(free_space.check), STORAGE, {}, None, None),
        (one(free_space.check), STORAGE, {"free": 999_999_999}, "storage-low", Level.ATTENTION),
        (one(free_space.check), STORAGE, {"free": 199_999_999}, "storage-full", Level.FAILING),
        (one(free_space.check), STORAGE, {"free_inodes": 39}, "storage-many-files", Level.ATTENTION),
        (one(free_space.check), STORAGE, {"free_inodes": 0, "total_inodes": 0}, None, None),
        (one(read_only.check), STORAGE, {}, None, None),
        (one(read_only.check), STORAGE, {"read_only": True}, "storage-read-only", Level.FAILING),
        (one(data_missing.check), STORAGE, {}, None, None),
        (one(data_missing.check), STORAGE, {"makeshift": "It is damaged."}, "data-missing", Level.FAILING),
        (one(filesystem_errors.check), STORAGE, {}, None, None),
        (one(filesystem_errors.check), STORAGE, {"errors": 1}, "storage-errors", Level.ATTENTION),
        (one(filesystem_errors.check), STORAGE, {"errors": 70}, "storage-errors", Level.ATTENTION),
        (each(wear.check), STORAGE, {"drives": (Drive("mmcblk0", "Card"),)}, None, None),
        (each(wear.check), STORAGE, {"drives": (Drive("mmcblk0", "Card", 0.79),)}, None, None),
        (each(wear.check), STORAGE, {"drives": (Drive("sda", "SSD", 0.8),)}, "drive-old-sda", Level.ATTENTION),
        (each(wear.check), STORAGE, {"drives": (Drive("sda", "SSD", 1.1),)}, "drive-worn-sda", Level.FAILING),
        (each(wear.check), STORAGE, {"drives": (Drive("sda", "SSD", None, True),)}, "drive-failing-sda", Level.FAILING),
        (one(throttling.check), HEALTH, {}, None, None),
        (one(throttling.check), HEALTH, {"throttled": True}, "slowed-down", Level.ATTENTION),
        (one(throttling.check), HEALTH, {"throttled": True, "temperature": 82.0}, None, None),
        (one(throttling.check), HEALTH, {"throttled": True, "undervoltage": True}, None, None),
        (one(throttling.check), HEALTH, {"throttled_since_boot": True}, "slowed-down-before", Level.WELL),
        (one(load.check), HEALTH, {"load": 2.99}, None, None),
        (one(load.check), HEALTH, {"load": 3.0}, "busy", Level.ATTENTION),
        (one(fan.check), HEALTH, {}, None, None),
        (one(fan.check), HEALTH, {"fan": Fan(0, False)}, None, None),
        (one(fan.check), HEALTH, {"fan": Fan(3000, True)}, None, None),
        (one(fan.check), HEALTH, {"fan": Fan(0, True)}, "fan-stuck", Level.ATTENTION),
        (one(settings_damaged.check), STORAGE, {}, None, None),
        (one(settings_damaged.check), STORAGE, {"damaged": ("x.json",)}, "settings-damaged", Level.ATTENTION),
        (each(unknown_disk.check), STORAGE, {}, None, None),
        (
            each(unknown_disk.check),
            STORAGE,
            {"disks": (Disk("sdA 1", "Disk", 10**9),)},
            "unknown-disk-sda-1",
            Level.WELL,
        ),
        (one(no_network.check), Network("hearth", ()), {"addresses": ("192.0.2.1",)}, None, None),
        (one(no_network.check), Network("hearth", ()), {}, "no-network", Level.ATTENTION),
        (each(services.check), SERVICES, {}, None, None),
        (each(services.check), SERVICES, {"down_for": 90.0}, None, None),
        (each(services.check), SERVICES, {"down_for": 90.1}, "instance-down", Level.FAILING),
        (each(services.check), SERVICES, {"down_for": 0.1, "units": FAILED}, "instance-down", Level.FAILING),
    ],
)
def test_a_check_finds_what_it_should_and_nothing_else(check, observed, changes, key, level):
    found = check(dataclasses.replace(observed, **changes))
    assert [(each.key, each.level) for each in found] == ([(key, level)] if key else [])
    for finding in found:
        assert finding.sentence.endswith(".")
        assert finding.remedy.endswith(".")
