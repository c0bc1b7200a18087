# SPDX-License-Identifier: AGPL-3.0-or-later
"""What time it is."""

from datetime import UTC, datetime

from appliance.system.clock import SystemClock, VirtualClock, from_milliseconds, milliseconds


def test_the_virtual_clock_moves_only_when_told():
    clock = VirtualClock()
    assert clock.now() == clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
    clock.sleep(60)
    assert clock.now() == datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
    assert clock.monotonic() == 1060.0


def test_a_corrected_clock_steps_back_and_monotonic_time_does_not():
    clock = VirtualClock()
    clock.advance(-3600)
    assert clock.now().year == 2025
    assert clock.monotonic() == 1000.0


def test_the_real_clock_is_aware_and_goes_on():
    clock = SystemClock(assume_trusted=True)
    before = clock.monotonic()
    clock.sleep(0)
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() >= before
    assert clock.trusted()


def test_milliseconds_there_and_back():
    moment = datetime(2026, 1, 1, 12, 30, 15, 250_000, tzinfo=UTC)
    assert from_milliseconds(milliseconds(moment)) == moment
