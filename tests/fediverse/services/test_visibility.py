# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import dataclass

import pytest

from appliance.fediverse.db.database import Database
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import blocks, boosts, follows, statuses
from appliance.fediverse.services.statuses import Draft
from appliance.fediverse.services.visibility import may_see
from appliance.fediverse.urls import Urls
from tests.fediverse.conftest import Person


@dataclass
class Cast:
    author: int
    follower: int
    mentioned: int


@pytest.fixture
def cast(anna: Person, bob: Person, carol: Person, database: Database, urls: Urls) -> Cast:
    with database.write() as tx:
        follows.follow(tx, urls, bob.id, anna.id)
    return Cast(anna.id, bob.id, carol.id)


@pytest.mark.parametrize(
    ("visibility", "expected"),
    [
        (Visibility.PUBLIC, "author follower mentioned nobody"),
        (Visibility.UNLISTED, "author follower mentioned nobody"),
        (Visibility.FOLLOWERS, "author follower mentioned"),
        (Visibility.DIRECT, "author mentioned"),
    ],
)
def test_who_sees_what(cast: Cast, database: Database, urls: Urls, visibility: Visibility, expected: str) -> None:
    with database.write() as tx:
        status_id = statuses.create(tx, urls, cast.author, Draft("hi @carol", visibility))
        row = statuses.by_id(tx, status_id)
        viewers = {"author": cast.author, "follower": cast.follower, "mentioned": cast.mentioned, "nobody": None}
        assert row is not None
        assert [name for name, viewer in viewers.items() if may_see(tx, viewer, row)] == expected.split()


def test_whoever_is_blocked_sees_nothing(cast: Cast, database: Database, urls: Urls) -> None:
    with database.write() as tx:
        row = statuses.by_id(tx, statuses.create(tx, urls, cast.author, Draft("hi @carol")))
        blocks.block(tx, urls, cast.author, cast.mentioned)
        assert row is not None
        assert not may_see(tx, cast.mentioned, row)
        assert may_see(tx, cast.follower, row)


def test_a_boost_is_hidden_from_those_whom_the_boosted_author_blocks(
    cast: Cast, database: Database, urls: Urls
) -> None:
    with database.write() as tx:
        status_id = statuses.create(tx, urls, cast.author, Draft("hi"))
        boost = statuses.by_id(tx, boosts.boost(tx, urls, cast.follower, status_id))
        blocks.block(tx, urls, cast.author, cast.mentioned)
        assert boost is not None
        assert not may_see(tx, cast.mentioned, boost)
        assert may_see(tx, cast.follower, boost)
