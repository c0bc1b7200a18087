# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rings: fixed in size, peaks kept, gaps known as gaps, and nothing but our own form read back."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import BadInput
from appliance.health.history import UNKNOWN, Ring, Series, day, empty, keep, month, unpack
from appliance.parse import from_dict, to_dict

RING = Ring(10, 4)
HEAT = Series.TEMPERATURE


def heats(ring):
    return [None if value == UNKNOWN else value for value in ring.of(HEAT)]


def test_a_day_and_a_month_are_a_day_and_a_month():
    assert day().seconds * day().size == 24 * 3600
    assert month().seconds * month().size == 30 * 24 * 3600


def test_the_highest_of_a_stretch_stays():
    ring = RING.at(1000)
    for value in (40, 55, 41):
        ring = ring.with_peak({HEAT: value})
    assert heats(ring) == [None, None, None, 55]
    assert heats(ring.at(1009)) == [None, None, None, 55]
    assert heats(ring.at(1010).with_peak({HEAT: 30.6})) == [None, None, 55, 31]


def test_time_that_nobody_saw_is_unknown():
    ring = RING.at(1000).with_peak({HEAT: 40})
    assert heats(ring.at(1020).with_peak({HEAT: 50})) == [None, 40, None, 50]
    assert heats(ring.at(10**9)) == [None] * 4


def test_a_clock_that_was_set_back_loses_nothing():
    ring = RING.at(10**9).with_peak({HEAT: 40}).at(1000)
    assert heats(ring) == [None, None, None, 40]
    assert heats(ring.at(1010)) == [None, None, 40, None]


@pytest.mark.parametrize(("measured", "kept"), [(-20.0, 0), (0.4, 0), (254.0, 254), (999.0, 254)])
def test_what_does_not_fit_is_cut_to_what_does(measured, kept):
    assert RING.at(0).with_peak({HEAT: measured}).of(HEAT)[-1] == kept


@given(st.lists(st.tuples(st.floats(0, 1e10), st.floats(-1e3, 1e3)), max_size=20))
def test_whatever_happens_it_keeps_its_size(steps):
    history = empty()
    for moment, value in steps:
        history = history.note(moment, {HEAT: value})
    for ring, fresh in ((history.day, day()), (history.month, month())):
        assert all(len(ring.of(series)) == fresh.size for series in Series)
    assert unpack(from_dict(type(keep(history)), to_dict(keep(history)))) == unpack(keep(history))


def test_it_comes_back_as_it_was():
    history = empty().note(1_700_000_000, {HEAT: 41, Series.LOAD: 120})
    assert unpack(keep(history)) == history


@pytest.mark.parametrize(
    "change",
    [
        {"seconds": 1},
        {"end": -1},
        {"values": {"temperature": "AAAA"}},
        {"values": {"temperature": "no base64!"}},
        {"values": {"humidity": ""}},
    ],
)
def test_what_is_not_ours_is_refused(change):
    kept = keep(empty())
    with pytest.raises(BadInput):
        unpack(dataclasses.replace(kept, day=dataclasses.replace(kept.day, **change)))
