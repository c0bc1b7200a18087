# SPDX-License-Identifier: AGPL-3.0-or-later
"""Quotes of other servers: shown where the quoted author agreed, and never to whom may not see what is quoted."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from appliance.fediverse.db.tables import activities, deliveries
from appliance.system.net import VirtualNet
from tests.fediverse.activitypub.conftest import HERE, Remote
from tests.fediverse.conftest import Person


def follow(person: Person, remote: Remote) -> None:
    account_id = person.get(f"/api/v2/search?q=@{remote.name}@{remote.host}&resolve=true")["accounts"][0]["id"]
    person.post(f"/api/v1/accounts/{account_id}/follow")
    remote.send("Accept", {"type": "Follow", "actor": f"{HERE}/users/{person.username}", "object": remote.uri})


@pytest.fixture
def quoted(anna: Person, rita: Remote, mallory: Remote) -> Any:
    """A post of rita's; anna follows mallory, who will quote it."""
    follow(anna, mallory)
    document = rita.note("<p>What I said</p>")
    rita.serve(document["id"], document)
    return document


def approval(rita: Remote, quoting: Any, quoted: Any, **changes: Any) -> str:
    """What rita's server says of this quote."""
    uri = f"{rita.uri}/approvals/1"
    document = {
        "id": uri,
        "type": "QuoteAuthorization",
        "attributedTo": rita.uri,
        "interactingObject": quoting["id"],
        "interactionTarget": quoted["id"],
        **changes,
    }
    rita.serve(uri, document)
    return uri


def agreed(rita: Remote, mallory: Remote, quoted: Any, **changes: Any) -> Any:
    quoting = mallory.note("<p>Look</p>", quote=quoted["id"])
    return quoting | {"quoteAuthorization": approval(rita, quoting, quoted, **changes)}


def newest(person: Person) -> Any:
    return person.get("/api/v1/timelines/home")[0]


def test_with_leave_it_is_shown(anna: Person, rita: Remote, mallory: Remote, quoted: Any) -> None:
    mallory.send("Create", agreed(rita, mallory, quoted))
    status = newest(anna)
    assert status["quote"]["state"] == "accepted"
    inside = status["quote"]["quoted_status"]
    assert (inside["uri"], inside["content"], inside["quote"]) == (quoted["id"], "<p>What I said</p>", None)
    assert anna.get(f"/api/v1/statuses/{inside['id']}")["quotes_count"] == 1
    assert [each["id"] for each in anna.get(f"/api/v1/statuses/{inside['id']}/quotes")] == [status["id"]]


@pytest.mark.parametrize("name", ["quote", "quoteUri", "quoteUrl", "_misskey_quote"])
def test_without_leave_it_waits_however_it_is_written(anna: Person, mallory: Remote, quoted: Any, name: str) -> None:
    mallory.send("Create", mallory.note("<p>Look</p>", **{name: quoted["id"]}))
    assert newest(anna)["quote"] == {"state": "pending", "quoted_status": None}


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "Note"},
        {"attributedTo": "https://evil.example/users/mallory"},
        {"interactingObject": "https://evil.example/other"},
        {"interactionTarget": "https://far.example/other"},
        {"interactingObject": None},
    ],
)
def test_leave_for_something_else_counts_for_nothing(
    anna: Person, rita: Remote, mallory: Remote, quoted: Any, changes: Any
) -> None:
    mallory.send("Create", agreed(rita, mallory, quoted, **changes))
    assert newest(anna)["quote"]["state"] == "pending"


def test_nobody_gives_herself_the_leave_of_another(anna: Person, mallory: Remote, quoted: Any) -> None:
    quoting = mallory.note("<p>Look</p>", quote=quoted["id"])
    forged = approval(mallory, quoting, quoted, attributedTo=quoted["attributedTo"])
    mallory.send("Create", quoting | {"quoteAuthorization": forged})
    assert newest(anna)["quote"]["state"] == "pending"


def test_one_may_quote_oneself(anna: Person, mallory: Remote, quoted: Any) -> None:
    own = mallory.note("<p>Mine</p>")
    mallory.send("Create", own)
    mallory.send("Create", mallory.note("<p>Again</p>", quote=own["id"]))
    assert newest(anna)["quote"]["quoted_status"]["uri"] == own["id"]


def test_leave_that_comes_later_is_no_edit(anna: Person, rita: Remote, mallory: Remote, quoted: Any) -> None:
    quoting = agreed(rita, mallory, quoted)
    mallory.send("Create", {name: value for name, value in quoting.items() if name != "quoteAuthorization"})
    assert newest(anna)["quote"]["state"] == "pending"
    mallory.send("Update", quoting)
    assert newest(anna)["quote"]["state"] == "accepted"


