# SPDX-License-Identifier: AGPL-3.0-or-later
import sqlalchemy as sa

from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import accounts as table
from appliance.fediverse.db.tables import search_texts
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import accounts, bookmarks, boosts, favourites, statuses
from appliance.fediverse.services.remote import RemoteStatus
from appliance.fediverse.urls import Urls
from tests.fediverse.conftest import Person, remote_account

_MATCH = {
    "sqlite": sa.text("SELECT rowid FROM search_words WHERE search_words MATCH :words"),
    "postgresql": sa.text("SELECT status_id FROM search_texts WHERE words @@ to_tsquery('simple', :words)"),
}


def _matching(database: Database, words: str) -> list[int]:
    """What the index itself says, whether or not there is still a status."""
    with database.read() as tx:
        return [row[0] for row in tx.all(_MATCH[tx.connection.dialect.name], {"words": words})]


def _known(database: Database) -> dict[int, str]:
    with database.read() as tx:
        return {row.status_id: row.text for row in tx.all(sa.select(search_texts))}


def _receive(
    database: Database, urls: Urls, number: int, mentions: tuple[int, ...] = (), indexable: bool = False
) -> int:
    with database.write() as tx:
        author = accounts.store_remote(tx, remote_account(f"cy{number}"))
        tx.execute(sa.update(table).where(table.c.id == author).values(indexable=indexable))
        uri = f"https://far.example/{number}"
        status = RemoteStatus(
            uri, f"<p>Words<br>{number} &amp; more</p>", Visibility.PUBLIC, tx.now_ms, mentions=mentions
        )
        stored = statuses.receive(tx, urls, author, status)
        assert stored is not None
        return stored


def test_what_is_written_here_is_known_changed_and_forgotten(anna: Person, database: Database) -> None:
    status = int(anna.toot("one < two", spoiler_text="careful")["id"])
    assert _known(database) == {status: "careful\none < two"}
    anna.ask("PUT", f"/api/v1/statuses/{status}", json={"status": "three", "spoiler_text": ""})
    assert _known(database) == {status: "three"}
    assert (_matching(database, "three"), _matching(database, "two")) == ([status], [])
    anna.ask("DELETE", f"/api/v1/statuses/{status}")
    assert _known(database) == {}
    assert _matching(database, "three") == []


def test_of_posts_from_elsewhere_only_those_are_known_that_a_member_met(
    anna: Person, database: Database, urls: Urls
) -> None:
    _receive(database, urls, 1)
    mentioned, offered = _receive(database, urls, 2, mentions=(anna.id,)), _receive(database, urls, 3, indexable=True)
    assert _known(database) == {mentioned: "Words\n2 & more", offered: "Words\n3 & more"}
    met = [_receive(database, urls, number) for number in (4, 5, 6)]
    with database.write() as tx:
        favourites.favourite(tx, urls, anna.id, met[0])
        bookmarks.bookmark(tx, anna.id, met[1])
        boosts.boost(tx, urls, anna.id, met[2])
    assert set(_known(database)) == {mentioned, offered, *met}


def test_what_strangers_do_makes_nothing_known(database: Database, urls: Urls) -> None:
    status = _receive(database, urls, 1)
    with database.write() as tx:
        favourites.favourite(tx, urls, accounts.store_remote(tx, remote_account("dee")), status)
    assert _known(database) == {}


def test_when_an_account_goes_its_words_go(database: Database, urls: Urls, anna: Person) -> None:
    _receive(database, urls, 1, mentions=(anna.id,))
    with database.write() as tx:
        accounts.delete_remote(tx, urls, "https://far.example/users/cy1")
    assert _known(database) == {}
    assert _matching(database, "words") == []
