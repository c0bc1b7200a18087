# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the inbox lets in, and what it keeps out."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.activitypub import signatures
from appliance.fediverse.activitypub.signatures import Message, cavage
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import accounts, favourites, follows, received, statuses, tombstones
from appliance.fediverse.services import follows as follow_services
from appliance.fediverse.services.keys import KeyPair
from appliance.fediverse.urls import Urls
from appliance.system.clock import VirtualClock
from appliance.system.net import Response, Trouble, VirtualNet

HERE = "http://localhost:10100"
Rows = Callable[[sa.Table], list[sa.Row[Any]]]


@pytest.fixture
def followed(rita: Any, anna: Any, database: Database, urls: Urls) -> Any:
    """anna follows rita, who agreed."""
    rita.send("Follow", f"{HERE}/users/anna")  # makes her known here
    with database.write() as tx:
        rita_id = tx.connection.execute(sa.select(accounts.c.id).where(accounts.c.uri == rita.uri)).scalar_one()
        follow_services.follow(tx, urls, anna.id, rita_id)
        follow_services.accept(tx, urls, rita_id, anna.id)
    return rita


def texts(person: Any) -> list[str]:
    return [status["content"] for status in person.get("/api/v1/timelines/home")]


def test_a_post_reaches_a_follower(followed: Any, anna: Any) -> None:
    followed.send("Create", followed.note("<p>Tea?</p><script>alert(1)</script>"))
    assert texts(anna) == ["<p>Tea?</p>"]


def test_the_actor_is_asked_once(followed: Any, anna: Any, net: VirtualNet) -> None:
    asked = len(net.asked)
    for _ in range(3):
        followed.send("Create", followed.note())
    assert len(net.asked) == asked
    assert len(texts(anna)) == 3


def test_what_concerns_nobody_here_is_not_kept(rita: Any, anna: Any, rows: Rows) -> None:
    rita.send("Create", rita.note("Buy now"))
    assert rows(statuses) == []


def test_a_stranger_who_mentions_a_member_is_heard(rita: Any, anna: Any) -> None:
    tag = {"type": "Mention", "href": f"{HERE}/users/anna", "name": "@anna"}
    rita.send("Create", rita.note("Hello anna", tag=[tag]))
    notice = anna.get("/api/v1/notifications")[0]
    assert (notice["type"], notice["status"]["content"]) == ("mention", "Hello anna")


def test_a_direct_note_is_for_those_it_is_addressed_to(followed: Any, anna: Any, bob: Any) -> None:
    followed.send("Create", followed.note("psst", to=[f"{HERE}/users/anna"], cc=[]))
    notice = anna.get("/api/v1/notifications")[0]
    assert notice["status"]["visibility"] == "direct"
    bob.refused(404, "GET", f"/api/v1/statuses/{notice['status']['id']}")


@pytest.mark.parametrize(
    ("to", "cc", "visibility"),
    [
        (["as:Public"], [], "public"),
        (["Public"], ["FOLLOWERS"], "public"),
        (["FOLLOWERS"], ["https://www.w3.org/ns/activitystreams#Public"], "unlisted"),
        (["FOLLOWERS"], [], "private"),
        ("FOLLOWERS", f"{HERE}/users/anna", "private"),
    ],
)
def test_visibility_is_read_from_the_addresses(
    followed: Any, anna: Any, rows: Rows, to: Any, cc: Any, visibility: str
) -> None:
    def fill(value: Any) -> Any:
        return json.loads(json.dumps(value).replace("FOLLOWERS", f"{followed.uri}/followers"))

    followed.send("Create", followed.note(to=fill(to), cc=fill(cc)))
    assert rows(statuses)[0].visibility == visibility


