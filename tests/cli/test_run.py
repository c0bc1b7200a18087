# SPDX-License-Identifier: AGPL-3.0-or-later
"""`hearth run` as a person uses it: the real box, from the first line to the last process."""

import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"Claim code\s+([A-Z0-9]{4}-[A-Z0-9]{4})")
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else or mount")


class Run:
    """One `hearth run`, and what it said."""

    def __init__(self, state: Path, port: int, *more: str) -> None:
        self.state, self.port, self.said = state, port, ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "appliance", "run", "--state", str(state), "--port", str(port), *more],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
        )

    def until(self, words: str, seconds: float = 50.0) -> None:
        assert self.process.stdout
        give_up = time.monotonic() + seconds
        while words not in self.said:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, give_up - time.monotonic()))
            data = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            assert data, f"it did not say {words!r} but:\n{self.said}"
            self.said += data.decode()

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=40)
        self.said += rest.decode()
        return self.process.returncode

    def look(self) -> dict[str, Any]:
        return json.loads(self.get("/look"))

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port + 1}{path}", timeout=10) as answer:
            return answer.read().decode()

    def do(self, action: str, **fields: str) -> None:
        token = re.search(r'name="csrf" value="([^"]+)"', self.get("/"))
        assert token
        body = "&".join(f"{key}={value}" for key, value in {"csrf": token[1], **fields}.items()).encode()
        url = f"http://127.0.0.1:{self.port + 1}/do/{action}"
        asking = urllib.request.Request(url, body, {"Accept": "application/json"})
        with urllib.request.urlopen(asking, timeout=30) as answer:
            assert answer.status == 200

    def processes(self) -> dict[int, str]:
        """Every process of this box, by its environment: pid to state letter."""
        found = {}
        mark = f"HEARTH_STATE={self.state}\0".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (folder / "environ").read_bytes():
                    found[int(folder.name)] = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        return {pid: letter for pid, letter in found.items() if letter not in "ZX"}


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as made:
        yield made


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """Under /tmp and open to all, so that root's box keeps its three users apart."""
    folder = Path(tempfile.mkdtemp(prefix="hearth-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    for link in folder.glob("*/run"):
        # What was killed could not clean up after itself.
        shutil.rmtree(link.readlink(), ignore_errors=True)
    shutil.rmtree(folder)


def start(state: Path, *more: str) -> Run:
    return Run(state, free_port(), *more)


def free_port() -> int:
    for port in range(10600 + os.getpid() % 200, 12600, 3):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for number in range(port, port + 3):
                stack.enter_context(socket.create_server(("127.0.0.1", number)))
            return port
    raise AssertionError("no ports are free")


@pytest.fixture
def box(folder: Path) -> Iterator[Run]:
    """A box of the test's own, to be stopped or killed."""
    with started(folder) as run:
        yield run


@pytest.fixture(scope="module")
def shared() -> Iterator[Run]:
    """One box for all tests that leave it running as it was."""
    with open_folder() as folder, started(folder) as run:
        yield run


@contextlib.contextmanager
def started(folder: Path) -> Iterator[Run]:
    run = start(folder / "state")
    try:
        run.until("Ctrl-C stops everything.")
        yield run
    finally:
        run.process.kill()
        run.process.communicate()


def until(fact: Callable[[], object], seconds: float = 30.0) -> None:
    give_up = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < give_up, "it did not come true"
        time.sleep(0.05)


@pytest.mark.slow
def test_starts_shows_the_way_in_and_stops_cleanly(box: Run) -> None:
    for words in (f":{box.port}/", f":{box.port + 1}/", f":{box.port + 2}/", "supervisor running"):
        assert words in box.said
    assert CODE.search(box.said)
    runtime = Path(os.readlink(box.state / "run"))
    assert runtime.is_dir()
    assert len(str(runtime)) < 60
    assert box.end(signal.SIGINT) == 0
    assert "Stopped. Everything is kept." in box.said
    assert box.processes() == {}
    assert not runtime.exists()
    assert not (box.state / "run").is_symlink()


@pytest.mark.slow
def test_kill_9_takes_everything_along_and_the_next_start_works(box: Run) -> None:
    assert len(box.processes()) >= 2
    box.end(signal.SIGKILL)
    until(lambda: box.processes() == {}, 5.0)
    runtime = Path(os.readlink(box.state / "run"))
    assert runtime.exists()
    again = Run(box.state, box.port)
    try:
        again.until("Ctrl-C stops everything.")
        assert not runtime.exists()
        assert CODE.findall(again.said) == CODE.findall(box.said)
        assert again.end() == 0
    finally:
        again.process.kill()
        again.process.communicate()


@pytest.mark.slow
def test_power_cut_and_return_by_the_panel(shared: Run) -> None:
    before = set(shared.processes())
    shared.do("pull")
    look = shared.look()
    assert (look["powered"], look["light"], look["services"]) == (False, "off", [])
    until(lambda: shared.processes() == {}, 5.0)
    shared.do("plug")
    until(lambda: shared.look()["light"] == "unclaimed")
    assert not before & set(shared.processes())
    assert all(service["restarts"] == 0 for service in shared.look()["services"])


@pytest.mark.slow
def test_a_gesture_on_the_panel_reaches_the_supervisor(box: Run) -> None:
    until(lambda: box.look()["light"] == "unclaimed")
    box.do("hold", seconds="7")
    until(lambda: box.look()["light"] == "hold-shutdown")
    until(lambda: not box.look()["powered"])
    assert box.look()["cable"]
    assert box.processes() == {}
    assert box.process.poll() is None


@pytest.mark.slow
def test_a_crashed_service_comes_back(shared: Run) -> None:
    def supervisor() -> dict[str, Any]:
        return next(each for each in shared.look()["services"] if each["name"] == "supervisor")

    os.kill(supervisor()["pid"], signal.SIGKILL)
    until(lambda: supervisor()["restarts"] == 1 and supervisor()["state"] == "running")


@pytest.mark.slow
def test_a_second_run_on_the_same_state_is_refused(shared: Run) -> None:
    second = start(shared.state)
    said, _ = second.process.communicate(timeout=20)
    assert second.process.returncode == 1
    assert "Another Hearth is already running with the state in" in said.decode()
    assert "--state" in said.decode()
    assert Path(os.readlink(shared.state / "run")).is_dir()


@root_only
@pytest.mark.slow
def test_root_s_box_keeps_three_users_apart(shared: Run) -> None:
    users = {}
    urllib.request.urlopen(f"http://127.0.0.1:{shared.port}/", timeout=20).close()
    for service in shared.look()["services"]:
        users[service["name"]] = Path(f"/proc/{service['pid']}").stat().st_uid
    assert users["supervisor"] == 0
    assert len(set(users.values())) == 3
    for secret in ("secrets", "fediverse", "card", "logs"):
        done = subprocess.run(
            ["setpriv", "--reuid", str(users["console"]), "--clear-groups", "ls", shared.state / secret],
            capture_output=True,
            timeout=10,
            check=False,
        )
        assert b"Permission denied" in done.stderr, secret


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_taken_port_is_one_clear_sentence(folder: Path, which: int) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port + which)):
        run = Run(folder / "state", port)
        said, _ = run.process.communicate(timeout=30)
    assert run.process.returncode == 1
    assert len(said.decode().splitlines()) == 1
    assert f"Port {port + which} is taken" in said.decode()
    assert "--port" in said.decode()


