# SPDX-License-Identifier: AGPL-3.0-or-later
"""Typed commands between Hearth's own processes: one JSON line each way over a Unix socket.

Request `{"command": NAME, "arguments": {…}}`; answer `{"result": …}` or `{"error": {key, sentence, remedy}}`.
A command that streams answers with one `{"result": …}` line per item until either side closes.
The asker is known by its user id (SO_PEERCRED, unix(7)); sizes and times are limited on both sides.
"""

import contextlib
import json
import logging
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from appliance.errors import BadInput, HearthError, Refused, Unavailable
from appliance.parse import from_dict, json_object, to_dict

MAX_REQUEST = 64 * 1024
MAX_ANSWER = 4 * 1024 * 1024
REQUEST_SECONDS = 5.0
MAX_CONNECTIONS = 32

A = TypeVar("A")
log = logging.getLogger(__name__)

_NOBODY_LISTENS = (FileNotFoundError, ConnectionRefusedError)
_PAUSE = 0.25
_INTERNAL = HearthError("internal", "Something went wrong inside the box.", "It is in the log.", status=500)


@dataclass(frozen=True)
class NoArguments:
    """For commands that take none."""


@dataclass(frozen=True)
class Key:
    """For commands about one thing by its key; "" means all where a command says so."""

    key: str


@dataclass(frozen=True)
class KeyValue:
    key: str
    value: str


@dataclass(frozen=True)
class Peer:
    """Who asks, by the kernel's word."""

    pid: int
    uid: int
    gid: int


@dataclass(frozen=True)
class Command(Generic[A]):
    """A name, the dataclass its arguments are parsed into, and what to call with them.

    `handle` returns what `to_dict` understands, or an iterator of such to stream. `users` narrows who may ask.
    """

    name: str
    arguments: type[A]
    handle: Callable[[A], Any]
    users: frozenset[int] | None = None


