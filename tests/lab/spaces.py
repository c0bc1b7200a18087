# SPDX-License-Identifier: AGPL-3.0-or-later
"""Namespaces: networks of this process, the processes in them, and their end."""

import contextlib
import ctypes
import itertools
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_NETNS = Path("/run/netns")
_ETC = Path("/etc/netns")
_CLONE_NEWNET = 0x40000000
_SECONDS = 30
_NAME = re.compile(r"lab([0-9]+)-[0-9]+-[a-z0-9-]+")


def ip(*arguments: str) -> None:
    command(["ip", *arguments])


def command(argv: Sequence[str | Path], given: str | None = None, seconds: float = _SECONDS) -> str:
    """A child to its end; what it wrote. Its words are part of the failure when it fails."""
    done = subprocess.run(
        [*argv], input=given, capture_output=True, text=True, timeout=seconds, check=False, env=_environment({})
    )
    assert done.returncode == 0, f"{' '.join(map(str, argv))}: {done.stdout}{done.stderr}"
    return done.stdout


class Namespace:
    """One host of the lab; `address` and `address6` are those that others know it by."""

    def __init__(self, name: str, kind: str, logs: Path) -> None:
        self.name = name
        self.kind = kind
        self.address = ""
        self.address6: str | None = None
        self._logs = logs
        self._running: list[subprocess.Popen[bytes]] = []
        self._etc = _ETC / name

    def set_up(self) -> None:
        self._etc.mkdir(parents=True)
        # `ip netns exec` lays them over those of /etc: what is a mount keeps what is written into it in place.
        (self._etc / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
        self.resolvers()
        ip("netns", "add", self.name)
        self.ip("link", "set", "lo", "up")

    def ip(self, *arguments: str) -> None:
        ip("-n", self.name, *arguments)

    def nft(self, rules: str) -> None:
        command([*self.enter, "nft", "-f", "-"], rules)

    def setting(self, name: str, value: str) -> None:
        """One of /proc/sys, "net.ipv4.ip_forward"."""
        with self.inside():
            Path("/proc/sys", *name.split(".")).write_text(value)

    def give(self, interface: str, other: "Namespace") -> None:
        """The end of a cable is plugged in there, and comes up."""
        self.ip("link", "set", interface, "netns", other.name)
        other.ip("link", "set", interface, "up")

    def resolvers(self, *addresses: str) -> None:
        """Whom its programs ask about names; those that run hear of it."""
        options = "options timeout:2 attempts:2\n"
        (self._etc / "resolv.conf").write_text("".join(f"nameserver {address}\n" for address in addresses) + options)

    def trust(self, root: Path) -> None:
        """Make the certificates of this authority, and no others, good in here."""
        folder = self._etc / "ssl" / "certs"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(root, folder / "ca-certificates.crt")

    @property
    def enter(self) -> list[str]:
        return ["ip", "netns", "exec", self.name]

    def run(self, argv: Sequence[str | Path], given: str | None = None, seconds: float = _SECONDS) -> str:
        return command([*self.enter, *argv], given, seconds)

    def start(
        self, name: str, argv: Sequence[str | Path], environment: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        """A process in here for as long as the world is there, or until `end`. It logs to `<kind>-<name>.log`."""
        with (self._logs / f"{self.kind}-{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [*self.enter, *argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(environment or {}),
                start_new_session=True,
            )
        self._running.append(process)
        return process

    def end(self, process: "subprocess.Popen[bytes]", number: int = signal.SIGTERM, seconds: float = 5.0) -> None:
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)
        self._running.remove(process)

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """What this thread opens meanwhile it opens in here; a socket stays where it was made."""
        own = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open(_NETNS / self.name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _move(there)
            try:
                yield
            finally:
                _move(own)
        finally:
            os.close(there)
            os.close(own)

    def remove(self) -> None:
        """End all that is in here, then the namespace. Never raises for what is already gone."""
        for process in [*self._running]:
            if process.poll() is None:
                with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                    self.end(process)
        for pid in self._pids():
            with contextlib.suppress(ProcessLookupError, ValueError):
                os.kill(int(pid), signal.SIGKILL)
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True, timeout=_SECONDS)
        shutil.rmtree(self._etc, ignore_errors=True)

    def _pids(self) -> list[str]:
        listed = subprocess.run(
            ["ip", "netns", "pids", self.name], check=False, capture_output=True, text=True, timeout=_SECONDS
        )
        return listed.stdout.split()


class Spaces:
    """Makes namespaces that no other process makes, and removes them all together."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._made: list[Namespace] = []
        self._numbers = itertools.count(1)
        _remove_left_behind()

    def new(self, kind: str) -> Namespace:
        # Worlds of one process may overlap.
        name = next(name for name in self._names(kind) if not (_ETC / name).exists())
        space = Namespace(name, kind, self._logs)
        self._made.append(space)
        space.set_up()
        return space

    def drop(self, space: Namespace) -> None:
        """One that is no longer needed."""
        self._made.remove(space)
        space.remove()

    def remove(self) -> None:
        while self._made:
            self._made.pop().remove()

    def _names(self, kind: str) -> Iterator[str]:
        return (f"lab{os.getpid()}-{number}-{kind}" for number in self._numbers)


def _remove_left_behind() -> None:
    """What a process that was killed could not remove."""
    for folder in _ETC.glob("lab*") if _ETC.exists() else ():
        match = _NAME.fullmatch(folder.name)
        if match and not Path("/proc", match[1]).exists():
            Namespace(folder.name, "", folder).remove()


def cable(one: Namespace, its_name: str, other: Namespace, other_name: str) -> None:
    """Two interfaces, one at each end; both are up afterwards."""
    ip("link", "add", its_name, "netns", one.name, "type", "veth", "peer", other_name, "netns", other.name)
    one.ip("link", "set", its_name, "up")
    other.ip("link", "set", other_name, "up")


def _move(descriptor: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin", "LANG": "C.UTF-8", "HOME": "/nonexistent"} | dict(more)
