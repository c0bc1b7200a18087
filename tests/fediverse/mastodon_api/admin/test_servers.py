# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from appliance.errors import HearthError
from appliance.fediverse.activitypub.fetch import Fetcher
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import deliveries
from appliance.fediverse.db.tables import kept_media as kept
from appliance.fediverse.model import MediaPurpose, MediaState, Visibility
from appliance.fediverse.services import accounts, follows, instance_settings, kept_media, statuses
from appliance.fediverse.services.attachments import Attachment
from appliance.fediverse.services.remote import RemoteStatus
from appliance.fediverse.urls import Urls
from appliance.system.net import VirtualNet
from tests.fediverse.conftest import Person, remote_account
from tests.fediverse.mastodon_api.admin.conftest import MakeRemote

BLOCKS = "/api/v1/admin/domain_blocks"
ALLOWS = "/api/v1/admin/domain_allows"


@pytest.fixture
def rick(make_remote: MakeRemote, database: Database, urls: Urls, anna: Person) -> int:
    """Of far.example; anna and he follow each other, and he wrote something."""
    rick = make_remote("rick")
    with database.write() as tx:
        follows.follow(tx, urls, rick, anna.id, uri="https://far.example/follows/1")
        follows.follow(tx, urls, anna.id, rick)
        follows.accept(tx, urls, rick, anna.id)
        statuses.receive(
            tx, urls, rick, RemoteStatus("https://far.example/n/1", "<p>Hello</p>", Visibility.PUBLIC, tx.now_ms)
        )
    return rick


def _counts(who: Person) -> tuple[int, int]:
    shown = who.get(f"/api/v1/accounts/{who.id}")
    return shown["followers_count"], shown["following_count"]


def test_a_block_is_made_shown_changed_and_lifted(olga: Person) -> None:
    made = olga.post(BLOCKS, {"domain": "Far.Example", "private_comment": "why", "public_comment": "spam"})
    assert (made["domain"], made["severity"], made["reject_media"]) == ("far.example", "silence", False)
    changed = olga.ask("PUT", f"{BLOCKS}/{made['id']}", json={"severity": "noop", "reject_reports": True}).json
    assert changed == made | {"severity": "noop", "reject_reports": True}
    assert olga.get(f"{BLOCKS}/{made['id']}") == changed
    assert olga.get(BLOCKS) == [changed]
    assert olga.ask("DELETE", f"{BLOCKS}/{made['id']}").json == {}
    assert olga.get(BLOCKS) == []
    olga.refused(404, "GET", f"{BLOCKS}/{made['id']}")


def test_a_second_block_must_be_stricter(olga: Person) -> None:
    made = olga.post(BLOCKS, {"domain": "far.example", "severity": "silence"})
    answer: Any = olga.ask("POST", BLOCKS, json={"domain": "far.example", "severity": "suspend"})
    assert answer.status_code == 422
    assert answer.json["error"] == "You have already imposed stricter limits on far.example."
    assert answer.json["existing_domain_block"] == made
    assert olga.ask("POST", BLOCKS, json={"domain": "a.far.example", "severity": "noop"}).status_code == 422
    assert olga.post(BLOCKS, {"domain": "a.far.example", "severity": "suspend"})["severity"] == "suspend"


@pytest.mark.parametrize("domain", ["", " ", "a b", "https://", "x" * 300, "-", "ex ample.org"])
def test_what_is_no_domain_is_refused(olga: Person, domain: str) -> None:
    assert "Domain" in olga.refused(422, "POST", BLOCKS, json={"domain": domain})
    assert "Domain" in olga.refused(422, "POST", ALLOWS, json={"domain": domain})


def test_a_suspended_server_is_gone_for_everybody(
    olga: Person, anna: Person, rick: int, database: Database, urls: Urls, stranger: FlaskClient
) -> None:
    assert _counts(anna) == (1, 1)
    anna.toot("To my followers")
    made = olga.post(BLOCKS, {"domain": "far.example", "severity": "suspend"})
    assert _counts(anna) == (0, 0)
    for timeline in ("home", "public"):
        authors = {each["account"]["acct"] for each in anna.get(f"/api/v1/timelines/{timeline}")}
        assert authors == {"anna"}, timeline
    assert "far.example" not in (stranger.get("/api/v1/instance/peers").json or [])
    with database.write() as tx:
        left = tx.execute(sa.select(sa.func.count()).select_from(deliveries)).scalar_one()
        assert left == 0, "nothing more is brought there"
        with pytest.raises(HearthError, match="nothing to do"):
            accounts.store_remote(tx, remote_account("new"))
        with pytest.raises(HearthError, match="nothing to do"):
            accounts.store_remote(tx, remote_account("new", "deep.far.example"))
        with pytest.raises(HearthError):
            follows.follow(tx, urls, anna.id, rick)
    anna.toot("Nobody there hears this")
    with database.read() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(deliveries)).scalar_one() == 0
    (told,) = anna.get("/api/v1/notifications?types[]=severed_relationships")
    assert told["event"]["target_name"] == "far.example"
    assert (told["event"]["followers_count"], told["event"]["following_count"]) == (1, 1)
    olga.ask("DELETE", f"{BLOCKS}/{made['id']}")
    assert [each["account"]["acct"] for each in anna.get("/api/v1/timelines/public?remote=true")] == [
        "rick@far.example"
    ]
    assert _counts(anna) == (0, 0), "what was severed stays so"