def test_all_that_a_note_tells_is_kept(followed: Any, anna: Any) -> None:
    followed.send(
        "Create",
        followed.note(
            "<p>Guten Tag</p>",
            summary="Greeting",
            sensitive=True,
            contentMap={"de": "<p>Guten Tag</p>"},
            tag=[{"type": "Hashtag", "name": "#Tea", "href": "https://far.example/tags/tea"}],
            url=[{"type": "Link", "mediaType": "text/html", "href": "https://far.example/@rita/1"}],
            attachment=[
                {"type": "Document", "mediaType": "image/png", "url": "https://far.example/1.png", "name": "A cup"},
                {"type": "Document", "mediaType": "image/png", "url": "javascript:alert(1)"},
            ],
        ),
    )
    status = anna.get("/api/v1/timelines/home")[0]
    assert (status["spoiler_text"], status["sensitive"], status["language"]) == ("Greeting", True, "de")
    assert [tag["name"] for tag in status["tags"]] == ["tea"]
    assert status["url"] == "https://far.example/@rita/1"
    assert [(item["type"], item["description"]) for item in status["media_attachments"]] == [("image", "A cup")]


def test_an_edit_and_a_deletion(followed: Any, anna: Any, rows: Rows) -> None:
    note = followed.note("one")
    followed.send("Create", note)
    followed.send("Update", {**note, "content": "two", "updated": "2026-01-01T00:00:00.500Z"})
    followed.send("Update", {**note, "content": "old", "updated": "2025-01-01T00:00:00Z"})
    assert texts(anna) == ["two"]
    followed.send("Delete", {"type": "Tombstone", "id": note["id"]})
    assert texts(anna) == []
    followed.send("Create", note)  # comes back too late
    assert texts(anna) == []


def test_a_deletion_that_comes_first_is_remembered(followed: Any, anna: Any, rows: Rows) -> None:
    note = followed.note("ghost")
    followed.send("Delete", note["id"])
    followed.send("Create", note)
    assert texts(anna) == []
    assert [row.uri for row in rows(tombstones)] == [note["id"]]


def test_a_reply_brings_what_it_answers(followed: Any, anna: Any, make_remote: Any, net: VirtualNet) -> None:
    vera = make_remote("vera", "third.example")
    root = vera.note("root")
    middle = vera.note("middle", inReplyTo=root["id"])
    vera.serve(root["id"], root)
    vera.serve(middle["id"], middle)
    followed.send("Create", followed.note("leaf", inReplyTo=middle["id"]))
    found = anna.get("/api/v2/search?q=" + root["id"] + "&resolve=true")["statuses"]
    thread = anna.get(f"/api/v1/statuses/{found[0]['id']}/context")["descendants"]
    assert [status["content"] for status in thread] == ["middle", "leaf"]


def test_an_endless_thread_is_followed_a_few_levels_only(followed: Any, net: VirtualNet, rows: Rows) -> None:
    notes = [followed.note(str(number)) for number in range(20)]
    for number, note in enumerate(notes[:-1]):
        followed.serve(note["id"], {**note, "inReplyTo": notes[number + 1]["id"]})
    followed.send("Create", followed.note("leaf", inReplyTo=notes[0]["id"]))
    assert len(rows(statuses)) == 4


def test_a_boost_brings_the_post(followed: Any, anna: Any, make_remote: Any) -> None:
    vera = make_remote("vera", "third.example")
    note = vera.note("look")
    vera.serve(note["id"], note)
    boost = followed.send("Announce", note["id"], to=["as:Public"])
    home = anna.get("/api/v1/timelines/home")
    assert home[0]["reblog"]["content"] == "look"
    assert home[0]["reblog"]["account"]["acct"] == "vera@third.example"
    followed.send("Undo", boost)
    assert anna.get("/api/v1/timelines/home") == []


def test_likes_and_boosts_of_our_posts_and_back(rita: Any, anna: Any) -> None:
    status = anna.toot("hello")
    like = rita.send("Like", status["uri"])
    boost = rita.send("Announce", status["uri"], to=["as:Public"])
    seen = anna.get(f"/api/v1/statuses/{status['id']}")
    assert (seen["favourites_count"], seen["reblogs_count"]) == (1, 1)
    rita.send("Undo", like["id"])  # by its id alone
    rita.send("Undo", boost)
    seen = anna.get(f"/api/v1/statuses/{status['id']}")
    assert (seen["favourites_count"], seen["reblogs_count"]) == (0, 0)


