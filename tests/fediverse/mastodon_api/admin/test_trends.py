# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
import sqlalchemy as sa

from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import cards, statuses
from tests.fediverse.conftest import Person

TRENDS = "/api/v1/admin/trends"


@pytest.fixture
def trending(anna: Person, bob: Person, carol: Person, database: Database) -> None:
    """A hashtag, a post and a link that two people or more used."""
    first, second = anna.toot("Tea at https://tea.example/ #tea"), bob.toot("Me too https://tea.example/ #tea")
    for who in (bob, carol):
        who.post(f"/api/v1/statuses/{first['id']}/favourite")
    with database.write() as tx:
        card_id = tx.next_id()
        texts = ("description", "author_name", "author_url", "provider_name", "image_description")
        known = {"id": card_id, "url": "https://tea.example/", "title": "Tea", "fetched_at": tx.now_ms}
        tx.execute(sa.delete(cards))
        tx.execute(sa.insert(cards).values(**known, **dict.fromkeys(texts, ""), width=0, height=0))
        ids = [int(first["id"]), int(second["id"])]
        tx.execute(sa.update(statuses).where(statuses.c.id.in_(ids)).values(card_id=card_id))


@pytest.mark.usefixtures("trending")
@pytest.mark.parametrize(("kind", "name"), [("tags", "name"), ("statuses", "id"), ("links", "url")])
def test_what_moderators_refuse_is_no_trend_until_they_allow_it(mo: Person, anna: Person, kind: str, name: str) -> None:
    (shown,) = anna.get(f"/api/v1/trends/{kind}")
    (listed,) = mo.get(f"{TRENDS}/{kind}")
    assert (listed[name], listed["trendable"], listed["requires_review"]) == (shown[name], True, False)
    refused = mo.post(f"{TRENDS}/{kind}/{listed['id']}/reject")
    assert (refused[name], refused["trendable"]) == (shown[name], False)
    assert anna.get(f"/api/v1/trends/{kind}") == []
    assert [each["trendable"] for each in mo.get(f"{TRENDS}/{kind}")] == [False], "moderators see it still"
    assert mo.post(f"{TRENDS}/{kind}/{listed['id']}/approve")["trendable"] is True
    assert len(anna.get(f"/api/v1/trends/{kind}")) == 1
    mo.refused(404, "POST", f"{TRENDS}/{kind}/1/reject")
