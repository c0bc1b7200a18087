# SPDX-License-Identifier: AGPL-3.0-or-later
"""When which certificate is asked for. Pure.

Authorities keep those out for days who ask in vain too often. So nobody is asked before everything is known to be
right; a try-out authority comes first; and a failure is followed by a pause, each longer than the one before.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from appliance.internet.model import Certificate, Stage, Way

PAUSES = tuple(timedelta(minutes=each) for each in (5, 15, 60, 6 * 60, 24 * 60))
# Who could not be reached at all has counted nothing.
PAUSE_UNREACHED = timedelta(seconds=20)
# Browsers are told to come by HTTPS alone only when that has proved itself: they keep to it for a year.
PROBATION = timedelta(days=7)


@dataclass(frozen=True)
class Wish:
    """What the web server is to do: ask this authority for the name's certificate, or none. `by_tls`: let it look at
    port 443 alone, as a gateway passes nothing else through."""

    name: str
    stage: Stage
    strict: bool = False
    by_tls: bool = False


@dataclass(frozen=True)
class Memory:
    """What must survive a power cut: failures in a row, the last one and when it was, and since when there is a good
    certificate."""

    name: str = ""
    failures: int = 0
    failed: datetime | None = None
    error: str = ""
    since: datetime | None = None

    @property
    def again(self) -> datetime | None:
        if self.failed is None:
            return None
        return self.failed + (PAUSES[min(self.failures, len(PAUSES)) - 1] if self.failures else PAUSE_UNREACHED)


def wish(name: str, way: Way, *, clear: bool) -> Wish | None:
    """What is to be changed now, None for nothing. `clear`: nothing stands between the internet and the box's name."""
    there = way.certificate
    if not way.clock_trusted:
        return None
    stage = _stage(there, way.now, clear=clear)
    strict = stage is Stage.REAL and there.since is not None and way.now - there.since >= PROBATION
    by_tls = way.goal is not None and way.goal.gateway is not None
    if (stage, strict, by_tls) == (there.asked, there.strict, there.by_tls):
        return None
    return Wish(name, stage, strict, by_tls)


def _stage(there: Certificate, now: datetime, *, clear: bool) -> Stage:
    if there.stage is Stage.REAL:
        return Stage.REAL  # and renewed by the web server, whatever happens
    if there.asked is not Stage.NONE:
        if there.error:
            return Stage.NONE
        if there.trying:
            return there.asked  # what was begun is let come to its end
    if not clear or (there.again is not None and now < there.again):
        return Stage.NONE
    return Stage.REAL if there.stage is Stage.STAGING else Stage.STAGING


def remember(memory: Memory, name: str, there: Certificate, now: datetime) -> Memory:
    """Memory after a look. An error counts once: what failed is not asked for any more until the pause is over."""
    if memory.name != name:
        memory = Memory(name)
    if there.stage is Stage.REAL:
        return replace(memory, failures=0, failed=None, error="", since=memory.since or now)
    if there.error and there.asked is not Stage.NONE and (memory.again is None or now >= memory.again):
        failures = memory.failures + (0 if _unreached(there.error) else 1)
        return replace(memory, failures=failures, failed=now, error=there.error)
    return memory


def _unreached(error: str) -> bool:
    """Whether Caddy got no answer from the authority: an answer's reason has a kind (RFC 8555, section 6.7)."""
    return "performing request" in error and "urn:ietf:params:acme:error" not in error