def test_what_was_taken_back_before_it_came_does_not_come(rita: Any, anna: Any, rows: Rows) -> None:
    like = rita.activity("Like", anna.toot("hello")["uri"])
    rita.send("Undo", like)
    assert rita.post(like).status_code == 202
    assert rows(favourites) == []


def test_follow_and_unfollow(rita: Any, anna: Any, rows: Rows) -> None:
    follow = rita.send("Follow", f"{HERE}/users/anna")
    assert [row.state for row in rows(follows)] == ["accepted"]
    assert rows(follows)[0].uri == follow["id"]
    rita.send("Undo", follow)
    assert rows(follows) == []


def test_a_block_ends_the_follow_and_can_be_undone(followed: Any, anna: Any, rows: Rows) -> None:
    block = followed.send("Block", f"{HERE}/users/anna")
    assert rows(follows) == []
    followed.send("Undo", block)
    followed.send("Follow", f"{HERE}/users/anna")
    assert len(rows(follows)) == 1


@pytest.mark.parametrize("embedded", [True, False])
@pytest.mark.parametrize(("answer", "states"), [("Accept", ["accepted"]), ("Reject", [])])
def test_our_follow_is_answered(
    rita: Any, anna: Any, rows: Rows, urls: Urls, database: Database, embedded: bool, answer: str, states: list[str]
) -> None:
    found = anna.get("/api/v2/search?q=@rita@far.example&resolve=true")["accounts"]
    anna.post(f"/api/v1/accounts/{found[0]['id']}/follow")
    uri = f"{HERE}/users/anna#follows/{rows(follows)[0].id}"
    thing = {"id": uri, "type": "Follow", "actor": f"{HERE}/users/anna", "object": rita.uri}
    rita.send(answer, thing if embedded else uri)
    assert [row.state for row in rows(follows)] == states


def test_a_profile_changes(followed: Any, rows: Rows) -> None:
    followed.send("Update", {**followed.document, "name": "Rita R.", "preferredUsername": "admin"})
    row = next(row for row in rows(accounts) if row.uri == followed.uri)
    assert (row.display_name, row.username, row.domain) == ("Rita R.", "rita", "far.example")


def test_an_account_that_goes_takes_everything_along(followed: Any, anna: Any, rows: Rows) -> None:
    followed.send("Create", followed.note())
    followed.send("Delete", followed.uri)
    assert [row.username for row in rows(accounts)] == ["anna"]
    assert rows(statuses) == []
    assert rows(follows) == []


def test_the_farewell_of_a_stranger_costs_nothing(rita: Any, net: VirtualNet, rows: Rows) -> None:
    assert rita.post(rita.activity("Delete", rita.uri)).status_code == 202
    assert net.asked == []
    assert rows(accounts) == []


def test_unknown_kinds_are_accepted_and_ignored(rita: Any, rows: Rows) -> None:
    rita.send("EmojiReact", f"{HERE}/users/anna/statuses/1")
    rita.send("Create", {**rita.note(), "type": "ChatMessage"})
    rita.send("Like", f"{HERE}/users/anna/statuses/99999999999999999999")
    assert rows(statuses) == []


# What must be kept out.


def test_a_request_that_is_not_signed(rita: Any) -> None:
    answer = rita.deliver(b"{}", {})
    assert (answer.status_code, answer.json["key"]) == (401, "bad-signature")


def test_a_key_of_somebody_else(followed: Any, mallory: Any, rows: Rows) -> None:
    """mallory signs well, but claims that rita acts."""
    forged = {**followed.activity("Create", followed.note("forged"))}
    assert mallory.post(forged).status_code == 403
    assert rows(statuses) == []