class CommandServer:
    """Listens on `path` (mode 0660; its folder's setgid bit decides the group) and answers in threads."""

    def __init__(self, path: Path, commands: Collection[Command[Any]], *, users: Collection[int]) -> None:
        self._commands = {command.name: command for command in commands}
        self._users = frozenset(users)
        self._path = path
        self._slots = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._closing = threading.Event()
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self._socket.bind(os.fspath(path))
        path.chmod(0o660)
        self._socket.listen(MAX_CONNECTIONS)
        self._thread = threading.Thread(target=self._accept, name=f"commands {path.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            if not self._slots.acquire(blocking=False):
                # Whoever is gone already must not end the listening for all others.
                with contextlib.suppress(OSError), connection:
                    _send(connection, {"error": Unavailable("busy", "Too many are asking at once.").to_dict()})
                continue
            threading.Thread(target=self._serve, args=(connection,), name="command", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                connection.settimeout(REQUEST_SECONDS)
                self._answer(connection)
        except (OSError, TimeoutError):
            log.debug("a peer went away", exc_info=True)
        finally:
            self._slots.release()

    def _answer(self, connection: socket.socket) -> None:
        try:
            command, arguments = self._understand(connection)
            result = command.handle(arguments)
            if isinstance(result, Iterator):
                for item in result:
                    if self._closing.is_set() or _hung_up(connection):
                        return
                    _send(connection, {"result": to_dict(item)})
            else:
                _send(connection, {"result": to_dict(result)})
        except HearthError as error:
            _send(connection, {"error": error.to_dict()})
        except OSError:
            raise
        except Exception:
            log.exception("a command failed")
            _send(connection, {"error": _INTERNAL.to_dict()})

    def _understand(self, connection: socket.socket) -> tuple[Command[Any], Any]:
        peer = _peer(connection)
        if peer.uid not in self._users:
            raise Refused("not-allowed", "This user may not give commands here.", "Run it as root.")
        request = json_object(_read_line(connection, MAX_REQUEST, REQUEST_SECONDS))
        command = self._commands.get(str(request.get("command")))
        if command is None:
            raise BadInput("There is no such command.", "See `hearth --help`.", key="unknown-command")
        if command.users is not None and peer.uid not in command.users:
            raise Refused("not-allowed", "This user may not give this command.", "Run it as root.")
        return command, from_dict(command.arguments, request.get("arguments", {}))


class CommandClient:
    """Asks a CommandServer. `name` is what people call the part that answers, for error messages."""

    def __init__(self, path: Path, *, name: str) -> None:
        self._path = path
        self._name = name

    def ask(self, command: str, arguments: Any = None, *, timeout: float = 15.0, patience: float = 0.0) -> Any:
        """The result as plain JSON data. Whoever is only just starting has `patience` seconds until it must listen.

        Raises the HearthError that the other side raised, or Unavailable.
        """
        give_up = time.monotonic() + patience
        while True:
            try:
                with self._connect(command, arguments, timeout) as connection:
                    return self._result(connection, timeout)
            except Unavailable as error:
                if not isinstance(error.__cause__, _NOBODY_LISTENS) or time.monotonic() > give_up:
                    raise
            time.sleep(_PAUSE)

    def stream(self, command: str, arguments: Any = None, *, timeout: float = 60.0) -> Iterator[Any]:
        """Each result as it comes; ends when the other side closes. `timeout` is the longest silence."""
        with self._connect(command, arguments, timeout) as connection, connection.makefile("rb") as lines:
            while True:
                try:
                    line = lines.readline(MAX_ANSWER)
                except OSError as error:
                    raise self._unavailable() from error
                if not line:
                    return
                yield _unwrap(json_object(line))

    def _connect(self, command: str, arguments: Any, timeout: float) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        connection.settimeout(timeout)
        try:
            connection.connect(os.fspath(self._path))
            # Whoever refuses us may have said so and hung up before we spoke: its words can still be read.
            with contextlib.suppress(BrokenPipeError):
                _send(
                    connection,
                    {"command": command, "arguments": to_dict(arguments) if arguments is not None else {}},
                )
        except PermissionError as error:
            connection.close()
            raise Refused("not-allowed", f"You may not speak to {self._name}.", "Run it as root.") from error
        except OSError as error:
            connection.close()
            raise self._unavailable() from error
        return connection

    def _result(self, connection: socket.socket, timeout: float) -> Any:
        try:
            return _unwrap(json_object(_read_line(connection, MAX_ANSWER, timeout)))
        except (OSError, BadInput) as error:
            if isinstance(error, BadInput) and error.key != "not-json":
                raise
            raise self._unavailable() from error

    def _unavailable(self) -> Unavailable:
        return Unavailable("not-answering", f"{self._name[:1].upper()}{self._name[1:]} does not answer.")


def _peer(connection: socket.socket) -> Peer:
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return Peer(*struct.unpack("3i", raw))


def _read_line(connection: socket.socket, limit: int, seconds: float) -> bytes:
    """One line, its end not included. A peer that dribbles bytes meets the same time limit as a silent one."""
    collected = bytearray()
    connection.settimeout(seconds)
    timer = threading.Timer(seconds, _shut, (connection,))
    timer.daemon = True
    timer.start()
    try:
        while b"\n" not in collected:
            piece = connection.recv(65536)
            if not piece:
                break
            collected += piece
            if len(collected) > limit:
                raise BadInput("That is too long for a command.", key="too-long")
    finally:
        timer.cancel()
    return bytes(collected.partition(b"\n")[0])


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RD)


def _hung_up(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(REQUEST_SECONDS)


def _send(connection: socket.socket, message: dict[str, Any]) -> None:
    connection.sendall(json.dumps(message).encode() + b"\n")


def _unwrap(answer: dict[str, Any]) -> Any:
    if "error" in answer:
        error = answer["error"]
        raise HearthError(error["key"], error["sentence"], error["remedy"], status=error["status"])
    return answer.get("result")
