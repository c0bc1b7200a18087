# SPDX-License-Identifier: AGPL-3.0-or-later
"""Box: a virtual box run as people run it, `hearth run` in a process of its own."""

import contextlib
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psutil
import urllib3

from tests.end_to_end.waiting import Hopeless, eventually

REPOSITORY = Path(__file__).resolve().parents[2]
PORTS = 4  # console, front panel, fediverse server, its streams
_FIRST_PORT = 10_800
_TAIL_LINES = 40
VIRTUAL_BOX = "virtual box"
_given: set[int] = set()  # a box that is not started yet does not hold its ports


def world_traversable_folder() -> Path:
    """Where services of three uids can find their state, and short enough for the paths of sockets."""
    folder = Path(tempfile.mkdtemp(prefix="hearth-", dir="/tmp"))
    folder.chmod(0o755)
    return folder


def free_ports() -> int:
    """The first of four neighbouring ports that nobody listens on, and that were not given out before."""
    for first in range(_FIRST_PORT, _FIRST_PORT + 1000, PORTS):
        if first not in _given and all(_free(port) for port in range(first, first + PORTS)):
            _given.add(first)
            return first
    raise AssertionError("no four neighbouring ports are free")


class Box:
    def __init__(self, name: str, *arguments: str, state: Path | None = None, port: int | None = None) -> None:
        self.name = name
        self.folder = state.parent if state else world_traversable_folder()
        self.state = state or self.folder / "state"
        self.port = port or free_ports()
        self._arguments = arguments
        self._output = self.folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.http = urllib3.PoolManager(timeout=10, retries=False)

    @property
    def console(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def panel(self) -> str:
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def instance(self) -> str:
        return f"http://127.0.0.1:{self.port + 2}"

    @property
    def host(self) -> str:
        """The part after @ in the handles of its members."""
        return f"127.0.0.1:{self.port + 2}"

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, *, wait: bool = True) -> "Box":
        argv = [sys.executable, "-m", "appliance", "run", "--state", str(self.state), "--port", str(self.port)]
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                [*argv, *self._arguments],
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if wait:
            self.wait_until_up()
        return self

    def wait_until_up(self, seconds: float = 60.0) -> None:
        """Until wizard or dashboard, the client API and the instance's admin socket answer."""
        for url in (f"{self.console}/", f"{self.instance}/api/v2/instance"):
            eventually(f"{self.name} answers at {url}", lambda url=url: self._answers(url), seconds=seconds)
        admin = self.runtime / "fediverse" / "admin.sock"
        eventually(f"{self.name} serves {admin}", admin.exists, seconds=seconds)

    def run_to_the_end(self, seconds: float = 30) -> tuple[int, str]:
        """For a start that must be refused: the exit code and everything that was printed."""
        self.start(wait=False)
        assert self._process is not None
        code = self._process.wait(timeout=seconds)
        printed = self._output.read_text()
        assert "Traceback" not in printed, printed
        return code, printed

    def stop(self) -> int:
        """Ctrl-C, as a person ends it; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(timeout=40)

    def kill(self) -> None:
        """What `kill -9` of `hearth run` does; nobody gets to tidy up."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=10)

    def dispose(self) -> None:
        """End it and remove all it left; for the end of a test, however that went."""
        if self.running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.stop()
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if self._process is not None and self.running:
            self._process.kill()
            self._process.wait(timeout=10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def processes(self) -> list[psutil.Process]:
        """Every process of this box, also those that outlived `hearth run`."""
        ours = f"HEARTH_STATE={self.state}"
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                environment = Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
                if process.pid == getattr(self._process, "pid", 0) or ours.encode() in environment:
                    found.append(process)
        return found

    def services(self) -> dict[str, list[psutil.Process]]:
        """The running processes by what they are, the one that started the others first.

        VIRTUAL_BOX is `hearth run` itself, with the front panel.
        """
        found: dict[str, list[psutil.Process]] = {}
        for process in sorted(self.processes(), key=lambda process: process.pid):
            with contextlib.suppress(psutil.NoSuchProcess):
                found.setdefault(_service(process), []).append(process)
        return found

    @property
    def runtime(self) -> Path:
        return (self.state / "run").resolve()

    def hearth(
        self, *arguments: str, check: bool = True, timeout: float = 60, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run `hearth ARGUMENTS` beside the running box, with its state."""
        done = subprocess.run(
            [sys.executable, "-m", "appliance", "--state", str(self.state), *arguments],
            cwd=REPOSITORY,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        if check:
            assert done.returncode == 0, f"hearth {' '.join(arguments)} failed: {done.stdout}{done.stderr}"
        return done

    def hearth_json(self, *arguments: str) -> Any:
        return json.loads(self.hearth("--json", *arguments).stdout)

    def status(self) -> Any:
        """The status document."""
        return self.hearth_json("status")

    def last_words(self) -> str:
        """The ends of everything it logged, for a failure's report."""
        parts = []
        logs = [self._output, *sorted(self.state.glob("log*/*")), *sorted(self.state.glob("**/*.log"))]
        for path in dict.fromkeys(logs):
            if path.is_file():
                lines = path.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
                parts.append(f"--- {path}\n" + "\n".join(lines))
        return "\n".join(parts)

    def get(self, url: str, **headers: str) -> urllib3.BaseHTTPResponse:
        return self.http.request("GET", url, headers=headers, redirect=False)

    def _answers(self, url: str) -> bool:
        if not self.running:
            raise Hopeless(f"{self.name} ended: {self._output.read_text()[-2000:]}")
        return self.get(url).status < 500


def _service(process: psutil.Process) -> str:
    """By its command line, or its parent's: gunicorn's workers are forks, and so is the companion, by its name."""
    while True:
        line = process.cmdline()
        if line[-2:-1] == ["service"]:
            return "companion" if process.name() == "companion" else line[-1]
        parent = process.parent()
        if parent is None or "run" in line:
            return VIRTUAL_BOX
        process = parent


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