def test_a_neighbour_on_the_same_server(followed: Any, anna: Any, make_remote: Any, rows: Rows) -> None:
    nina = make_remote("nina")
    assert nina.post(followed.activity("Create", followed.note("forged"))).status_code == 401
    nina.send("Follow", f"{HERE}/users/anna")  # now known here
    assert nina.post(followed.activity("Create", followed.note("forged"))).status_code == 403
    assert nina.post(followed.activity("Like", anna.toot("hello")["uri"])).status_code == 403
    nina.key_id = followed.key_id
    assert nina.post(followed.activity("Create", followed.note("forged"))).status_code == 401
    assert [row.content for row in rows(statuses)] == ["<p>hello</p>"]
    assert rows(favourites) == []


def test_a_body_that_was_changed(followed: Any, rows: Rows) -> None:
    body = json.dumps(followed.activity("Create", followed.note("one"))).encode()
    headers = followed.signed(body)
    assert followed.deliver(body.replace(b"one", b"two"), headers).status_code == 401
    changed = headers | {"digest": cavage.digest(body.replace(b"one", b"two"))}
    assert followed.deliver(body.replace(b"one", b"two"), changed).status_code == 401
    assert rows(statuses) == []


@pytest.mark.parametrize("seconds", [12 * 3600 + 60, -3700])
def test_a_stale_date(followed: Any, clock: VirtualClock, rows: Rows, seconds: float) -> None:
    body = json.dumps(followed.activity("Create", followed.note())).encode()
    headers = followed.signed(body)
    clock.advance(seconds)
    assert followed.deliver(body, headers).status_code == 401
    assert rows(statuses) == []


def test_a_replay_changes_nothing(followed: Any, anna: Any, rows: Rows) -> None:
    status = anna.toot("hello")
    like = followed.activity("Like", status["uri"])
    body = json.dumps(like).encode()
    headers = followed.signed(body)
    assert followed.deliver(body, headers).status_code == 202
    followed.send("Undo", like)
    assert followed.deliver(body, headers).status_code == 202
    assert rows(favourites) == []


def test_a_replay_of_what_has_no_id(followed: Any, anna: Any, rows: Rows) -> None:
    status = anna.toot("hello")
    like = followed.activity("Like", status["uri"])
    del like["id"]
    body = json.dumps(like).encode()
    headers = followed.signed(body)
    assert followed.deliver(body, headers).status_code == 202
    followed.send("Undo", {"type": "Like", "actor": followed.uri, "object": status["uri"]})
    assert followed.deliver(body, headers).status_code == 202
    assert rows(favourites) == []


def test_a_signature_made_for_another_host(followed: Any, rows: Rows) -> None:
    body = json.dumps(followed.activity("Create", followed.note())).encode()
    key = signatures.private_key(followed.keys.private.reveal())
    message = Message("POST", "/inbox", {"host": "third.example", "content-type": "x"}, body)
    headers = signatures.sign(key, followed.key_id, message, followed._clock.now())
    assert followed.deliver(body, headers).status_code == 401
    assert followed.deliver(body, headers | {"host": "localhost:10100"}).status_code == 401
    assert rows(statuses) == []


def test_a_signature_made_for_another_path(followed: Any, anna: Any, rows: Rows) -> None:
    body = json.dumps(followed.activity("Create", followed.note())).encode()
    assert followed.deliver(body, followed.signed(body, "/users/anna/inbox")).status_code == 401
    assert followed.deliver(body, followed.signed(body, "/users/anna/inbox"), "/users/anna/inbox").status_code == 202


@pytest.mark.parametrize("left_out", ["(request-target)", "host", "date", "digest"])
def test_a_signature_that_covers_too_little(followed: Any, rows: Rows, left_out: str) -> None:
    body = json.dumps(followed.activity("Create", followed.note())).encode()
    headers = followed.signed(body)
    names = [name for name in ("(request-target)", "host", "date", "digest") if name != left_out]
    all_headers = headers | {"(request-target)": "post /inbox"}
    text = "\n".join(f"{name}: {all_headers[name]}" for name in names)
    headers["signature"] = resign(followed, text, names)
    assert followed.deliver(body, headers).status_code == 401
    assert rows(statuses) == []


