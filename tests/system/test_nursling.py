# SPDX-License-Identifier: AGPL-3.0-or-later
"""A process that is forked from ours and kept alive. Each test plays in a process of its own, as forks copy all."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.waiting import eventually

_PARENT = """
import os, signal, sys, time
from pathlib import Path
from appliance.system import notify
from appliance.system.clock import SystemClock
from appliance.system.nursling import Nursling

folder = Path(sys.argv[1])

def serve():
    with (folder / "starts").open("a") as starts:
        starts.write(f"{os.getpid()} {os.getsid(0)}\\n")
    if sys.argv[2] == "broken":
        raise RuntimeError("I can't")
    if sys.argv[2] == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    notify.ready("as good as can be")
    while sys.argv[2] != "hung":
        notify.alive()
        time.sleep(0.05)
    time.sleep(600)

def let_go():
    (folder / "let go").touch()

stopped = []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
nursling = Nursling("child", serve, folder / "sock", SystemClock(), most_pause=0.2)
nursling.let_go.append(let_go)
while not stopped:
    nursling.tick()
    (folder / "state").write_text(f"{nursling.view.state.value} {nursling.view.status}")
    time.sleep(0.02)
nursling.stop()
nursling.end()
(folder / "state").write_text(nursling.view.state.value)
"""


class Parent:
    def __init__(self, folder: Path, how: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PARENT, str(folder), how],
            env={"PATH": os.environ["PATH"], "WATCHDOG_USEC": "1000000"},
            stderr=subprocess.PIPE,
        )

    @property
    def starts(self) -> list[int]:
        path = self.folder / "starts"
        return [int(line.split()[0]) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def state(self) -> str:
        path = self.folder / "state"
        return path.read_text() if path.exists() else ""

    def wait_for(self, state: str) -> None:
        eventually(f"it is {state}", lambda: self.state.startswith(state))

    def stop(self) -> str:
        self.process.terminate()
        _, said = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, said
        return said.decode()


@pytest.fixture
def parent(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Parent]:
    made = Parent(tmp_path, request.param)
    yield made
    if made.process.poll() is None:
        made.process.kill()
        made.process.communicate()


@pytest.mark.parametrize("parent", ["good"], indirect=True)
def test_it_says_when_it_is_ready_and_ends_when_told(parent: Parent) -> None:
    parent.wait_for("running as good as can be")
    (pid,) = parent.starts
    assert Path(f"/proc/{pid}/comm").read_text() == "child\n"
    assert os.getsid(pid) == pid
    assert (parent.folder / "let go").exists()
    parent.stop()
    assert parent.state == "stopped"
    assert not Path(f"/proc/{pid}").exists()
    assert not (parent.folder / "sock").exists()


@pytest.mark.parametrize("parent", ["good"], indirect=True)
def test_it_comes_back(parent: Parent) -> None:
    parent.wait_for("running")
    os.kill(parent.starts[0], signal.SIGKILL)
    eventually("another one", lambda: len(parent.starts) == 2)
    assert "child ended with signal SIGKILL" in parent.stop()


@pytest.mark.parametrize("parent", ["hung"], indirect=True)
def test_one_that_hangs_is_ended_and_begun_anew(parent: Parent) -> None:
    eventually("another one", lambda: len(parent.starts) >= 2)
    assert "gave no sign of life" in parent.stop()


@pytest.mark.parametrize("parent", ["broken"], indirect=True)
def test_one_that_fails_again_and_again_is_left_alone(parent: Parent) -> None:
    parent.wait_for("failed ended too often")
    assert len(parent.starts) == 8
    said = parent.stop()
    assert "RuntimeError: I can't" in said


@pytest.mark.parametrize("parent", ["deaf"], indirect=True)
def test_one_that_does_not_end_is_ended(parent: Parent) -> None:
    parent.wait_for("running")
    assert "had not stopped in time: killed" in parent.stop()


@pytest.mark.parametrize(("work", "succeeds"), [("pass", True), ("1/0", False), ("raise SystemExit(2)", False)])
def test_work_done_alone_says_whether_it_succeeded(work: str, succeeds: bool) -> None:
    program = f"""
from appliance.system.nursling import alone
def work():
    {work}
print(alone(work))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == f"{succeeds}\n"


def test_work_done_alone_ends_with_who_wanted_it(tmp_path: Path) -> None:
    program = f"""
import os, time
from pathlib import Path
from appliance.system.nursling import alone
def work():
    Path({str(tmp_path / "pid")!r}).write_text(str(os.getpid()))
    time.sleep(600)
alone(work)
"""
    parent = subprocess.Popen([sys.executable, "-c", program])
    eventually("it works", lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    parent.kill()
    parent.wait(20)
    pid = (tmp_path / "pid").read_text()
    eventually("it has ended", lambda: not Path(f"/proc/{pid}").exists())
