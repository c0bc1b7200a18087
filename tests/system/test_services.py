# SPDX-License-Identifier: AGPL-3.0-or-later
import contextlib
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from appliance.errors import BadInput
from appliance.system.clock import SystemClock
from appliance.system.files import SystemFiles
from appliance.system.launch import Launch
from appliance.system.runner import Argument, Child, SystemRunner
from appliance.system.service import ServiceState, State
from appliance.system.services import ServiceManager
from appliance.system.unit_files import SocketUnit, Units, in_order, parse_service

_FAKE = Path(__file__).with_name("fake_service.py")
_BEHAVED = "Restart=always\nRestartSec=100ms\nTimeoutStartSec=20\nTimeoutStopSec=10"


class Box:
    """A manager of fake services in a folder that other users reach."""

    def __init__(self, folder: Path, users: dict[str, int]) -> None:
        self.folder = folder
        self.users = users
        self.manager: ServiceManager | None = None
        self.port = 0

    runner = SystemRunner()

    def start(
        self, *services: tuple[str, str, str], activated: str = "", environment: dict[str, str] | None = None
    ) -> ServiceManager:
        """Each service is (name, lines for [Unit], lines for [Service])."""
        units = []
        for name, unit, service in services:
            command = f"Type=notify\nExecStart=/usr/bin/hearth service {name}"
            text = f"[Unit]\n{unit}\n[Service]\n{command}\n{_BEHAVED}\n{service}"
            units.append(parse_service(f"hearth-{name}", text))
        listeners = {}
        if activated:
            listener = socket.create_server(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
            listeners[f"hearth-{activated}"] = listener
        launch = Launch(
            hearth=(sys.executable, str(_FAKE)),
            state=self.folder,
            runtime=self.folder,
            users=self.users,
            environment=environment or {},
        )
        sockets = tuple(SocketUnit(name, "127.0.0.1:1", 8) for name in listeners)
        self.manager = ServiceManager(
            Units(in_order(units), sockets),
            launch,
            self.runner,
            SystemFiles(),
            SystemClock(),
            logs=self.folder,
            listeners=listeners,
        )
        self.manager.start()
        return self.manager

    def state(self, name: str) -> ServiceState:
        assert self.manager
        return next(state for state in self.manager.states() if state.name == name)

    def read(self, name: str) -> str:
        path = self.folder / name
        return path.read_text() if path.exists() else ""

    def log(self, name: str) -> str:
        return self.read(f"{name}.log")


@pytest.fixture
def box() -> Iterator[Box]:
    with tempfile.TemporaryDirectory(prefix="hearth-test-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o777)
        made = Box(folder, {})
        yield made
        if made.manager:
            made.manager.kill()


def until(fact: Callable[[], object], seconds: float = 20.0) -> None:
    give_up = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < give_up, "it did not come true"
        time.sleep(0.02)


def running(box: Box, *names: str) -> bool:
    return all(box.state(name).state is State.RUNNING for name in names)


def alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def test_starts_in_order_and_stops_in_reverse(box: Box) -> None:
    manager = box.start(("good-b", "After=hearth-good-a.service", ""), ("good-a", "", ""))
    until(lambda: running(box, "good-a", "good-b"))
    assert manager.stop()
    assert [state.state for state in manager.states()] == [State.STOPPED, State.STOPPED]
    assert box.read("stopped").split() == ["good-b", "good-a"]


def test_does_not_start_before_what_it_requires_is_ready(box: Box) -> None:
    box.start(("late-a", "", ""), ("good-b", "Requires=hearth-late-a.service\nAfter=hearth-late-a.service", ""))
    until(lambda: box.read("late-a.starts"))
    assert box.state("late-a").state is State.STARTING
    assert box.state("good-b").state is State.QUEUED
    assert not box.read("good-b.starts")


def test_knows_status_and_pid(box: Box) -> None:
    box.start(("good-a", "", ""))
    until(lambda: running(box, "good-a"))
    state = box.state("good-a")
    assert state.status == "as good as can be"
    assert str(state.pid) == box.read("good-a.starts").strip()


def test_starts_again_after_a_crash_of_the_main_process(box: Box) -> None:
    box.start(("good-a", "", "Environment=ANSWER=42"))
    until(lambda: running(box, "good-a"))
    first = box.state("good-a").pid
    assert first
    os.kill(first, signal.SIGKILL)
    until(lambda: box.state("good-a").restarts == 1 and running(box, "good-a"))
    assert box.state("good-a").pid != first
    assert "ended with signal SIGKILL" in box.log("good-a")
    assert "ANSWER" in box.log("good-a")


def test_leaves_no_descendant_of_a_crashed_service(box: Box) -> None:
    box.start(("family-a", "", "Restart=no"))
    until(lambda: running(box, "family-a"))
    grandchild = int(box.read("grandchild"))
    pid = box.state("family-a").pid
    assert pid
    assert alive(grandchild)
    os.kill(pid, signal.SIGKILL)
    until(lambda: not alive(grandchild))


def test_kills_what_gives_no_sign_of_life(box: Box) -> None:
    box.start(("hung-a", "", "WatchdogSec=300ms"), ("good-b", "", "WatchdogSec=2"))
    until(lambda: box.state("hung-a").restarts >= 1)
    assert "no sign of life" in box.log("hung-a")
    assert box.state("good-b").restarts == 0


def test_kills_what_does_not_stop(box: Box) -> None:
    manager = box.start(("deaf-a", "", "TimeoutStopSec=300ms"))
    until(lambda: running(box, "deaf-a"))
    pid = box.state("deaf-a").pid
    assert pid
    assert manager.stop()
    assert not alive(pid)
    assert "had not stopped in time" in box.log("deaf-a")


def test_kills_what_is_never_ready(box: Box) -> None:
    box.start(("late-a", "", "TimeoutStartSec=300ms\nRestart=no"))
    until(lambda: box.state("late-a").state is State.FAILED)
    assert "was not ready in time" in box.log("late-a")


def test_gives_up_after_the_start_limit_and_can_be_told_to_try_again(box: Box) -> None:
    manager = box.start(("broken-a", "StartLimitIntervalSec=60\nStartLimitBurst=3", "RestartSec=10ms"))
    until(lambda: box.state("broken-a").state is State.FAILED)
    assert len(box.read("broken-a.starts").split()) == 3
    assert "I can't" in box.log("broken-a")
    manager.start_one("broken-a")
    assert len(box.read("broken-a.starts").split()) > 3


def test_believes_only_the_service_itself(box: Box) -> None:
    box.start(("impostor-a", "", ""))
    until(lambda: box.read("lied") or (box.folder / "lied").exists())
    assert box.state("impostor-a").state is State.STARTING


def test_power_cut_takes_everything_at_once(box: Box) -> None:
    manager = box.start(("deaf-a", "", ""), ("family-b", "", ""), ("good-c", "", ""))
    until(lambda: running(box, "deaf-a", "family-b", "good-c"))
    pids = [state.pid for state in manager.states()] + [int(box.read("grandchild"))]
    manager.kill()
    until(lambda: not any(alive(pid) for pid in pids if pid), 2.0)
    assert not box.read("stopped")
    assert {state.state for state in manager.states()} == {State.STOPPED}


def test_starts_at_the_first_connection_and_loses_none(box: Box) -> None:
    box.start(("called-a", "", "Restart=on-failure"), activated="called-a")
    until(lambda: box.state("called-a").state is State.LISTENING)
    assert not box.read("called-a.starts")
    answers: list[bytes] = []

    def call() -> None:
        for _ in range(4):
            with socket.create_connection(("127.0.0.1", box.port), timeout=30) as connection:
                answers.append(connection.recv(100))

    callers = [threading.Thread(target=call) for _ in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(answers) == 12
    assert all(answers)
    until(lambda: box.state("called-a").state is State.LISTENING)
    # Three connections each: it went away and was woken four times, and that is no failure.
    assert len(box.read("called-a.starts").split()) == 4
    assert box.state("called-a").restarts == 0


def test_closes_the_socket_when_the_power_goes(box: Box) -> None:
    manager = box.start(("called-a", "", ""), activated="called-a")
    manager.kill()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", box.port), timeout=5)


def test_hands_over_credentials_and_waits_for_them(box: Box) -> None:
    box.start(("good-a", "", "LoadCredential=key:/var/lib/hearth/secrets/the-key\nRestartSec=50ms"))
    until(lambda: "There is no" in box.log("good-a"))
    (box.folder / "secrets").mkdir()
    (box.folder / "secrets" / "the-key").write_text("opensesame")
    until(lambda: running(box, "good-a"))
    assert "credential opensesame" in box.log("good-a")
    assert (box.folder / "credentials" / "hearth-good-a" / "key").stat().st_mode & 0o777 == 0o400


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_runs_as_the_unit_s_user_when_root(box: Box) -> None:
    box.users = {"hearth-fediverse": 862}
    box.start(("good-a", "", "User=hearth-fediverse"), ("good-b", "", ""))
    until(lambda: running(box, "good-a", "good-b"))
    pid = box.state("good-a").pid
    assert pid
    status = Path(f"/proc/{pid}/status").read_text()
    assert "Uid:\t862\t862\t862\t862" in status
    assert "Gid:\t862\t862\t862\t862" in status
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "Groups:\t \n" in status
    other = box.state("good-b").pid
    assert other
    assert "Uid:\t0\t0" in Path(f"/proc/{other}/status").read_text()


def test_passes_nothing_of_our_own_environment_on(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET", "x")
    box.start(("good-a", "", ""), environment={"HEARTH_VIRTUAL": "1"})
    until(lambda: running(box, "good-a"))
    assert "AWS_SECRET" not in box.log("good-a")
    assert "HEARTH_VIRTUAL" in box.log("good-a")


def test_restarts_stops_and_starts_one(box: Box) -> None:
    manager = box.start(("good-a", "", ""), ("good-b", "", ""))
    until(lambda: running(box, "good-a", "good-b"))
    other = box.state("good-b").pid
    manager.restart_one("good-a")
    until(lambda: running(box, "good-a"))
    assert len(box.read("good-a.starts").split()) == 2
    manager.stop_one("good-a")
    assert box.state("good-a").state is State.STOPPED
    manager.start_one("good-a")
    until(lambda: running(box, "good-a"))
    assert box.state("good-b").pid == other
    with pytest.raises(BadInput):
        manager.restart_one("nonsense")


def test_logs_are_merged_by_time_and_can_be_asked_for_one(box: Box) -> None:
    manager = box.start(("good-a", "", ""), ("good-b", "", ""))
    until(lambda: running(box, "good-a", "good-b") and "environment" in box.log("good-b"))
    lines = manager.logs(lines=50)
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    assert {line.service for line in lines} == {"good-a", "good-b"}
    assert next(line.line for line in manager.logs("good-a", 10)) == "hello from a"
    with pytest.raises(BadInput):
        manager.logs("../../etc/passwd")


def test_a_command_that_is_missing_stops_that_service_alone(box: Box) -> None:
    class NoSetpriv(SystemRunner):
        def spawn(self, argv: Sequence[Argument], **more: Any) -> Child:
            if argv[-1] == "good-b":
                raise FileNotFoundError(2, "No such file or directory", "setpriv")
            return super().spawn(argv, **more)

    box.runner = NoSetpriv()
    box.start(("good-a", "", ""), ("good-b", "", "Restart=no"))
    until(lambda: running(box, "good-a"))
    until(lambda: box.state("good-b").state is State.FAILED)
    assert "setpriv" in box.log("good-b")