def resign(remote: Any, text: str, names: list[str]) -> str:
    import base64

    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    key = signatures.private_key(remote.keys.private.reveal())
    value = base64.b64encode(key.sign(text.encode(), PKCS1v15(), SHA256())).decode()
    return f'keyId="{remote.key_id}",algorithm="hs2019",headers="{" ".join(names)}",signature="{value}"'


def test_others_things_are_not_touched(followed: Any, mallory: Any, anna: Any, rows: Rows) -> None:
    note = followed.note("mine")
    followed.send("Create", note)
    like = followed.send("Like", anna.toot("hello")["uri"])
    boost = followed.send("Announce", anna.toot("again")["uri"], to=["as:Public"])
    for kind, thing in (
        ("Create", {**note, "content": "forged"}),
        ("Update", {**note, "content": "forged", "updated": "2026-01-02T00:00:00Z"}),
        ("Update", {**note, "attributedTo": mallory.uri, "content": "forged"}),
        ("Update", {**followed.document, "name": "forged"}),
        ("Delete", note["id"]),
        ("Delete", followed.uri),
        ("Undo", like),
        ("Undo", like["id"]),
        ("Undo", {**like, "actor": mallory.uri}),
        ("Undo", boost),
    ):
        assert mallory.post(mallory.activity(kind, thing)).status_code == 403, kind
    assert len(rows(favourites)) == 1
    assert [row.content for row in rows(statuses) if row.uri == note["id"]] == ["mine"]
    assert next(row for row in rows(accounts) if row.uri == followed.uri).display_name == "Rita"
    assert rows(tombstones) == []


def test_a_neighbours_things_are_not_touched(followed: Any, make_remote: Any, anna: Any, rows: Rows) -> None:
    """The same server, so that only the author counts."""
    nina = make_remote("nina")
    note = followed.note("mine")
    followed.send("Create", note)
    like = followed.send("Like", anna.toot("hello")["uri"])
    nina.send("Delete", note["id"])
    nina.send("Undo", like["id"])
    assert nina.post(nina.activity("Undo", like)).status_code == 403
    nina.send("Undo", {**like, "actor": nina.uri})
    assert nina.post(nina.activity("Update", {**note, "content": "forged"})).status_code == 403
    update = {**note, "content": "forged", "attributedTo": nina.uri, "updated": "2026-01-02T00:00:00Z"}
    assert nina.post(nina.activity("Update", update)).status_code == 202
    assert nina.post(nina.activity("Update", {**followed.document, "name": "forged"})).status_code == 403
    assert len(rows(favourites)) == 1
    assert [row.content for row in rows(statuses) if row.uri == note["id"]] == ["mine"]


@pytest.mark.parametrize("answer", ["Accept", "Reject"])
def test_an_answer_to_a_follow_never_sent(rita: Any, mallory: Any, anna: Any, rows: Rows, answer: str) -> None:
    thing = {"id": f"{HERE}/users/anna#follows/1", "type": "Follow", "actor": f"{HERE}/users/anna"}
    mallory.send(answer, {**thing, "object": mallory.uri})
    mallory.send(answer, thing["id"])
    assert rows(follows) == []
    found = anna.get("/api/v2/search?q=@rita@far.example&resolve=true")["accounts"]
    anna.post(f"/api/v1/accounts/{found[0]['id']}/follow")
    follow_id = rows(follows)[0].id
    mallory.send(answer, f"{HERE}/users/anna#follows/{follow_id}")
    assert mallory.post(mallory.activity(answer, {**thing, "object": rita.uri})).status_code == 403
    assert [row.state for row in rows(follows)] == ["pending"]


