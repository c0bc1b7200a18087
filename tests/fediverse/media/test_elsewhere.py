# SPDX-License-Identifier: AGPL-3.0-or-later
"""Other servers' media: fetched when somebody looks, kept, and never asked for by members' browsers."""

import asyncio
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from PIL import Image

from appliance.config import Config
from appliance.fediverse.app import create_app
from appliance.fediverse.context import Context
from appliance.fediverse.db import topics
from appliance.fediverse.db.tables import kept_media
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.media import elsewhere
from appliance.fediverse.media.keeper import Keeper
from appliance.fediverse.media.store import Shelf
from appliance.fediverse.media.strength import Strength
from appliance.fediverse.media.workshop import Workshop
from appliance.fediverse.model import MediaPurpose, Visibility
from appliance.fediverse.services import accounts, housekeeping, statuses
from appliance.fediverse.services import kept_media as service
from appliance.fediverse.services.attachments import Attachment
from appliance.fediverse.services.remote import RemoteStatus
from appliance.system.async_net import AsyncVirtualNet
from appliance.system.clock import VirtualClock
from appliance.system.net import Response, Trouble, VirtualNet
from tests.fediverse.conftest import ORIGIN, remote_account
from tests.fediverse.media_files import photograph, picture, see

URL = "https://far.example/files/cup.png"
FACE = "https://far.example/faces/rita.jpg"


@pytest.fixture
def context(context: Context) -> Context:
    return replace(context, media_secret=b"secret")


@pytest.fixture
def net(context: Context) -> VirtualNet:
    assert isinstance(context.net, VirtualNet)
    return context.net


@pytest.fixture
def keep(context: Context, net: VirtualNet, workshop: Workshop) -> Callable[[], None]:
    """What the companion does."""
    return lambda: _run(Keeper(context, AsyncVirtualNet(net), workshop, Strength(context.clock)))


@pytest.fixture
def prompt(context: Context, keep: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    def nudge(letters: bytes) -> None:
        if Topic.MEDIA in topics.read(letters):
            keep()

    monkeypatch.setattr(context.database, "_nudge", nudge)


@pytest.fixture
def client(context: Context) -> FlaskClient:
    app = create_app(context)
    app.testing = True
    return app.test_client()


def _run(keeper: Keeper) -> None:
    asyncio.run(keeper.turn())


def address(context: Context, url: str = URL, purpose: MediaPurpose = MediaPurpose.ATTACHMENT, **more: bool) -> str:
    return context.urls().elsewhere(purpose, url, **more)


def kept(context: Context) -> list[Any]:
    with context.database.read() as tx:
        return tx.all(sa.select(kept_media))


@pytest.mark.usefixtures("prompt")
def test_a_picture_is_fetched_once_written_anew_and_kept(
    context: Context, client: FlaskClient, net: VirtualNet
) -> None:
    net.answers[URL] = Response(200, {}, photograph())
    for small in (False, True, False):
        answer = see(client, address(context, small=small))
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
        assert b"Fieldcamera" not in answer.data
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert len(net.asked) == 1
    assert "authorization" not in {name.lower() for name in net.asked[0].headers}


@pytest.mark.usefixtures("prompt")
def test_a_post_shows_its_media_from_here(context: Context, client: FlaskClient, net: VirtualNet) -> None:
    net.answers |= {URL: Response(200, {}, picture()), FACE: Response(200, {}, picture(900, 900))}
    attachment = Attachment("image", "image/png", "A cup", URL, blurhash="L00000fQfQfQfQfQfQfQfQfQfQfQ")
    with context.database.write() as tx:
        author = accounts.store_remote(tx, remote_account("rita", avatar_url=FACE))
        post = RemoteStatus(f"{URL}/1", "<p>Hi</p>", Visibility.PUBLIC, tx.now_ms, attachments=(attachment,))
        status_id = statuses.receive(tx, context.urls(), author, post)
    answer = client.get(f"/api/v1/statuses/{status_id}").json
    assert answer is not None
    (shown,) = answer["media_attachments"]
    assert shown["remote_url"] == URL
    assert (shown["type"], shown["description"]) == ("image", "A cup")
    assert all(shown[name].startswith(f"{ORIGIN}/elsewhere/") for name in ("url", "preview_url"))
    assert answer["account"]["avatar"].startswith(f"{ORIGIN}/elsewhere/avatar/")
    assert Image.open(io.BytesIO(see(client, shown["url"]).data)).size == (60, 40)
    assert Image.open(io.BytesIO(see(client, answer["account"]["avatar"]).data)).size == (400, 400)


@pytest.mark.usefixtures("prompt")
def test_only_addresses_that_we_showed_are_fetched(context: Context, client: FlaskClient, net: VirtualNet) -> None:
    net.answers[URL] = Response(200, {}, picture())
    good = address(context).removeprefix(ORIGIN)
    _, _, purpose, signature, name = good.split("/")
    other = context.urls().elsewhere(MediaPurpose.ATTACHMENT, "https://far.example/other").rpartition("/")[2]
    for path in (
        f"/elsewhere/{purpose}/{'0' * 24}/{name}",
        f"/elsewhere/avatar/{signature}/{name}",
        f"/elsewhere/{purpose}/{signature}/{other}",
        f"/elsewhere/{purpose}/{signature}/{name}x",
        f"/elsewhere/nothing/{signature}/{name}",
        f"/elsewhere/{purpose}/{signature}/%ff",
        f"/elsewhere/{purpose}/ü/{name}",
    ):
        assert client.get(path).status_code == 404
    assert net.asked == []
    assert kept(context) == []


@pytest.mark.usefixtures("prompt")
@pytest.mark.parametrize(
    "answer",
    [
        Response(200, {"content-type": "image/png"}, b"<svg onload='alert(1)' xmlns='http://www.w3.org/2000/svg'/>"),
        Response(200, {"content-type": "image/png"}, b"<!doctype html><script>alert(1)</script>"),
        Response(200, {}, b""),
        Response(200, {}, picture(9000, 8000, mode="1")),
        Response(404, {}, picture()),
        Response(302, {"location": "https://home.example/"}),
        Trouble.DOWN,
        Trouble.SLOW,
        Trouble.HUGE,
    ],
)
def test_what_can_not_be_had_is_said_to_be_missing_and_not_asked_for_again_at_once(
    context: Context, client: FlaskClient, net: VirtualNet, clock: VirtualClock, config: Config, answer: Any
) -> None:
    net.answers[URL] = answer
    net.hosts["home.example"] = ["192.168.1.1"]
    for _ in range(3):
        response = see(client, address(context))
        assert (response.status_code, response.headers["Cache-Control"]) == (404, "no-store")
    asked = len(net.asked)
    assert asked == 1
    assert not [path for path in (config.fediverse_state / "media").rglob("*") if path.is_file()]
    net.answers[URL] = Response(200, {}, picture())
    clock.advance(11 * 60)
    assert see(client, address(context)).status_code == 200


@pytest.mark.parametrize("url", ["https://[x/cup.png", URL])
def test_no_address_ends_the_companion(context: Context, net: VirtualNet, keep: Callable[[], None], url: str) -> None:
    net.answers[URL] = Response(302, {"location": "//[x"}, b"", URL)
    with context.database.write() as tx:
        service.want(tx, MediaPurpose.ATTACHMENT, url)
    keep()
    assert kept(context)[0].state == "failed"


@pytest.mark.usefixtures("prompt")
def test_the_home_network_is_never_asked(context: Context, client: FlaskClient, net: VirtualNet) -> None:
    net.hosts["home.example"] = ["10.0.0.1"]
    for url in (
        "https://home.example/router.png",
        "http://far.example/a.png",
        "https://127.0.0.1/a.png",
        f"{ORIGIN}/x",
    ):
        assert see(client, address(context, url)).status_code == 404
    assert net.asked == []


@pytest.mark.usefixtures("prompt")
def test_a_film_is_kept_as_it_came_and_only_as_what_it_is(
    context: Context, client: FlaskClient, net: VirtualNet
) -> None:
    film = b"\x00\x00\x00\x18ftypisom" + b"\0" * 200
    net.answers[URL] = Response(200, {"content-type": "text/html"}, film)
    answer = see(client, address(context))
    assert (answer.mimetype, answer.data) == ("video/mp4", film)
    assert see(client, address(context), Range="bytes=4-7").data == b"ftyp"
    assert see(client, address(context, purpose=MediaPurpose.EMOJI)).status_code == 404


def test_a_face_that_can_not_be_had_is_a_drawn_one(context: Context, client: FlaskClient) -> None:
    answer = see(client, address(context, FACE, MediaPurpose.AVATAR))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"{ORIGIN}/pictures/avatar-")
    assert answer.headers["Cache-Control"] == "no-store"


