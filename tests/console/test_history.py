# SPDX-License-Identifier: AGPL-3.0-or-later
"""The past in drawings: paths that fit their box, gaps, and the same in words."""

import re

import pytest

from appliance.console.history import HEIGHT, rows
from appliance.errors import Unavailable
from appliance.health.history import Series, empty

NOW = 1_790_000_000


def noted(*measurements, history=None):
    history = history or empty()
    for number, measured in enumerate(measurements):
        if measured is not None:
            history = history.note(NOW + number * 600, measured)
    return history


def row(history, name):
    return next(each for each in rows(history) if each.name == name)


def heights(path):
    return [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", path)]


def test_nothing_is_known_of_a_new_box():
    for each in rows(empty()):
        for drawing in (each.day, each.month):
            assert drawing.words == "not measured yet"
            assert (drawing.line, drawing.gone, drawing.marks) == ("", (), ())


def test_a_curve_goes_up_with_what_it_measures_and_stays_in_its_box():
    drawing = row(noted(*({Series.TEMPERATURE: heat} for heat in (10, 40, 85, 120))), "Heat").day
    found = heights(drawing.line)
    assert found == sorted(found, reverse=True)
    assert all(0 < each < HEIGHT for each in found)
    assert drawing.words == "10 to 120 °C"
    assert found[0] > drawing.limit > found[-1]


def test_what_nobody_measured_is_a_gap_in_the_line():
    drawing = row(noted({Series.MEMORY: 50}, None, None, {Series.MEMORY: 50}), "Memory in use").day
    assert drawing.line.count("M") == drawing.area.count("Z") == 2
    assert drawing.gone == ((141, 2),)
    assert drawing.words == "50 %"


@pytest.mark.parametrize(
    ("weak", "words", "marks"),
    [
        ((0, 0, 0), "always strong enough", 0),
        ((0, 1, 0), "too weak once", 1),
        ((1, 1, 0), "too weak once", 1),
        ((1, 0, 1), "too weak twice", 2),
        ((1, None, 1), "too weak twice", 2),
    ],
)
def test_moments_are_counted(weak, words, marks):
    measured = (None if each is None else {Series.WEAK_POWER: each} for each in weak)
    drawing = row(noted(*measured), "Power supply").day
    assert (drawing.words, len(drawing.marks)) == (words, marks)


def test_the_dashboard_shows_it(browser, supervisor):
    supervisor.history = noted({Series.TEMPERATURE: 41}, {Series.TEMPERATURE: 63})
    browser.set_up(supervisor)
    page = browser.get("/").text
    assert "41 to 63 °C" in page
    assert page.count('<svg class="past__drawing"') == 12
    assert "style=" not in page


def test_the_dashboard_does_without(browser, supervisor, monkeypatch):
    browser.set_up(supervisor)

    def fail():
        raise Unavailable("busy", "The box is busy.")

    monkeypatch.setattr(supervisor, "health_history", fail)
    page = browser.get("/")
    assert page.status_code == 200
    assert "not measured yet" in page.text