def test_an_object_without_author_is_asked_for_at_its_origin(followed: Any, mallory: Any, anna: Any) -> None:
    note = followed.note("true")
    followed.serve(note["id"], note)
    followed.send("Create", note["id"])
    assert texts(anna) == ["true"]
    other = followed.note("other")
    followed.serve(other["id"], {**other, "id": note["id"] + "0"})
    assert followed.post(followed.activity("Create", other["id"])).status_code == 502
    assert texts(anna) == ["true"]


def test_a_boost_of_what_its_server_does_not_have(followed: Any, mallory: Any, anna: Any, rows: Rows) -> None:
    """evil.example says that far.example said something."""
    note = followed.note("never said")
    mallory.serve("https://evil.example/1", note)
    followed.send("Announce", "https://evil.example/1", to=["as:Public"])
    assert anna.get("/api/v1/timelines/home") == []
    assert rows(statuses) == []


@pytest.mark.parametrize(
    "change",
    [
        {"publicKey": {"owner": "https://far.example/users/rita"}},
        {"publicKey": {"id": "https://far.example/users/rita#main-key"}},
        {"inbox": "https://far.example/inbox"},
        {"id": "https://far.example/users/rita"},
        {"type": "Note"},
        {"preferredUsername": "a b"},
        {"publicKey": {"publicKeyPem": "nonsense"}},
        {"publicKey": []},
    ],
)
def test_an_actor_that_is_not_in_order(mallory: Any, anna: Any, rows: Rows, change: dict[str, Any]) -> None:
    document = mallory.document
    if isinstance(change.get("publicKey"), dict):
        change = {"publicKey": document["publicKey"] | change["publicKey"]}
    mallory.publish(document | change)
    assert mallory.post(mallory.activity("Follow", f"{HERE}/users/anna")).status_code == 401
    assert [row.username for row in rows(accounts)] == ["anna"]


def test_a_handle_that_its_server_gives_to_another(mallory: Any, anna: Any, rows: Rows) -> None:
    mallory.finger("mallory", "evil.example", "evil.example", "https://evil.example/users/other")
    assert mallory.post(mallory.activity("Follow", f"{HERE}/users/anna")).status_code == 401
    assert rows(follows) == []


def test_a_handle_of_another_domain_that_does_not_agree(rita: Any, mallory: Any, anna: Any, rows: Rows) -> None:
    mallory.finger("mallory", "evil.example", "far.example", mallory.uri)
    assert mallory.post(mallory.activity("Follow", f"{HERE}/users/anna")).status_code == 401
    mallory.finger("mallory", "evil.example", "localhost:10100", mallory.uri)
    assert rows(follows) == []


def test_an_actor_cannot_take_anothers_name_by_webfinger(rita: Any, mallory: Any, anna: Any, rows: Rows) -> None:
    """far.example knows eve at evil.example; that makes her no rita."""
    mallory.publish({**mallory.document, "preferredUsername": "rita"})
    mallory.finger("rita", "evil.example", "evil.example", mallory.uri)
    body = {"subject": "acct:eve@far.example", "links": [{"rel": "self", "type": "application/activity+json"}]}
    body["links"][0]["href"] = mallory.uri  # type: ignore[index]
    for host, name in (("evil.example", "rita"), ("far.example", "eve")):
        url = f"https://{host}/.well-known/webfinger?resource=acct%3A{name}%40{host}"
        mallory._net.answers[url] = Response(200, {"content-type": "application/json"}, json.dumps(body).encode())
    assert mallory.post(mallory.activity("Follow", f"{HERE}/users/anna")).status_code == 401
    assert rows(follows) == []


def test_a_new_key_is_learnt_once_in_ten_minutes(
    followed: Any, anna: Any, clock: VirtualClock, net: VirtualNet, keys: KeyPair
) -> None:
    clock.advance(601)
    followed.keys = keys  # rotated
    followed.publish()
    followed.send("Create", followed.note("with the new key"))
    assert texts(anna) == ["with the new key"]
    asked = len(net.asked)
    body = json.dumps(followed.activity("Create", followed.note())).encode()
    forged = followed.signed(body) | {"date": "Thu, 01 Jan 2026 00:10:00 GMT"}
    for _ in range(3):
        assert followed.deliver(body, forged).status_code == 401
    assert len(net.asked) == asked