@root_only
def test_a_full_disk_is_one_clear_sentence(folder: Path) -> None:
    state = folder / "state"
    state.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", state], check=False, timeout=10)
    if mounted.returncode:
        pytest.skip("this machine does not let root mount")
    try:
        (state / "filler").write_bytes(b"x" * (900 * 1024))
        run = start(state)
        said, _ = run.process.communicate(timeout=30)
    finally:
        subprocess.run(["umount", state], check=True, timeout=10)
    assert run.process.returncode == 1
    assert len(said.decode().splitlines()) == 1
    assert "too little room" in said.decode()
    assert "--state" in said.decode()


@root_only
def test_an_unwritable_folder_is_one_clear_sentence(folder: Path) -> None:
    command = ["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups", sys.executable, "-m", "appliance"]
    done = subprocess.run(
        [*command, "run", "--state", folder / "state", "--port", str(free_port())],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "could not be written" in done.stderr


@root_only
@pytest.mark.slow
def test_runs_without_root(folder: Path) -> None:
    state = folder / "state"
    state.mkdir()
    os.chown(state, 12345, 12345)
    command = ["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups", sys.executable, "-m", "appliance"]
    process = subprocess.Popen(
        [*command, "run", "--state", state, "--port", str(free_port())],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout
        for line in process.stdout:
            if b"Ctrl-C" in line:
                break
        else:
            raise AssertionError("it did not start")
    finally:
        process.terminate()
        process.communicate(timeout=40)
    assert process.returncode == 0


@pytest.mark.parametrize(
    "arguments", [["--port", "0"], ["--port", "65534"], ["--port", "x"], ["--listen", "nonsense"], ["--bogus"]]
)
def test_wrong_arguments_are_explained(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "appliance", "run", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert arguments[0] in done.stderr
