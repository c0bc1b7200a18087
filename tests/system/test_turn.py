# SPDX-License-Identifier: AGPL-3.0-or-later
"""One at a time, among threads and among processes."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from appliance.system.turn import Turn

_HOLD = """
import sys
from pathlib import Path
from appliance.system.turn import Turn
with Turn(Path(sys.argv[1])).take(10):
    print("mine", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def held_by_another_process(path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-c", _HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"mine\n"
        yield other
        other.kill()


def test_threads_pass_one_at_a_time(tmp_path: Path) -> None:
    turn = Turn(tmp_path / "turn")
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(200):
            with turn.take(30):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_turn_that_another_process_keeps_is_waited_for_and_given_up(tmp_path: Path) -> None:
    turn = Turn(tmp_path / "turn")
    with held_by_another_process(tmp_path / "turn") as other:
        with pytest.raises(TimeoutError), turn.take(0.05):
            pass
        assert other.stdin is not None
        other.stdin.write(b"\n")
        other.stdin.flush()
        with turn.take(30):
            pass


def test_a_killed_holder_holds_nobody_up(tmp_path: Path) -> None:
    with held_by_another_process(tmp_path / "turn") as other:
        other.kill()
        with Turn(tmp_path / "turn").take(30):
            pass


def test_an_error_inside_gives_the_turn_back(tmp_path: Path) -> None:
    turn = Turn(tmp_path / "turn")
    with pytest.raises(ZeroDivisionError), turn.take(1):
        raise ZeroDivisionError
    with turn.take(1):
        pass
