# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the button's edges mean, to the second."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.board.light import Light
from appliance.supervisor.button import Button, Edge, Gesture, stage, step


def play(*edges):
    """Edges with their times; the gestures that come of them."""
    button, gestures = Button(), []
    for edge, now in edges:
        button, gesture = step(button, edge, now)
        if gesture:
            gestures.append(gesture)
    return button, gestures


def held(seconds, start=100.0):
    return (Edge.DOWN, start), (Edge.UP, start + seconds)


@pytest.mark.parametrize(
    ("seconds", "gestures"),
    [
        (0.0, [Gesture.PRESS]),
        (4.999, [Gesture.PRESS]),
        (5.0, [Gesture.SHUTDOWN]),
        (15.0, [Gesture.SHUTDOWN]),
        (15.001, []),
        (59.0, []),
    ],
)
def test_how_long_it_is_held_decides(seconds, gestures):
    assert play(*held(seconds))[1] == gestures


@pytest.mark.parametrize(
    ("pause", "gestures"), [(0.1, [Gesture.RESET]), (10.0, [Gesture.RESET]), (10.1, [Gesture.PRESS])]
)
def test_a_reset_wants_a_second_press_within_ten_seconds(pause, gestures):
    assert play(*held(16.0), *held(1.0, 116.0 + pause))[1] == gestures


def test_holding_the_second_press_takes_the_reset_back():
    assert play(*held(16.0), *held(6.0, 118.0)) == (Button(), [])


def test_an_armed_reset_is_forgotten():
    button, _ = play(*held(16.0), (Edge.NONE, 127.0))
    assert button.idle


def test_repeated_edges_change_nothing():
    edges = [(Edge.DOWN, 100.0), (Edge.DOWN, 103.0), (Edge.DOWN, 106.0), (Edge.UP, 107.0), (Edge.UP, 107.1)]
    assert play(*edges)[1] == [Gesture.SHUTDOWN]


def test_an_up_without_a_down_means_nothing():
    assert play((Edge.UP, 100.0)) == (Button(), [])


def test_a_stuck_button_means_nothing_and_the_next_press_counts():
    assert play((Edge.DOWN, 100.0), (Edge.NONE, 161.0), (Edge.UP, 300.0), *held(1.0, 400.0))[1] == [Gesture.PRESS]


@pytest.mark.parametrize(
    ("seconds", "light"),
    [(4.9, None), (5.0, Light.HOLD_SHUTDOWN), (15.0, Light.HOLD_SHUTDOWN), (15.1, Light.HOLD_RESET)],
)
def test_the_light_shows_each_stage(seconds, light):
    assert stage(Button(since=100.0), 100.0 + seconds) is light


def test_the_light_asks_for_the_confirming_press():
    button, _ = play(*held(16.0))
    assert stage(button, 117.0) is Light.CONFIRM_RESET
    assert stage(button, 127.0) is None


@given(st.lists(st.tuples(st.sampled_from([Edge.UP, Edge.DOWN, Edge.NONE]), st.floats(0, 30)), max_size=60))
def test_nothing_resets_without_a_long_hold_and_a_press_soon_after(steps):
    button, now, downs, history = Button(), 0.0, None, []
    for edge, pause in steps:
        now += pause
        if edge is Edge.DOWN and downs is None:
            downs = now
        button, gesture = step(button, edge, now)
        if gesture is Gesture.RESET:
            assert any(length > 15.0 and now - end <= 10.0 + 5.0 for length, end in history)
        if edge is Edge.UP and downs is not None:
            history.append((now - downs, now))
            downs = None
        if button.since is None:
            downs = None
