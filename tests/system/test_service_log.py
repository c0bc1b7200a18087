# SPDX-License-Identifier: AGPL-3.0-or-later
from pathlib import Path

from appliance.system.clock import VirtualClock
from appliance.system.service_log import ServiceLog


def test_a_line_is_written_when_it_is_whole(tmp_path: Path) -> None:
    log = ServiceLog(tmp_path / "a.log", "a", VirtualClock())
    log.feed(b"one\ntw")
    assert [line.line for line in log.tail(5)] == ["one"]
    log.feed(b"o\n")
    assert [(line.at, line.service, line.line) for line in log.tail(1)] == [
        ("2026-01-01T00:00:00.000+00:00", "a", "two")
    ]


def test_never_grows_beyond_its_bounds(tmp_path: Path) -> None:
    log = ServiceLog(tmp_path / "a.log", "a", VirtualClock(), largest=2000)
    for number in range(500):
        log.note(f"line {number}")
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 4000
    assert {path.name for path in tmp_path.iterdir()} == {"a.log", "a.log.1"}
    assert [line.line for line in log.tail(60)][-60:] == [f"line {number}" for number in range(440, 500)]


def test_an_endless_line_and_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    log = ServiceLog(tmp_path / "a.log", "a", VirtualClock())
    for _ in range(50):
        log.feed(b"x" * 5000)
    log.feed(b"\xff\xfe\n")
    assert max(len(line.line) for line in log.tail(100)) <= 8192


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    log = ServiceLog(tmp_path / "missing" / "a.log", "a", VirtualClock())
    log.feed(b"line\n")
    assert log.tail(3) == []
