# SPDX-License-Identifier: AGPL-3.0-or-later
"""What somebody typed into the search field: words, "phrases", and operators such as from:anna or -has:media."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum

from appliance.system.clock import milliseconds

MAX_TERMS = 20
_TOKEN = re.compile(
    r'(?P<sign>[+-]?)(?:(?P<name>[a-z]{2,8}):(?P<value>"[^"]*"|\S+)|"(?P<phrase>[^"]*)"?|(?P<word>\S+))'
)
_HAS_WORD = re.compile(r"[^\W_]")
_DAY = timedelta(days=1)


class Has(Enum):
    MEDIA = "media"
    POLL = "poll"
    LINK = "link"


class Is(Enum):
    REPLY = "reply"
    SENSITIVE = "sensitive"


class Place(Enum):
    """Where to look: everywhere, in what concerns the searcher, or in what its authors offer to everybody."""

    ALL = "all"
    LIBRARY = "library"
    PUBLIC = "public"


@dataclass(frozen=True)
class Search:
    """`words` may be phrases. Pairs of a value and a bool: false means that it must not be so.

    `authors` are handles, "me" included; moments are milliseconds since 1970.
    """

    words: tuple[tuple[str, bool], ...] = ()
    authors: tuple[tuple[str, bool], ...] = ()
    has: tuple[tuple[Has, bool], ...] = ()
    is_: tuple[tuple[Is, bool], ...] = ()
    languages: tuple[tuple[str, bool], ...] = ()
    since: int | None = None
    until: int | None = None
    place: Place = Place.ALL

    @property
    def is_empty(self) -> bool:
        return self == Search(place=self.place)


@dataclass
class _Found:
    words: list[tuple[str, bool]] = field(default_factory=list)
    authors: list[tuple[str, bool]] = field(default_factory=list)
    has: list[tuple[Has, bool]] = field(default_factory=list)
    is_: list[tuple[Is, bool]] = field(default_factory=list)
    languages: list[tuple[str, bool]] = field(default_factory=list)
    since: int | None = None
    until: int | None = None
    place: Place = Place.ALL


def parse(text: str) -> Search:
    """What is no operator is a word, and what makes no sense after one is left out."""
    found = _Found()
    for match in list(_TOKEN.finditer(text))[:MAX_TERMS]:
        wanted = match["sign"] != "-"
        name, value = match["name"], (match["value"] or "").strip('"')
        if name is None or not _understood(found, name, value, wanted):
            word = (match["phrase"] or match["word"] or f"{name or ''} {value}").strip()
            if _HAS_WORD.search(word):
                found.words.append((word, wanted))
    return Search(
        tuple(found.words),
        tuple(found.authors),
        tuple(found.has),
        tuple(found.is_),
        tuple(found.languages),
        found.since,
        found.until,
        found.place,
    )


def _understood(found: _Found, name: str, value: str, wanted: bool) -> bool:
    """Whether it was an operator; a wrong value is left out."""
    match name:
        case "from":
            found.authors.append((value.removeprefix("@").lower(), wanted))
        case "has":
            value = {"image": "media", "video": "media", "audio": "media", "embed": "link"}.get(value, value)
            if value in [each.value for each in Has]:
                found.has.append((Has(value), wanted))
        case "is":
            if value in [each.value for each in Is]:
                found.is_.append((Is(value), wanted))
        case "language":
            found.languages.append((value.lower(), wanted))
        case "in":
            if value in [each.value for each in Place]:
                found.place = Place(value)
        case "before" | "after" | "during":
            _limit(found, name, value)
        case _:
            return False
    return True


def _limit(found: _Found, name: str, value: str) -> None:
    try:
        day = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
        start, end = milliseconds(day), milliseconds(day + _DAY)
    except (ValueError, OverflowError):
        return
    if name == "before":
        found.until = start
    elif name == "after":
        found.since = end
    else:
        found.since, found.until = start, end
