# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeper: a thread that looks through one door again and again, and does there what was planned.

So a slow router keeps no name server waiting, and nobody waits for any of them: what they said last is at hand.
"""

import logging
import math
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from appliance.errors import HearthError
from appliance.internet.goal import Ask
from appliance.internet.part import Part
from appliance.system.clock import Clock

# What was done, or refused, is not done again for so long, as the next look may still show the world of before.
PATIENCE = 20.0

log = logging.getLogger(__name__)


class Keeper:
    def __init__(self, part: Part, clock: Clock, changed: Callable[[], None], *, latest: float = math.inf) -> None:
        """`changed` is called, in the keeper's thread, when something else is seen than before. `latest` is the longest
        time in seconds between two looks, where looking costs nobody anything."""
        self.part = part
        self._clock = clock
        self._changed = changed
        self._latest = latest
        self._news = threading.Condition()
        self._ask: Ask | None = None
        self._seen: Any = None
        self._actions: list[Any] = []
        self._tried: dict[Any, float] = {}  # until when not to try it again
        self._hurried = True
        self._let_go = False
        self._look_at = 0.0
        self._called = False  # for a look, and none has begun since
        self._stopping = False
        self._thread: threading.Thread | None = None

    @property
    def seen(self) -> Any:
        """What the last look found; None before the first one and after one that failed."""
        with self._news:
            return self._seen

    def ask(self, ask: Ask | None) -> None:
        """What to look at from now on; None for nothing at all, and then what is held is let go."""
        with self._news:
            if ask != self._ask:
                # Another home or another name: what was seen before says nothing of it.
                self._let_go = self._ask is not None and ask is None
                self._ask, self._seen, self._actions = ask, None, []
                self._look_now()

    def hurry(self, hurry: bool) -> None:
        """Whether something is broken somewhere, so that it may change at any moment."""
        with self._news:
            if hurry and not self._hurried:
                self._look_at = min(self._look_at, self._clock.monotonic() + self.part.pace.quick)
                self._news.notify()
            self._hurried = hurry

    def look_now(self) -> None:
        with self._news:
            self._look_now()

    def do(self, action: Any) -> None:
        """Soon; once, however often it is planned meanwhile."""
        with self._news:
            now = self._clock.monotonic()
            self._tried = {each: until for each, until in self._tried.items() if until > now}
            if action not in self._tried:
                self._tried[action] = now + PATIENCE
                self._actions.append(action)
                self._news.notify()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=f"internet {self.part.field}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Tell it to end, which takes as long as what it is at."""
        with self._news:
            self._stopping = True
            self._news.notify()

    def join(self, seconds: float) -> None:
        """Wait until it has given back what it holds; not for ever, as the power may be about to go."""
        if self._thread is not None:
            self._thread.join(seconds)

    def turn(self) -> None:
        """Do what was asked for, then look if it is time to."""
        with self._news:
            actions, self._actions = self._actions, []
            let_go, self._let_go = self._let_go, False
        if let_go:
            self._attempt(self.part.close, "let go of")
        for action in actions:
            self._attempt(partial(self.part.apply, action), "act on")
        with self._news:
            ask, now = self._ask, self._clock.monotonic()
            due = ask is not None and (bool(actions) or now >= self._look_at)
        if ask is not None and due:
            self._look(ask)

    def _run(self) -> None:
        while self._wait():
            self.turn()
        if self._ask is not None or self._let_go:  # else nobody was asked for anything
            self._attempt(self.part.close, "close")

    def _wait(self) -> bool:
        """Until there is something to do. False when it is to end."""
        with self._news:
            while not (self._stopping or self._actions or self._let_go):
                left = self._look_at - self._clock.monotonic()
                if self._ask is not None and left <= 0:
                    break
                self._news.wait(None if self._ask is None else left)
            return not self._stopping

    def _look(self, ask: Ask) -> None:
        found: list[Any] = []
        with self._news:
            self._called = False
        self._attempt(lambda: found.append(self.part.look(ask)), "look at")
        with self._news:
            pace = self.part.pace
            seconds = pace.quick if self._hurried or not found else pace.calm
            # Whoever called while it was looking may have been shown the world of before.
            self._look_at = self._clock.monotonic() + (0.0 if self._called else min(seconds, self._latest))
            if ask != self._ask:  # somebody wanted something else meanwhile
                return
            before, self._seen = self._seen, found[0] if found else None
            different = before != self._seen
        if different:
            self._changed()

    def _look_now(self) -> None:
        self._look_at = self._clock.monotonic()
        self._called = True
        self._tried.clear()
        self._news.notify()

    def _attempt(self, what: Callable[[], object], verb: str) -> None:
        try:
            what()
        except HearthError as error:
            log.info("could not %s %s: %s", verb, self.part.field, error)
        except Exception:
            # A mistake of ours in one part must not silence it, nor the others.
            log.exception("could not %s %s", verb, self.part.field)
