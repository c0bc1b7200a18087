# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import UTC, datetime

import pytest

from appliance.fediverse.services.search_query import MAX_TERMS, Has, Is, Place, Search, parse
from appliance.system.clock import milliseconds


def _day(day: int) -> int:
    return milliseconds(datetime(2026, 1, day, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Search()),
        ("tea +milk -sugar", Search(words=(("tea", True), ("milk", True), ("sugar", False)))),
        ('"hot tea" -"cold tea"', Search(words=(("hot tea", True), ("cold tea", False)))),
        ('"left open', Search(words=(("left open", True),))),
        ("from:@Anna@Far.example", Search(authors=(("anna@far.example", True),))),
        ("-from:me has:media -has:poll", Search(authors=(("me", False),), has=((Has.MEDIA, True), (Has.POLL, False)))),
        ("has:image has:embed has:fun", Search(has=((Has.MEDIA, True), (Has.LINK, True)))),
        ("is:reply is:odd language:DE", Search(is_=((Is.REPLY, True),), languages=(("de", True),))),
        ("in:library", Search(place=Place.LIBRARY)),
        ("in:nowhere", Search()),
        ("after:2026-01-01 before:2026-01-09", Search(since=_day(2), until=_day(9))),
        ('during:"2026-01-03"', Search(since=_day(3), until=_day(4))),
        (
            "before:9999-12-30 after:0000 before:9999-12-31",
            Search(until=milliseconds(datetime(9999, 12, 30, tzinfo=UTC))),
        ),
        ("note:this", Search(words=(("note this", True),))),
        ("!!! ??? - + _", Search()),
    ],
)
def test_queries_are_read(text: str, expected: Search) -> None:
    assert parse(text) == expected


def test_there_is_an_end_to_words() -> None:
    assert len(parse("word " * 100).words) == MAX_TERMS
