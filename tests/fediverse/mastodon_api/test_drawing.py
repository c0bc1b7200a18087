# SPDX-License-Identifier: AGPL-3.0-or-later
"""A page of posts is drawn in as many statements however many there are, and few where they have nothing special."""

from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import cards, statuses
from appliance.fediverse.mastodon_api.entities import statuses as entities
from appliance.fediverse.model import QuoteState
from appliance.fediverse.urls import Urls
from tests.fediverse.conftest import Person

POLL = {"options": ["a", "b"], "expires_in": 600}


def drawn_in(database: Database, urls: Urls, viewer: Person, ids: list[int]) -> int:
    """How many statements it takes."""
    count = 0

    def executed(*_: Any) -> None:
        nonlocal count
        count += 1

    with database.read() as tx:
        sa.event.listen(database.engine, "before_cursor_execute", executed)
        try:
            assert len(entities.by_ids(tx, urls, viewer.id, ids)) == len(ids)
        finally:
            sa.event.remove(database.engine, "before_cursor_execute", executed)
    return count


def test_plain_posts_are_drawn_in_a_handful_of_statements(anna: Person, database: Database, urls: Urls) -> None:
    ids = [int(anna.toot(f"{number} @anna #tea")["id"]) for number in range(5)]
    few, many = drawn_in(database, urls, anna, ids[:1]), drawn_in(database, urls, anna, ids)
    assert few == many
    # The rows, their authors, mentions, hashtags, what the viewer did with them, her filters; and the app.
    assert many <= 7


def test_polls_quotes_cards_and_boosts_cost_no_more_when_there_are_more(
    anna: Person, bob: Person, database: Database, urls: Urls
) -> None:
    quoted = int(bob.toot("quoted")["id"])
    ids = [int(anna.toot(f"{number}", poll=POLL)["id"]) for number in range(5)]
    with database.write() as tx:
        tx.execute(sa.insert(cards).values(id=1, url="https://a.example", title="A", fetched_at=0))
        values = {"card_id": 1, "quoted_id": quoted, "quote_state": QuoteState.ACCEPTED.value}
        tx.execute(sa.update(statuses).where(statuses.c.id.in_(ids)).values(**values))
    boosts = [int(bob.post(f"/api/v1/statuses/{each}/reblog")["id"]) for each in ids]
    few = drawn_in(database, urls, anna, [ids[0], boosts[0]])
    assert drawn_in(database, urls, anna, [*ids, *boosts]) == few
