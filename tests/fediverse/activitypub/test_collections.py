# SPDX-License-Identifier: AGPL-3.0-or-later
"""What other servers may page through, and who may ask at all."""

from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.activitypub import signatures
from appliance.fediverse.activitypub.signatures import Form, Message
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import accounts
from appliance.fediverse.services import instance_settings
from appliance.system.clock import VirtualClock

HERE = "http://localhost:10100"
HOST = "localhost:10100"
ACCEPT = {"Accept": "application/activity+json"}


def ask(client: Any, path: str, headers: Any = None) -> Any:
    return client.get(path, headers=ACCEPT | (headers or {}))


def signed(remote: Any, path: str, clock: VirtualClock, form: Form = Form.CAVAGE) -> dict[str, str]:
    message = Message("GET", path, {"host": HOST, "accept": ACCEPT["Accept"]})
    key = signatures.private_key(remote.keys.private.reveal())
    return signatures.sign(key, remote.key_id, message, clock.now(), HERE, form)


def test_replies_are_paged(anna: Any, bob: Any, stranger: Any) -> None:
    status = anna.toot("hello")
    answers = [bob.toot(f"answer {number}", in_reply_to_id=status["id"])["uri"] for number in range(25)]
    bob.toot("psst", in_reply_to_id=status["id"], visibility="private")
    note = ask(stranger, f"/users/anna/statuses/{status['id']}").json
    collection = ask(stranger, note["replies"].removeprefix(HERE)).json
    assert (collection["id"], collection["type"]) == (note["replies"], "Collection")
    found, page = [], collection["first"]
    while page:
        document = ask(stranger, page.removeprefix(HERE)).json
        assert (document["id"], document["partOf"]) == (page, note["replies"])
        found += document["items"]
        page = document.get("next")
    assert found == answers
    assert ask(stranger, f"/users/anna/statuses/{status['id']}/replies?page=true&min_id=x").status_code == 200
    assert ask(stranger, "/users/anna/statuses/1/replies").status_code == 404


def test_who_hides_her_people_is_asked_in_vain(anna: Any, bob: Any, stranger: Any, database: Database) -> None:
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    assert ask(stranger, "/users/anna/followers?page=true").json["orderedItems"] == [f"{HERE}/users/bob"]
    with database.write() as tx:
        tx.execute(sa.update(accounts).values(hide_collections=True))
    for path in ("followers", "following", "followers?page=true", "following?page=true&max_id=9"):
        document = ask(stranger, f"/users/anna/{path}").json
        assert not {"first", "orderedItems"} & document.keys()
    assert ask(stranger, "/users/anna/followers").json["totalItems"] == 1


def test_featured_tags(anna: Any, stranger: Any) -> None:
    document = ask(stranger, "/users/anna/collections/tags").json
    assert (document["type"], document["totalItems"], document["items"]) == ("Collection", 0, [])


def test_each_server_learns_only_of_its_own(
    anna: Any, rita: Any, make_remote: Any, clock: VirtualClock, stranger: Any
) -> None:
    nora = make_remote("nora", "near.example")
    for person in (rita, nora):
        person.send("Follow", f"{HERE}/users/anna")
    path = "/users/anna/followers_synchronization"
    assert ask(stranger, path).status_code == 401
    for form in Form:
        answer = ask(stranger, path, signed(rita, path, clock, form))
        assert answer.json["orderedItems"] == [rita.uri]
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert ask(stranger, path, signed(rita, "/users/anna/followers", clock)).status_code == 401


@pytest.mark.parametrize("form", list(Form))
def test_where_questions_must_be_signed(
    anna: Any, rita: Any, stranger: Any, database: Database, clock: VirtualClock, form: Form
) -> None:
    status = anna.toot("hello")
    paths = [
        "/users/anna",
        "/users/anna/outbox",
        "/users/anna/followers",
        "/users/anna/collections/featured",
        f"/users/anna/statuses/{status['id']}",
        f"/users/anna/statuses/{status['id']}/activity",
        f"/users/anna/statuses/{status['id']}/replies",
    ]
    assert {ask(stranger, path).status_code for path in paths} == {200}
    with database.write() as tx:
        instance_settings.put(tx, "authorized_fetch", "on")
    assert {ask(stranger, path).status_code for path in paths} == {401}
    assert {ask(stranger, path, signed(rita, path, clock, form)).status_code for path in paths} == {200}
    other = {**signed(rita, "/users/anna/outbox", clock, form)}
    assert ask(stranger, "/users/anna", other).status_code == 401
    for path in ("/actor", "/.well-known/webfinger?resource=acct:anna@localhost:10100", "/.well-known/nodeinfo"):
        assert ask(stranger, path).status_code == 200
    with database.write() as tx:
        tx.execute(sa.update(accounts).where(accounts.c.uri == rita.uri).values(suspended_at=1))
    assert ask(stranger, paths[0], signed(rita, paths[0], clock, form)).status_code == 403


def test_the_switch_is_on_or_off(database: Database) -> None:
    with database.write() as tx, pytest.raises(Exception, match="neither on nor off"):
        instance_settings.put(tx, "authorized_fetch", "perhaps")


def test_who_left_is_gone(anna: Any, stranger: Any, database: Database) -> None:
    with database.write() as tx:
        tx.execute(sa.update(accounts).where(accounts.c.id == anna.id).values(deleted_at=1))
    assert ask(stranger, "/users/anna").status_code == 410
    assert ask(stranger, "/users/nobody").status_code == 404
