# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finding people and posts elsewhere, and not being fooled."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.errors import HearthError
from appliance.fediverse.activitypub import fetch, signatures
from appliance.fediverse.activitypub.resolve import Resolver
from appliance.fediverse.activitypub.signatures import Message
from appliance.fediverse.context import Context
from appliance.fediverse.db.tables import accounts, statuses
from appliance.fediverse.services import server_blocks, server_policy
from appliance.fediverse.services.server_blocks import Terms
from appliance.fediverse.services.server_policy import Severity
from appliance.system.clock import VirtualClock
from appliance.system.net import Response, Trouble, VirtualNet

Rows = Callable[[sa.Table], list[sa.Row[Any]]]


def handles(rows: Rows) -> set[str]:
    return {f"{row.username}@{row.domain}" for row in rows(accounts)}


@pytest.mark.parametrize(
    "asked",
    ["rita@far.example", "@rita@far.example", "acct:rita@FAR.example", "https://far.example/users/rita"],
)
def test_somebody_elsewhere(context: Context, rita: Any, rows: Rows, asked: str) -> None:
    account_id = Resolver(context).account(asked)
    (row,) = rows(accounts)
    assert (row.id, row.username, row.domain, row.uri) == (account_id, "rita", "far.example", rita.uri)
    assert row.shared_inbox == "https://far.example/inbox"


def test_by_the_address_of_a_profile_page(context: Context, rita: Any, net: VirtualNet, rows: Rows) -> None:
    rita.serve("https://far.example/@rita", rita.document)
    Resolver(context).account("https://far.example/@rita")
    assert handles(rows) == {"rita@far.example"}


def test_questions_are_signed_by_the_instance(context: Context, rita: Any, net: VirtualNet, app: Any) -> None:
    Resolver(context).account(rita.uri)
    headers = {name.lower(): value for name, value in next(r for r in net.asked if r.url == rita.uri).headers.items()}
    message = Message("GET", "/users/rita", headers)
    signature = signatures.read(message, context.clock.now(), "https://far.example")
    key = app.test_client().get("/actor").json["publicKey"]
    assert signature.key_id == key["id"]
    assert signatures.verify(signature, key["publicKeyPem"])


def test_a_redirect_is_signed_anew(context: Context, rita: Any, net: VirtualNet) -> None:
    net.answers["https://far.example/@rita"] = Response(302, {"location": rita.uri})
    Resolver(context).account("https://far.example/@rita")
    signed = [request.headers["signature"] for request in net.asked if "signature" in request.headers]
    assert len(signed) == len(set(signed)) == 2


def test_known_people_are_asked_about_once_a_day(
    context: Context, rita: Any, net: VirtualNet, clock: VirtualClock
) -> None:
    first = Resolver(context).account("rita@far.example")
    asked = len(net.asked)
    assert Resolver(context).account("rita@far.example") == first
    assert Resolver(context).account(rita.uri) == first
    assert len(net.asked) == asked
    clock.advance(86_500)
    assert Resolver(context).account("rita@far.example") == first
    assert len(net.asked) > asked
    clock.advance(86_500)
    for url in net.answers:
        net.answers[url] = Trouble.SLOW
    assert Resolver(context).account("rita@far.example") == first


def test_a_handle_at_another_domain_that_agrees(context: Context, make_remote: Any, rows: Rows) -> None:
    rita = make_remote("rita", "social.far.example")
    rita.finger("rita", "social.far.example", "far.example", rita.uri)
    rita.finger("rita", "far.example", "far.example", rita.uri)
    first = Resolver(context).account("rita@far.example")
    assert handles(rows) == {"rita@far.example"}
    assert Resolver(context).account(rita.uri) == first


@pytest.mark.parametrize("asked", ["rita@evil.example", "rita@sub.evil.example"])
def test_a_webfinger_that_claims_somebody_of_another_server(
    context: Context, rita: Any, mallory: Any, rows: Rows, asked: str
) -> None:
    host = asked.partition("@")[2]
    mallory.finger("rita", host, host, rita.uri)
    with pytest.raises(HearthError):
        Resolver(context).account(asked)
    assert handles(rows) <= {"rita@far.example"}


def test_a_webfinger_that_claims_to_be_of_another_server(context: Context, rita: Any, mallory: Any, rows: Rows) -> None:
    mallory.finger("rita", "evil.example", "far.example", mallory.uri)
    with pytest.raises(HearthError):
        Resolver(context).account("rita@evil.example")
    assert "rita@far.example" not in handles(rows)


def test_an_actor_that_claims_to_be_ours(context: Context, mallory: Any, rows: Rows, anna: Any) -> None:
    mallory.publish({**mallory.document, "preferredUsername": "anna"})
    mallory.finger("anna", "evil.example", "localhost:10100", mallory.uri)
    mallory.finger("anna", "localhost:10100", "localhost:10100", mallory.uri)
    with pytest.raises(HearthError):
        Resolver(context).account(mallory.uri)
    assert handles(rows) == {"anna@"}