def test_leave_can_be_taken_back_by_who_gave_it(anna: Person, rita: Remote, mallory: Remote, quoted: Any) -> None:
    quoting = agreed(rita, mallory, quoted)
    mallory.send("Create", quoting)
    assert mallory.post(mallory.activity("Delete", quoting["quoteAuthorization"])).status_code == 403
    assert newest(anna)["quote"]["state"] == "accepted"
    inside = newest(anna)["quote"]["quoted_status"]
    rita.send("Delete", quoting["quoteAuthorization"])
    assert newest(anna)["quote"] == {"state": "revoked", "quoted_status": None}
    mallory.send("Update", quoting)
    assert newest(anna)["quote"]["state"] == "revoked"
    assert anna.get(f"/api/v1/statuses/{inside['id']}")["quotes_count"] == 0


def test_what_is_quoted_may_go(anna: Person, rita: Remote, mallory: Remote, quoted: Any) -> None:
    mallory.send("Create", agreed(rita, mallory, quoted))
    rita.send("Delete", quoted["id"])
    assert newest(anna)["quote"] == {"state": "deleted", "quoted_status": None}


def test_a_quote_opens_nothing_to_those_who_may_not_see_it(
    anna: Person, bob: Person, mallory: Remote, stranger: FlaskClient, quoted: Any
) -> None:
    secret = mallory.note("<p>For friends</p>", to=[f"{mallory.uri}/followers"], cc=[])
    mallory.send("Create", secret)
    mallory.send("Create", mallory.note("<p>As I said</p>", quote=secret["id"]))
    status = newest(anna)
    assert status["quote"]["quoted_status"]["content"] == "<p>For friends</p>"
    one = f"/api/v1/statuses/{status['id']}"
    for seen in (bob.get(one), stranger.get(one).json):
        assert seen["quote"] == {"state": "unauthorized", "quoted_status": None}
        assert "For friends" not in str(seen)


def test_quotes_within_quotes_are_named_alone(anna: Person, rita: Remote, mallory: Remote, quoted: Any) -> None:
    first = agreed(rita, mallory, quoted)
    mallory.send("Create", first)
    mallory.send("Create", mallory.note("<p>See above</p>", quote=first["id"]))
    inside = newest(anna)["quote"]["quoted_status"]["quote"]
    assert set(inside) == {"state", "quoted_status_id"}
    assert inside["state"] == "accepted"


def test_whoever_is_blocked_or_muted_is_folded_away(anna: Person, rita: Remote, mallory: Remote, quoted: Any) -> None:
    mallory.send("Create", agreed(rita, mallory, quoted))
    author = newest(anna)["quote"]["quoted_status"]["account"]["id"]
    anna.post(f"/api/v1/accounts/{author}/block")
    assert newest(anna)["quote"]["state"] == "blocked_account"


def test_servers_are_asked_only_for_posts_that_concern_us(rita: Remote, mallory: Remote, net: VirtualNet) -> None:
    document = rita.note("<p>What I said</p>")
    mallory.send("Create", mallory.note("<p>Look</p>", quote=document["id"]))
    assert document["id"] not in [request.url for request in net.asked]


def test_nothing_is_translated(anna: Person, bob: Person, stranger: FlaskClient) -> None:
    status, private = anna.toot("Hallo"), anna.toot("Hallo", visibility="private")
    assert bob.refused(404, "POST", f"/api/v1/statuses/{status['id']}/translate") == "Record not found"
    anna.refused(403, "POST", f"/api/v1/statuses/{private['id']}/translate")
    bob.refused(404, "POST", f"/api/v1/statuses/{private['id']}/translate")
    assert stranger.post(f"/api/v1/statuses/{status['id']}/translate").status_code == 401


def test_who_asks_to_quote_is_told_no_if_there_is_something_to_be_seen(
    anna: Person, rita: Remote, rows: Callable[[sa.Table], list[sa.Row[Any]]]
) -> None:
    quoting = f"{rita.uri}/statuses/9"
    for visibility in ("private", "public"):
        status = anna.toot("Mine", visibility=visibility)
        rita.send("QuoteRequest", status["uri"], instrument=quoting)
    rita.send("QuoteRequest", status["uri"], instrument="https://evil.example/1")
    rita.send("QuoteRequest", f"{HERE}/users/anna/statuses/7", instrument=quoting)
    (answer,) = [json.loads(row.body) for row in rows(activities)]
    assert (answer["type"], answer["actor"]) == ("Reject", f"{HERE}/users/anna")
    asked = answer["object"]
    assert (asked["type"], asked["object"], asked["instrument"]) == ("QuoteRequest", status["uri"], quoting)
    assert [row.inbox for row in rows(deliveries)] == [f"{rita.uri}/inbox"]