@pytest.mark.parametrize("trouble", [Trouble.SLOW, Trouble.DOWN, Trouble.HUGE])
def test_an_actor_whose_server_misbehaves(rita: Any, net: VirtualNet, trouble: Trouble) -> None:
    net.answers[rita.uri] = trouble
    assert rita.post(rita.activity("Follow", f"{HERE}/users/anna")).status_code == 401
    assert rita.post(rita.activity("Follow", f"{HERE}/users/anna")).status_code == 401
    assert len([asked for asked in net.asked if asked.url == rita.uri]) == 1


@pytest.mark.parametrize("host", ["router.example", "10.0.0.1", "[::1]", "127.0.0.1", "localhost"])
def test_an_actor_inside_the_home(make_remote: Any, net: VirtualNet, host: str) -> None:
    net.hosts["router.example"] = ["192.168.0.1"]
    inside = make_remote("rita", host)
    assert inside.post(inside.activity("Follow", f"{HERE}/users/anna")).status_code == 401
    assert net.asked == []


def test_a_redirect_into_the_home(rita: Any, net: VirtualNet) -> None:
    net.hosts["router.example"] = ["192.168.0.1"]
    net.answers[rita.uri] = Response(302, {"location": "https://router.example/reboot"})
    assert rita.post(rita.activity("Follow", f"{HERE}/users/anna")).status_code == 401
    assert [asked.url for asked in net.asked] == [rita.uri]


def test_a_file_that_passes_for_an_actor(rita: Any, net: VirtualNet) -> None:
    """Uploads are often served as they came."""
    body = json.dumps(rita.document).encode()
    for kind in ("application/json", "text/plain", "application/ld+json", ""):
        net.answers[rita.uri] = Response(200, {"content-type": kind}, body)
        rita.name += "x"
        assert rita.post(rita.activity("Follow", f"{HERE}/users/anna")).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"nonsense", 400),
        (b"\xff\xfe", 400),
        (b'{"a": NaN}', 400),
        (b'{"a": "\\ud800"}', 400),
        (b'{"a": ' + b"1" * 5000 + b"}", 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, 400),
        (b"{" + b" " * 1_100_000 + b"}", 413),
        (b"{}", 422),
        (b'{"type": "Create"}', 422),
        (b'{"type": "Create", "actor": 7}', 422),
        (b'{"type": ["Create"], "actor": "javascript:alert(1)"}', 422),
        (b'{"type": "Like", "actor": "https://far.example/users/rita", "id": "https://evil.example/1"}', 422),
    ],
)
def test_bodies_that_are_not_in_order(rita: Any, body: bytes, status: int) -> None:
    answer = rita.post(body)
    assert answer.status_code == status
    assert answer.json["error"]
    assert "Traceback" not in answer.text


ODD = [None, 7, True, "", "x", [], [[]], {}, {"id": 7}, {"type": []}, ["x", 7, None], {"id": "https://far.example/\0"}]


@pytest.mark.parametrize(
    "kind", ["Create", "Update", "Delete", "Follow", "Accept", "Like", "Announce", "Undo", "Block"]
)
def test_objects_that_are_not_in_order(followed: Any, anna: Any, kind: str) -> None:
    for odd in ODD:
        answer = followed.post(followed.activity(kind, odd))
        assert answer.status_code in (202, 403, 422), (kind, odd, answer.text)
    for name in ("to", "cc", "published"):
        for odd in ODD:
            answer = followed.post(followed.activity(kind, followed.note(), **{name: odd}))
            assert answer.status_code in (202, 403, 422), (kind, name, odd, answer.text)


@pytest.mark.parametrize(
    "name",
    ["id", "type", "attributedTo", "content", "contentMap", "summary", "to", "cc", "tag", "attachment", "url"],
)
def test_notes_that_are_not_in_order(followed: Any, anna: Any, name: str) -> None:
    odd_notes(followed, anna, name)


