# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an attempt to deliver came to, and what follows from it. Pure, but for the jitter that is passed in."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

from appliance.fediverse.activitypub.signatures import Form
from appliance.system.exchange import Response
from appliance.system.guard import NetError

FIRST_SECONDS = 60.0
LONGEST_SECONDS = 12 * 3600.0
JITTER = 0.2
# Refusals that time may mend; every other 4xx says that this one will never be taken.
_MAY_PASS = frozenset({401, 403, 408, 429})
# Trouble of the whole server, which would meet its other deliveries too.
_WHOLE_HOST = frozenset({408, 429, 502, 503, 504})


class Outcome(Enum):
    DONE = "done"
    DROPPED = "dropped"  # this one will never be taken
    GONE = "gone"  # the inbox is no more
    RETRY = "retry"  # later, with those of the same author to this host behind it
    HOST_DOWN = "host-down"  # later, with everything for this host


@dataclass(frozen=True)
class Verdict:
    """`seconds` until the next attempt; `error` is for the log and the row, never longer than a line."""

    outcome: Outcome
    seconds: float = 0.0
    error: str = ""
    form: Form | None = None  # the signature that the host has shown to understand


def judge(result: Response | NetError, attempts: int, now: datetime, jitter: float) -> Verdict:
    """`attempts` made before this one; `jitter` from -1 to 1."""
    if isinstance(result, NetError):
        return Verdict(Outcome.HOST_DOWN, delay(attempts, jitter), result.sentence[:200])
    error = f"answered {result.status}"
    if result.ok:
        return Verdict(Outcome.DONE)
    if result.status == 410:
        return Verdict(Outcome.GONE, error=error)
    if 400 <= result.status < 500 and result.status not in _MAY_PASS:
        return Verdict(Outcome.DROPPED, error=error)
    seconds = max(delay(attempts, jitter), _retry_after(result, now))
    return Verdict(Outcome.HOST_DOWN if result.status in _WHOLE_HOST else Outcome.RETRY, seconds, error)


def delay(attempts: int, jitter: float) -> float:
    """Twice as long each time, with some chance in it so that not all senders come back at once."""
    return min(FIRST_SECONDS * 2.0 ** min(attempts, 20), LONGEST_SECONDS) * (1 + JITTER * jitter)


def _retry_after(response: Response, now: datetime) -> float:
    """Seconds or a date (RFC 9110, 10.2.3); within reason."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - now).total_seconds()), LONGEST_SECONDS)
