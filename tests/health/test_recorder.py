# SPDX-License-Identifier: AGPL-3.0-or-later
"""The record of the box's health: written seldom and small, there again after a restart, and never in the way."""

import errno

import pytest

from appliance.health.history import UNKNOWN, Series
from appliance.health.recorder import Recorder
from appliance.system.clock import VirtualClock
from appliance.system.files import VirtualFiles

HEAT = Series.TEMPERATURE


class CountingFiles(VirtualFiles):
    def __init__(self):
        super().__init__()
        self.written = 0

    def replace(self, path, data, *, mode=0o600):
        self.written += len(data)
        super().replace(path, data, mode=mode)


@pytest.fixture
def files():
    return CountingFiles()


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def start(tmp_path, files, clock):
    return lambda: Recorder(tmp_path / "health.json", files, clock)


def known(recorder):
    return [value for value in recorder.history.day.of(HEAT) if value != UNKNOWN]


def test_an_hour_costs_a_few_kilobytes(start, files, clock):
    recorder = start()
    for number in range(4 * 720):
        recorder.note(dict.fromkeys(Series, number % 100))
        clock.advance(5)
    assert 0 < files.written <= 4 * 4096


def test_it_survives_a_restart_with_the_time_between(start, clock):
    recorder = start()
    recorder.note({HEAT: 40})
    recorder.save()
    clock.advance(1800)
    recorder = start()
    recorder.note({HEAT: 50})
    assert recorder.history.day.of(HEAT)[-4:] == bytes([40, UNKNOWN, UNKNOWN, 50])


def test_without_the_right_time_it_goes_on_where_it_was(start, clock):
    recorder = start()
    recorder.note({HEAT: 40})
    recorder.save()
    clock.is_trusted = False
    clock.advance(-20 * 365 * 86400)
    recorder = start()
    clock.advance(600)
    recorder.note({HEAT: 50})
    assert recorder.history.day.of(HEAT)[-2:] == bytes([40, 50])


def test_a_full_disk_stops_nothing(start, files, clock):
    files.fail_with(errno.ENOSPC)
    recorder = start()
    clock.advance(3601)
    recorder.note({HEAT: 40})
    assert known(recorder) == [40]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"day": 1}', b"\xff" * 100, b"[" * 60000])
def test_a_damaged_file_starts_anew(start, tmp_path, content):
    (tmp_path / "health.json").write_bytes(content)
    assert known(start()) == []
