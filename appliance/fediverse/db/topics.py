# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a transaction has for the companion to do, told to it after the commit."""

from collections.abc import Iterable
from enum import Enum


class Topic(Enum):
    """The values are what the datagram says, a letter each."""

    NEWS = "n"  # anything new: told of every transaction that gave out an id
    DELIVERIES = "d"  # to other servers
    PUSH = "p"  # to members' phones and browsers
    MEDIA = "m"  # to be worked on
    SCHEDULED = "s"  # posts that wait for their time, polls for their end
    ERRANDS = "e"  # other servers to be asked
    CARDS = "c"  # links to be looked at


def written(topics: Iterable[Topic]) -> bytes:
    return "".join(sorted(topic.value for topic in topics)).encode()


def read(datagram: bytes) -> frozenset[Topic]:
    """What is no topic of ours is left out."""
    return frozenset(topic for topic in Topic if topic.value.encode() in datagram)
