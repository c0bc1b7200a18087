# SPDX-License-Identifier: AGPL-3.0-or-later
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.system.nudge import Nudge, NudgeListener


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[NudgeListener]:
    listener = NudgeListener(tmp_path / "nudge.sock")
    yield listener
    listener.close()


def test_a_nudge_wakes_whoever_waits(tmp_path: Path, listener: NudgeListener) -> None:
    assert not listener.drain()
    Nudge(tmp_path / "nudge.sock").send(b"d")
    assert select.select([listener], [], [], 5)[0]
    assert listener.drain() == b"d"
    assert listener.drain() == b""


def test_many_nudges_are_one(tmp_path: Path, listener: NudgeListener) -> None:
    """Nobody reads: the sender must not block, however full the queue is."""
    nudge = Nudge(tmp_path / "nudge.sock")
    nudge.send(b"p")
    for _ in range(2000):
        nudge.send(b"dn")
    assert listener.drain() == b"dnp"
    assert not listener.drain()


def test_nobody_listening_is_no_error(tmp_path: Path) -> None:
    Nudge(tmp_path / "nowhere.sock").send(b"n")


def test_a_socket_left_by_a_power_cut_is_replaced(tmp_path: Path) -> None:
    first = NudgeListener(tmp_path / "nudge.sock")
    second = NudgeListener(tmp_path / "nudge.sock")
    Nudge(tmp_path / "nudge.sock").send(b"n")
    assert second.drain() == b"n"
    first.close()
    second.close()


def test_only_our_own_user_may_nudge(tmp_path: Path, listener: NudgeListener) -> None:
    assert (tmp_path / "nudge.sock").stat().st_mode & 0o777 == 0o600
