# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runner: child processes, by argument lists, with an explicit PATH, a timeout and no inherited secrets."""

import contextlib
import os
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from appliance.errors import HearthError
from appliance.secret import Secret
from appliance.system.pipes import TooMuch, converse

MOST_SAID = 16 * 1024 * 1024  # of what a child says; none that is trusted says as much
ANSWER_BYTES = 64 * 1024  # what a pipe holds (pipe(7))
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
Argument = str | Secret


@dataclass(frozen=True)
class Completed:
    """How a child ended: its exit code (negative: killed by that signal) and what it wrote."""

    code: int
    output: bytes
    errors: bytes


class Child(Protocol):
    """A child that goes on running beside us."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        ...

    def wait(self, timeout: float) -> int | None:
        """Wait at most `timeout` seconds; None if it still runs."""
        ...

    def signal_group(self, number: int) -> None:
        """Send a signal to the child and all its descendants; no error if they are gone."""
        ...


class Runner(Protocol):
    def run(
        self,
        argv: Sequence[Argument],
        *,
        timeout: float,
        stdin: bytes = b"",
        check: bool = True,
        environment: Mapping[str, Secret] | None = None,
    ) -> Completed:
        """Run to the end; `environment` is what the program takes as secrets there.

        Raises HearthError command-failed, also where it says more than 16 MB, command-missing or command-timeout.
        """
        ...

    def question(self, argv: Sequence[Argument], *, timeout: float, stdin: bytes = b"") -> Completed:
        """Run a child that is not trusted: it ends in time, and of what it writes only the first 64 kB are ever read.

        Raises HearthError command-missing or command-timeout. `stdin` must be short.
        """
        ...

    def spawn(
        self,
        argv: Sequence[Argument],
        *,
        environment: Mapping[str, str],
        output: Path,
        pass_fds: Sequence[int] = (),
        folder: Path | None = None,
    ) -> Child:
        """Start a child in a process group of its own; what it writes is appended to `output`."""
        ...


class SystemRunner:
    def run(
        self,
        argv: Sequence[Argument],
        *,
        timeout: float,
        stdin: bytes = b"",
        check: bool = True,
        environment: Mapping[str, Secret] | None = None,
    ) -> Completed:
        plain, shown = _reveal(argv), _show(argv)
        secrets = {name: secret.reveal() for name, secret in (environment or {}).items()}
        try:
            code, output, errors = _run(plain, {"PATH": PATH, "LC_ALL": "C.UTF-8", **secrets}, stdin, timeout)
        except FileNotFoundError:
            raise HearthError("command-missing", f"{plain[0]} is not installed.", "Install it.", status=500) from None
        except TooMuch:
            sentence = f"This says more than {MOST_SAID // 1024 // 1024} MB: {shown}"
            raise HearthError("command-failed", sentence, "Try it by hand.", status=500) from None
        except subprocess.TimeoutExpired:
            raise HearthError(
                "command-timeout",
                f"This took longer than {timeout:g} s: {shown}",
                "Try it by hand.",
                status=504,
            ) from None
        if check and code != 0:
            last = errors.decode(errors="replace").strip().splitlines()[-1:]
            raise HearthError(
                "command-failed",
                f"This failed with code {code}: {shown} {' '.join(last)}".strip(),
                "Try it by hand.",
                status=500,
            )
        return Completed(code, output, errors)

    def question(self, argv: Sequence[Argument], *, timeout: float, stdin: bytes = b"") -> Completed:
        # Nobody empties the pipe while the child runs: one that writes more than fits waits there for its end.
        try:
            process = subprocess.Popen(  # noqa: S603 - argument lists only, no shell
                _reveal(argv),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"PATH": PATH, "LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )
        except FileNotFoundError:
            raise HearthError("command-missing", f"{argv[0]} is not installed.", "Install it.", status=500) from None
        with process:
            output, given = process.stdout, process.stdin
            assert output is not None
            assert given is not None
            try:
                with contextlib.suppress(BrokenPipeError):
                    given.write(stdin)
                    given.close()
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise HearthError("command-timeout", f"This took longer than {timeout:g} s.", status=504) from None
            os.set_blocking(output.fileno(), False)
            return Completed(process.returncode, output.read(ANSWER_BYTES) or b"", b"")

    def spawn(
        self,
        argv: Sequence[Argument],
        *,
        environment: Mapping[str, str],
        output: Path,
        pass_fds: Sequence[int] = (),
        folder: Path | None = None,
    ) -> Child:
        with output.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - argument lists only, no shell
                _reveal(argv),
                env={"PATH": PATH, "LC_ALL": "C.UTF-8", **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=pass_fds,
                cwd=folder,
                start_new_session=True,
            )
        return _SystemChild(process)


class _SystemChild:
    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.poll()

    def wait(self, timeout: float) -> int | None:
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def signal_group(self, number: int) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return


class VirtualRunner:
    """Runs nothing: answers from a table, remembers what it was asked, and fails for what it does not know."""

    def __init__(self, answers: Mapping[tuple[str, ...], Completed] | None = None) -> None:
        self.answers = dict(answers or {})
        self.asked: list[str] = []

    def run(
        self,
        argv: Sequence[Argument],
        *,
        timeout: float,
        stdin: bytes = b"",
        check: bool = True,
        environment: Mapping[str, Secret] | None = None,
    ) -> Completed:
        self.asked.append(_show(argv))
        answer = self.answers.get(tuple(_reveal(argv)))
        if answer is None:
            raise HearthError("command-missing", f"{_show(argv[:1])} is not installed.", "Install it.", status=500)
        if check and answer.code != 0:
            raise HearthError("command-failed", f"This failed with code {answer.code}: {_show(argv)}", status=500)
        return answer

    def question(self, argv: Sequence[Argument], *, timeout: float, stdin: bytes = b"") -> Completed:
        return self.run(argv, timeout=timeout, stdin=stdin, check=False)

    def spawn(
        self,
        argv: Sequence[Argument],
        *,
        environment: Mapping[str, str],
        output: Path,
        pass_fds: Sequence[int] = (),
        folder: Path | None = None,
    ) -> Child:
        self.asked.append(_show(argv))
        return VirtualChild()


class VirtualChild:
    """A child that runs until it is signalled."""

    pid = 1

    def __init__(self) -> None:
        self.code: int | None = None

    def poll(self) -> int | None:
        return self.code

    def wait(self, timeout: float) -> int | None:
        return self.code

    def signal_group(self, number: int) -> None:
        if self.code is None:
            self.code = 0 if number == signal.SIGTERM else -number


def _run(argv: Sequence[str], environment: Mapping[str, str], given: bytes, timeout: float) -> tuple[int, bytes, bytes]:
    """Raises FileNotFoundError, TooMuch, subprocess.TimeoutExpired; the child is gone then."""
    process = subprocess.Popen(  # noqa: S603 - argument lists only, no shell
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    with process:
        try:
            output, errors = converse(process, given, timeout=timeout, most=MOST_SAID)
        except BaseException:
            process.kill()
            raise
        return process.returncode, output, errors


def _reveal(argv: Sequence[Argument]) -> list[str]:
    return [part.reveal() if isinstance(part, Secret) else part for part in argv]


def _show(argv: Sequence[Argument]) -> str:
    """The command as it can be pasted into a shell, secrets left out."""
    return shlex.join("****" if isinstance(part, Secret) else part for part in argv)
