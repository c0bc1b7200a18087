# SPDX-License-Identifier: AGPL-3.0-or-later
"""The loop: one thread, no locks, and no handler's mistake stops it."""

import threading

import pytest

from appliance.errors import Unavailable
from appliance.supervisor.loop import Loop


@pytest.fixture
def loop():
    loop = Loop()
    thread = threading.Thread(target=lambda: loop.run(lambda: 1.0), daemon=True)
    thread.start()
    yield loop
    loop.stop()
    thread.join(5.0)
    assert not thread.is_alive()


def test_work_is_done_in_one_thread_and_answered(loop):
    names = {loop.ask(lambda: threading.current_thread().name) for _ in range(5)}
    assert len(names) == 1
    assert threading.current_thread().name not in names


def test_what_the_work_raises_the_asker_gets(loop):
    with pytest.raises(KeyError):
        loop.ask(lambda: {}["x"])
    assert loop.ask(lambda: 1) == 1


def test_told_work_that_fails_is_logged_and_forgotten(loop, caplog):
    loop.tell(lambda: 1 / 0)
    assert loop.ask(lambda: 1) == 1
    assert "ZeroDivisionError" in caplog.text


def test_an_asker_does_not_wait_for_ever_and_its_work_is_dropped(loop):
    go, done = threading.Event(), []
    loop.tell(go.wait)
    with pytest.raises(Unavailable):
        loop.ask(lambda: done.append(1), timeout=0.01)
    go.set()
    loop.ask(lambda: None)
    assert done == []


def test_a_tick_that_fails_does_not_stop_it():
    loop, ticks = Loop(), []

    def tick():
        ticks.append(1)
        if len(ticks) == 1:
            raise ValueError
        loop.stop()
        return 0.0

    loop.tell(lambda: None)
    loop.run(tick)
    assert len(ticks) == 2
