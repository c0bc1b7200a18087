# SPDX-License-Identifier: AGPL-3.0-or-later
"""Relays of both forms: asked to let us in, believed in nothing, and told what is public."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.errors import HearthError
from appliance.fediverse.activitypub.documents import PUBLIC
from appliance.fediverse.admin_federation import FederationAdmin
from appliance.fediverse.context import Context
from appliance.fediverse.db.tables import activities, deliveries, statuses
from appliance.fediverse.model import RelayState
from appliance.fediverse.protocol import Address, RelayEntry
from appliance.system.commands import NoArguments
from appliance.system.guard import NetError

HERE = "http://localhost:10100"
INBOX = "https://relay.example/inbox"
Rows = Callable[[sa.Table], list[sa.Row[Any]]]


@pytest.fixture
def admin(context: Context) -> FederationAdmin:
    return FederationAdmin(context)


@pytest.fixture
def relay(make_remote: Any) -> Any:
    return make_remote("relay", "relay.example")


def sent(rows: Rows) -> list[tuple[str, Any]]:
    bodies = {row.id: json.loads(row.body) for row in rows(activities)}
    return [(row.inbox, bodies[row.activity_id]) for row in rows(deliveries)]


def let_in(admin: FederationAdmin, relay: Any, rows: Rows, address: str = INBOX) -> None:
    admin.add_relay(Address(address))
    relay.send("Accept", sent(rows)[-1][1])
    assert [entry.state for entry in admin.list_relays(NoArguments())] == [RelayState.ACCEPTED]


def test_a_relay_of_mastodons_form(admin: FederationAdmin, relay: Any, anna: Any, rows: Rows) -> None:
    admin.add_relay(Address(INBOX))
    assert admin.list_relays(NoArguments()) == [RelayEntry(INBOX, RelayState.PENDING)]
    (inbox, follow) = sent(rows)[0]
    assert (inbox, follow["type"], follow["actor"], follow["object"]) == (INBOX, "Follow", f"{HERE}/actor", PUBLIC)
    anna.toot("too early")
    relay.send("Accept", {**follow, "@context": None})
    for visibility in ("public", "unlisted", "private", "direct"):
        anna.toot(visibility, visibility=visibility)
    assert [body["object"]["content"] for _, body in sent(rows)[1:]] == ["<p>public</p>"]
    admin.remove_relay(Address(INBOX))
    assert sent(rows)[-1][1]["type"] == "Undo"
    assert admin.list_relays(NoArguments()) == []


def test_a_relay_of_litepubs_form(admin: FederationAdmin, relay: Any, anna: Any, mallory: Any, rows: Rows) -> None:
    let_in(admin, relay, rows, relay.uri)
    assert sent(rows)[0][1]["object"] == relay.uri
    follow = relay.send("Follow", f"{HERE}/actor")
    accept = sent(rows)[-1][1]
    assert (accept["type"], accept["actor"], accept["object"]["id"]) == ("Accept", f"{HERE}/actor", follow["id"])
    count = len(sent(rows))
    mallory.send("Follow", f"{HERE}/actor")
    assert len(sent(rows)) == count  # nobody else may follow the instance
    status = anna.toot("for all")
    inbox, announce = sent(rows)[-1]
    assert (inbox, announce["type"], announce["object"]) == (INBOX, "Announce", status["uri"])


def test_only_the_relay_itself_can_let_us_in(admin: FederationAdmin, mallory: Any, relay: Any, rows: Rows) -> None:
    admin.add_relay(Address(INBOX))
    follow = sent(rows)[0][1]
    mallory.send("Accept", follow)
    assert admin.list_relays(NoArguments())[0].state is RelayState.PENDING
    relay.send("Reject", follow)
    assert admin.list_relays(NoArguments())[0].state is RelayState.REJECTED


def test_what_a_relay_tells_is_asked_for_at_its_origin(
    admin: FederationAdmin, relay: Any, rita: Any, anna: Any, rows: Rows
) -> None:
    note, forged, unknown = rita.note("true"), rita.note("true as well"), rita.note("never written")
    for each in (note, forged):
        rita.serve(each["id"], each)
    relay.send("Announce", note["id"])
    assert rows(statuses) == []  # it is no relay of ours yet
    let_in(admin, relay, rows)
    relay.send("Announce", note["id"])
    create = {**rita.activity("Create", {**forged, "content": "a lie"}), "id": f"{rita.uri}#c"}
    assert relay.post(create).status_code == 202
    assert relay.post(rita.activity("Create", unknown)).status_code == 202
    assert relay.post(rita.activity("Delete", note["id"])).status_code == 202
    assert sorted(row.content for row in rows(statuses)) == ["true", "true as well"]
    assert all(row.boost_of_id is None for row in rows(statuses))
    timeline = anna.get("/api/v1/timelines/public?remote=true")
    assert sorted(status["content"] for status in timeline) == ["true", "true as well"]


def test_whoever_is_no_relay_hands_on_nothing(mallory: Any, rita: Any, anna: Any, rows: Rows) -> None:
    note = rita.note("true")
    rita.serve(note["id"], note)
    assert mallory.post(rita.activity("Create", note)).status_code == 403
    assert rows(statuses) == []


@pytest.mark.parametrize("address", ["", "relay", "ftp://relay.example/inbox", "https://10.0.0.1/inbox"])
def test_addresses_that_must_not_be_asked(admin: FederationAdmin, address: str) -> None:
    with pytest.raises(NetError):
        admin.add_relay(Address(address))


def test_a_relay_that_is_none_of_ours(admin: FederationAdmin) -> None:
    with pytest.raises(HearthError, match="no such relay"):
        admin.remove_relay(Address(INBOX))
