# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is signed, and what a signature says, whichever form it has."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from appliance.errors import Refused

MAX_AGE = timedelta(hours=12)
MAX_AHEAD = timedelta(hours=1)
MAX_HEADER = 4096


class Form(enum.Enum):
    """The values are stored: which form a host understands."""

    CAVAGE = "cavage"
    RFC9421 = "rfc9421"


class BadSignature(Refused):
    """The request does not prove who sent it."""

    def __init__(self, sentence: str) -> None:
        super().__init__("bad-signature", sentence, "Sign the request anew.", status=401)


@dataclass(frozen=True)
class Message:
    """What is signed of a request. `target` is path and query as sent; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Signature:
    """Read from a request and found in order, except that nobody has yet compared it with the key: `value` must be
    the key's signature of `text`."""

    form: Form
    key_id: str
    value: bytes
    text: bytes


def check_age(moment: datetime, now: datetime, expires: int | None) -> None:
    """Raises BadSignature."""
    if moment < now - MAX_AGE or moment > now + MAX_AHEAD:
        raise BadSignature("The signature is too old, or from the future.")
    if expires is not None and expires < now.timestamp():
        raise BadSignature("The signature has expired.")


def from_seconds(seconds: int) -> datetime:
    """Raises BadSignature."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadSignature("The signature is too old, or from the future.") from None