@pytest.mark.parametrize("name", ["published", "updated", "inReplyTo", "sensitive"])
def test_more_notes_that_are_not_in_order(followed: Any, anna: Any, name: str) -> None:
    odd_notes(followed, anna, name)


def odd_notes(followed: Any, anna: Any, name: str) -> None:
    for odd in [*ODD, [{"type": "Mention", "href": 7}], [{"type": "Hashtag", "name": {}}], {"x": 7}]:
        for kind in ("Create", "Update"):
            answer = followed.post(followed.activity(kind, {**followed.note(), name: odd}))
            assert answer.status_code in (202, 403, 422), (name, odd, answer.text)
    assert isinstance(texts(anna), list)


@pytest.mark.parametrize(
    "name", ["name", "summary", "attachment", "icon", "url", "endpoints", "publicKey", "inbox", "followers"]
)
def test_profiles_that_are_not_in_order(followed: Any, anna: Any, name: str) -> None:
    for odd in ODD:
        answer = followed.post(followed.activity("Update", {**followed.document, name: odd}))
        assert answer.status_code in (202, 403, 422), (name, odd, answer.text)
    assert followed.post(followed.activity("Create", followed.note())).status_code == 202


def test_while_the_clock_is_wrong_nothing_is_taken(rita: Any, clock: VirtualClock) -> None:
    clock.is_trusted = False
    answer = rita.post(rita.activity("Follow", f"{HERE}/users/anna"))
    assert (answer.status_code, answer.json["key"]) == (503, "clock-not-set")
    assert answer.headers["Retry-After"] == "300"


def test_when_too_many_servers_are_asked_at_once(followed: Any, make_remote: Any, app: Any) -> None:
    """Strangers must wait; whoever is known is heard all the same."""
    doorkeeper = app.extensions["hearth.doorkeeper"]
    vera = make_remote("vera", "third.example")
    with doorkeeper.asking(), doorkeeper.asking():
        answer = vera.post(vera.activity("Follow", f"{HERE}/users/anna"))
        assert (answer.status_code, answer.json["key"]) == (503, "busy")
        assert followed.post(followed.activity("Create", followed.note())).status_code == 202
    vera.send("Follow", f"{HERE}/users/anna")


def test_nobody_of_that_name_has_an_inbox(rita: Any) -> None:
    activity = rita.activity("Follow", f"{HERE}/users/nobody")
    assert rita.post(activity, "/users/nobody/inbox").status_code == 404
    assert rita.post(activity).status_code == 422


def test_suspended_accounts_are_not_heard(followed: Any, anna: Any, database: Database, rows: Rows) -> None:
    with database.write() as tx:
        tx.execute(sa.update(accounts).where(accounts.c.uri == followed.uri).values(suspended_at=1))
    assert followed.post(followed.activity("Create", followed.note())).status_code == 403
    assert rows(statuses) == []


def test_what_was_received_is_remembered(followed: Any, rows: Rows, context: Context) -> None:
    activity = followed.send("Create", followed.note())
    assert activity["id"] in [row.uri for row in rows(received)]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z"])
def test_moments_that_no_calendar_shows_break_no_page(rita: Any, anna: Any, database: Database, moment: str) -> None:
    rita.publish({**rita.document, "published": moment})
    rita.send("Follow", f"{HERE}/users/anna")
    with database.write() as tx:
        made = tx.execute(sa.select(accounts.c.created_at).where(accounts.c.uri == rita.uri)).scalar_one()
        assert made == tx.now_ms
    assert len(anna.get("/api/v1/notifications")) == 1
    own = anna.toot("Tea?")
    rita.send("Announce", own["uri"], to=["https://www.w3.org/ns/activitystreams#Public"], published=moment)
    (boost,) = anna.get(f"/api/v1/accounts/{anna.get('/api/v1/notifications')[0]['account']['id']}/statuses")
    assert boost["created_at"].startswith("2026-")