def test_a_suspended_server_is_not_asked_anything(olga: Person, context: Context, urls: Urls) -> None:
    olga.post(BLOCKS, {"domain": "far.example", "severity": "suspend"})
    fetcher = Fetcher(context.net, context.database, context.clock, urls)
    for ask in (lambda: fetcher.document("https://a.far.example/x"), lambda: fetcher.webfinger("x", "far.example")):
        with pytest.raises(HearthError, match="nothing to do"):
            ask()
    assert isinstance(context.net, VirtualNet)
    assert context.net.asked == []


def test_a_silenced_server_is_met_by_followers_alone(
    olga: Person, anna: Person, bob: Person, rick: int, make_remote: MakeRemote
) -> None:
    olga.post(BLOCKS, {"domain": "far.example", "severity": "silence"})
    assert bob.get("/api/v1/timelines/public") == []
    assert len(anna.get("/api/v1/timelines/home")) == 1
    assert _counts(anna) == (1, 1)
    assert bob.get(f"/api/v1/accounts/{make_remote('new')}")["limited"] is True, "those that come later as well"


def test_one_block_lifted_leaves_the_other(olga: Person, bob: Person, make_remote: MakeRemote) -> None:
    deep = make_remote("deep", "deep.far.example")
    wide = olga.post(BLOCKS, {"domain": "far.example", "severity": "silence"})
    olga.post(BLOCKS, {"domain": "deep.far.example", "severity": "suspend"})
    olga.ask("DELETE", f"{BLOCKS}/{wide['id']}")
    shown = olga.get(f"/api/v1/admin/accounts/{deep}")
    assert (shown["suspended"], shown["silenced"]) == (True, False)


def test_what_the_public_is_told(olga: Person, stranger: FlaskClient) -> None:
    olga.post(BLOCKS, {"domain": "quiet.example", "severity": "noop", "reject_media": True})
    olga.post(BLOCKS, {"domain": "spam.example", "severity": "suspend", "obfuscate": True, "private_comment": "x"})
    olga.post(BLOCKS, {"domain": "loud.example", "public_comment": "too loud"})
    told: Any = stranger.get("/api/v1/instance/domain_blocks").json
    assert [(each["domain"], each["severity"], each["comment"]) for each in told] == [
        ("spa*.****ple", "suspend", ""),
        ("loud.example", "silence", "too loud"),
    ]
    assert {len(each["digest"]) for each in told} == {64}


def test_where_federation_is_limited_only_allowed_servers_are_met(
    olga: Person, anna: Person, rick: int, database: Database
) -> None:
    with database.write() as tx:
        instance_settings.put(tx, "federation", "limited")
    assert _counts(anna) == (0, 0)
    assert anna.get("/api/v1/timelines/public?remote=true") == []
    allowed = olga.post(ALLOWS, {"domain": "far.example"})
    assert olga.post(ALLOWS, {"domain": "FAR.example"}) == allowed
    assert len(anna.get("/api/v1/timelines/public?remote=true")) == 1
    with database.write() as tx:
        accounts.store_remote(tx, remote_account("new"))
        with pytest.raises(HearthError, match="nothing to do"):
            accounts.store_remote(tx, remote_account("new", "other.example"))
    assert olga.get(f"{ALLOWS}/{allowed['id']}") == olga.get(ALLOWS)[0] == allowed
    assert olga.ask("DELETE", f"{ALLOWS}/{allowed['id']}").json == {}
    assert anna.get("/api/v1/timelines/public?remote=true") == []
    with database.write() as tx:
        instance_settings.put(tx, "federation", "open")
    assert len(anna.get("/api/v1/timelines/public?remote=true")) == 1


def test_media_of_a_server_are_taken_out_and_not_taken_in(
    olga: Person, anna: Person, database: Database, urls: Urls
) -> None:
    picture = Attachment("image", "image/png", "A cat", "https://media.far.example/1.png")

    def told(tx: Any, number: int) -> int | None:
        uri = f"https://far.example/n/{number}"
        status = RemoteStatus(uri, "<p>Look</p>", Visibility.PUBLIC, tx.now_ms, attachments=(picture,))
        return statuses.receive(tx, urls, rick, status)

    with database.write() as tx:
        rick = accounts.store_remote(tx, remote_account("rick", avatar_url="https://media.far.example/a.png"))
        first = told(tx, 1)
        kept_media.want(tx, MediaPurpose.ATTACHMENT, picture.url)
        tx.execute(sa.update(kept).values(state=MediaState.READY.value, file="x"))
    assert len(anna.get(f"/api/v1/statuses/{first}")["media_attachments"]) == 1
    olga.post(BLOCKS, {"domain": "far.example", "severity": "noop", "reject_media": True})
    with database.write() as tx:
        accounts.store_remote(tx, remote_account("rick", avatar_url="https://media.far.example/b.png"))
        second = told(tx, 2)
        assert tx.execute(sa.select(kept.c.last_used_at)).scalar_one() == 0, "the sweeper takes it first"
        row = accounts.by_id(tx, rick)
        assert row is not None
        assert row.avatar_url is None
    for status_id in (first, second):
        assert anna.get(f"/api/v1/statuses/{status_id}")["media_attachments"] == []