def test_our_own_people_are_not_asked_for(context: Context, anna: Any, net: VirtualNet) -> None:
    for asked in ("anna", "@anna@localhost:10100", "http://localhost:10100/users/anna", "http://localhost:10100/@anna"):
        assert Resolver(context).account(asked) == anna.id
    for asked in (
        "nobody",
        "nobody@localhost:10100",
        "http://localhost:10100/users/nobody",
        "http://localhost:10100/x",
    ):
        with pytest.raises(HearthError):
            Resolver(context).account(asked)
    assert net.asked == []


@pytest.mark.parametrize(
    "asked",
    ["", "@", "a@", "@@", "a b@far.example", "a@far.example/x", "a@b@c", "https://", "javascript:alert(1)", "a@\0"],
)
def test_what_is_no_handle(context: Context, net: VirtualNet, asked: str) -> None:
    with pytest.raises(HearthError):
        Resolver(context).account(asked)
    assert net.asked == []


def test_without_a_name_nobody_is_asked(context: Context, rita: Any, net: VirtualNet) -> None:
    for asked in ("rita@far.example", rita.uri):
        with pytest.raises(HearthError):
            Resolver(replace(context, origin=None)).account(asked)
    with pytest.raises(HearthError):
        Resolver(replace(context, origin=None)).status(f"{rita.uri}/statuses/1")
    assert net.asked == []


def test_a_post_and_its_thread(context: Context, rita: Any, rows: Rows) -> None:
    root = rita.note("root")
    leaf = rita.note("leaf", inReplyTo=root["id"], url="https://far.example/@rita/2")
    rita.serve(root["id"], root)
    rita.serve(leaf["id"], leaf)
    rita.serve("https://far.example/@rita/2", leaf)
    found = Resolver(context).status("https://far.example/@rita/2")
    by_content = {row.content: row for row in rows(statuses)}
    assert by_content["leaf"].id == found
    assert by_content["leaf"].in_reply_to_id == by_content["root"].id
    assert Resolver(context).status(leaf["id"]) == found


def test_posts_that_are_not_what_they_seem(context: Context, rita: Any, mallory: Any, rows: Rows) -> None:
    note = mallory.note("evil")
    for number, change in enumerate(
        (
            {"attributedTo": rita.uri},
            {"id": f"{rita.uri}/statuses/77"},
            {"to": [f"{mallory.uri}/followers"], "cc": []},
            {"type": "Person"},
            {"attributedTo": None},
        )
    ):
        uri = f"https://evil.example/{number}"
        mallory.serve(uri, {**note, "id": uri, **change})
        with pytest.raises(HearthError):
            Resolver(context).status(uri)
    assert rows(statuses) == []


def test_slow_servers_cannot_hold_us_for_long(
    context: Context, make_remote: Any, clock: VirtualClock, net: VirtualNet
) -> None:
    """A chain of answers that each come just in time ends all the same."""
    rita = make_remote("rita")
    Resolver(context).account(rita.uri)

    def slow(url: str) -> Callable[..., Response]:
        def answer(_: object) -> Response:
            clock.advance(8)
            found = answers[url]
            assert isinstance(found, Response)
            return found

        return answer

    notes = [rita.note(str(number)) for number in range(10)]
    for number, note in enumerate(notes[:-1]):
        rita.serve(note["id"], {**note, "inReplyTo": notes[number + 1]["id"]})
    answers = dict(net.answers)
    for url in answers:
        net.answers[url] = slow(url)
    before = clock.monotonic()
    Resolver(context).status(notes[0]["id"])
    assert clock.monotonic() - before <= fetch.SECONDS_IN_ALL + 8


@pytest.mark.parametrize("spelling", ["bad.example.", "ｂad.example", "bad。example", "x.BAD.example."])
def test_a_blocked_server_is_blocked_however_its_name_is_written(
    context: Context, make_remote: Any, rows: Rows, spelling: str
) -> None:
    with context.database.write() as tx:
        server_blocks.add(tx, "bad.example", Terms(Severity.SUSPEND))
    sly = make_remote("sly", spelling)
    with pytest.raises(HearthError):
        Resolver(context).refresh(sly.uri)
    assert not any(row.domain for row in rows(accounts))
    with context.database.read() as tx:
        assert server_policy.refuses(tx, spelling)


def test_deep_answers_are_refused(context: Context, rita: Any, net: VirtualNet) -> None:
    body = b'{"a":' * 5000 + b"1" + b"}" * 5000
    net.answers[rita.uri] = Response(200, {"content-type": "application/activity+json"}, body)
    with pytest.raises(HearthError):
        Resolver(context).account(rita.uri)
    net.answers[rita.uri] = Response(200, {"content-type": "application/activity+json"}, json.dumps([1]).encode())
    with pytest.raises(HearthError):
        Resolver(context).account(rita.uri)
