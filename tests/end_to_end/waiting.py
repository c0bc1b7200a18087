# SPDX-License-Identifier: AGPL-3.0-or-later
"""Waiting for what other processes do: asked again and again, for a bounded time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Hopeless(AssertionError):
    """What is waited for can't come any more."""


def eventually(what: str, probe: Callable[[], T], *, seconds: float = 20.0) -> T:
    """The first true answer of `probe`. Fails with `what` and the last answer or error when there is none in time."""
    deadline = time.monotonic() + seconds
    pause = 0.02
    while True:
        last: object
        try:
            answer = probe()
            if answer:
                return answer
            last = answer
        except Hopeless:
            raise
        except Exception as error:  # whatever it is, it may be gone on the next try
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds:g} s; at last: {last!r}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)