def test_nobody_waits_long_and_few_at_once(
    context: Context, client: FlaskClient, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = clock.monotonic()
    answer = see(client, address(context))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert clock.monotonic() - begun < 10
    monkeypatch.setattr(elsewhere, "AT_ONCE", 0)
    client.application.extensions.pop("hearth.elsewhere")
    begun = clock.monotonic()
    assert see(client, address(context)).status_code == 503
    assert clock.monotonic() == begun


@pytest.mark.usefixtures("prompt")
def test_what_was_lost_or_let_go_is_fetched_again(context: Context, client: FlaskClient, net: VirtualNet) -> None:
    net.answers[URL] = Response(200, {}, picture())
    see(client, address(context))
    (row,) = kept(context)
    path = context.store.path(Shelf.KEPT, row.file)
    assert isinstance(path, Path)
    path.unlink()
    assert see(client, address(context)).status_code == 200
    assert len(net.asked) == 2


@pytest.mark.usefixtures("prompt")
def test_below_the_floor_nothing_is_fetched(context: Context, client: FlaskClient, net: VirtualNet) -> None:
    net.answers[URL] = Response(200, {}, picture())
    with context.database.write() as tx:
        housekeeping.put(tx, "free_floor_megabytes", "10000000")
    assert see(client, address(context)).status_code == 404
    assert net.asked == []


def test_with_weak_power_nothing_is_fetched(context: Context, net: VirtualNet, workshop: Workshop) -> None:
    with context.database.write() as tx:
        service.want(tx, MediaPurpose.ATTACHMENT, URL)
    strength = Strength(context.clock)
    strength.note(good=False)
    _run(Keeper(context, AsyncVirtualNet(net), workshop, strength))
    assert net.asked == []
    context.clock.sleep(61)
    _run(Keeper(context, AsyncVirtualNet(net), workshop, strength))
    assert len(net.asked) == 1
