# SPDX-License-Identifier: AGPL-3.0-or-later
"""Talking with a child through its pipes: what it is given, and what it says, up to a limit and within a time."""

import contextlib
import os
import selectors
import subprocess
import time
from typing import IO

_CHUNK = 64 * 1024


class TooMuch(Exception):
    """The child said more than it may."""


def converse(process: "subprocess.Popen[bytes]", given: bytes, *, timeout: float, most: int) -> tuple[bytes, bytes]:
    """What the child wrote to its output and its errors, once it ended.

    `most` bytes are taken of both together: reading all of what never ends would take all memory first. Raises TooMuch,
    subprocess.TimeoutExpired; the child still runs then. All three pipes must be there.
    """
    deadline = time.monotonic() + timeout
    said: dict[IO[bytes], bytearray] = {}
    left = memoryview(given)
    with selectors.DefaultSelector() as selector:
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            said[pipe] = bytearray()
            selector.register(pipe, selectors.EVENT_READ)
        stdin = process.stdin
        assert stdin is not None
        os.set_blocking(stdin.fileno(), False)
        selector.register(stdin, selectors.EVENT_WRITE)
        while selector.get_map():
            for key, _ in selector.select(_left(process, timeout, deadline)):
                if key.fileobj is stdin:
                    left = _give(stdin, left)
                    if not left:
                        selector.unregister(stdin)
                        _close(stdin)
                    continue
                pipe = next(each for each in said if each is key.fileobj)
                chunk = os.read(pipe.fileno(), _CHUNK)
                said[pipe] += chunk
                if not chunk:
                    selector.unregister(pipe)
                elif sum(map(len, said.values())) > most:
                    raise TooMuch
    process.wait(_left(process, timeout, deadline))
    output, errors = said.values()
    return bytes(output), bytes(errors)


def _give(stdin: IO[bytes], left: memoryview) -> memoryview:
    """As much as it takes now; nothing is left for a child that does not listen."""
    try:
        return left[os.write(stdin.fileno(), left[:_CHUNK]) :] if left else left
    except BlockingIOError:
        return left
    except BrokenPipeError:
        return left[:0]


def _close(stdin: IO[bytes]) -> None:
    with contextlib.suppress(BrokenPipeError):
        stdin.close()


def _left(process: "subprocess.Popen[bytes]", timeout: float, deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise subprocess.TimeoutExpired(process.args, timeout)
    return seconds
