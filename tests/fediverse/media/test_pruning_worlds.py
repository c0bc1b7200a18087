# SPDX-License-Identifier: AGPL-3.0-or-later
"""Worlds made at random: what stays is what a plain reading of the rule says, and nothing of ours goes."""

import random
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

from appliance.fediverse.context import Context
from appliance.fediverse.db.tables import bookmarks as bookmark_table
from appliance.fediverse.db.tables import favourites as favourite_table
from appliance.fediverse.db.tables import statuses as table
from appliance.fediverse.media.strength import Strength
from appliance.fediverse.media.sweeper import Sweeper
from appliance.fediverse.media.usage import UsageNote
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import accounts, bookmarks, boosts, favourites, statuses
from appliance.fediverse.services.remote import RemoteStatus
from appliance.fediverse.services.statuses import Draft
from appliance.fediverse.urls import Urls
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import Person, remote_account

POSTS = 60


@dataclass
class World:
    """Kept beside the database, in the plainest form."""

    local: dict[int, bool] = field(default_factory=dict)
    thread: dict[int, int] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    boosts: dict[int, tuple[int, bool]] = field(default_factory=dict)

    def staying(self) -> set[int]:
        """A boost stands in the thread of what it boosts."""
        talking = {self.thread[each] for each, local in self.local.items() if local}
        talking |= {self.thread[original] for original, by_one_of_ours in self.boosts.values() if by_one_of_ours}
        posts = {each for each in self.local if each in self.touched or self.thread[each] in talking}
        return posts | {boost for boost, (original, _) in self.boosts.items() if self.thread[original] in talking}


@pytest.mark.parametrize("seed", range(4))
def test_what_stays_is_what_the_rule_says(
    context: Context, clock: VirtualClock, urls: Urls, anna: Person, bob: Person, seed: int
) -> None:
    dice = random.Random(seed)
    world = World()
    with context.database.write() as tx:
        far = [accounts.store_remote(tx, remote_account(name)) for name in ("rita", "tom", "una")]
    for number in range(POSTS):
        with context.database.write() as tx:
            _post(tx, urls, dice, world, far, [anna.id, bob.id], number)
        clock.advance(60)
    with context.database.write() as tx:
        for number in range(POSTS):
            _act(tx, urls, dice, world, far, [anna.id, bob.id], number)
        before = {row.id for row in tx.all(sa.select(table.c.id))}
        liked = len(tx.all(sa.select(favourite_table).where(favourite_table.c.account_id.in_([anna.id, bob.id]))))
        marked = len(tx.all(sa.select(bookmark_table)))
    clock.advance(100 * 24 * 3600)
    sweeper = Sweeper(context, UsageNote(), Strength(clock))
    while sweeper.sweep():
        pass
    with context.database.read() as tx:
        after = {row.id for row in tx.all(sa.select(table.c.id))}
        assert liked == len(
            tx.all(sa.select(favourite_table).where(favourite_table.c.account_id.in_([anna.id, bob.id])))
        )
        assert marked == len(tx.all(sa.select(bookmark_table)))
    assert after == world.staying()
    assert len(after) < len(before), "nothing went in this world"


def _post(tx, urls, dice, world: World, far: list[int], ours: list[int], number: int) -> None:  # type: ignore[no-untyped-def]
    parent = dice.choice([*world.local, None, None]) if world.local else None
    if dice.random() < 0.15:
        made = statuses.create(tx, urls, dice.choice(ours), Draft("Hi", in_reply_to_id=parent))
        world.touched.add(made)
    else:
        meant = tuple(dice.sample(ours, 1)) if dice.random() < 0.05 else ()
        told = RemoteStatus(
            f"https://far.example/{number}", "Hi", Visibility.PUBLIC, tx.now_ms, in_reply_to_id=parent, mentions=meant
        )
        made = statuses.receive(tx, urls, dice.choice(far), told) or 0
        if meant:
            world.touched.add(made)
    row = statuses.by_id(tx, made)
    assert row is not None
    world.local[made], world.thread[made] = row.local, row.conversation_id


def _act(tx, urls, dice, world: World, far: list[int], ours: list[int], number: int) -> None:  # type: ignore[no-untyped-def]
    post, mine = dice.choice(list(world.local)), dice.random() < 0.2
    who = dice.choice(ours if mine else far)
    deed = dice.choice(("like", "mark", "boost"))
    if deed == "like":
        favourites.favourite(tx, urls, who, post, uri=None if mine else f"https://far.example/likes/{number}")
    elif deed == "mark" and mine:
        bookmarks.bookmark(tx, who, post)
    elif deed == "boost":
        uri = None if mine else f"https://far.example/boosts/{number}"
        made = boosts.boost(tx, urls, who, post, uri=uri)
        world.boosts[made] = post, mine
    else:
        return
    if mine:
        world.touched.add(post)
