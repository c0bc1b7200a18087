# SPDX-License-Identifier: AGPL-3.0-or-later
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient
from PIL import Image

from appliance.config import Config
from appliance.fediverse.context import Context
from appliance.fediverse.mastodon_api import uploads
from appliance.fediverse.media import film
from appliance.fediverse.media.limits import IMAGE_BYTES
from appliance.fediverse.services import media
from appliance.system.clock import VirtualClock, milliseconds
from tests.fediverse.conftest import ORIGIN, MakePerson, Person
from tests.fediverse.media_files import form, moving, photograph, picture, see, upload


def stored(config: Config) -> list[str]:
    folder = config.fediverse_state / "media"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.usefixtures("prompt")
def test_a_picture_is_uploaded_posted_and_seen(anna: Person, stranger: FlaskClient) -> None:
    made = upload(anna, picture(), description="A red wall", focus="-0.5,0.25")
    assert made["type"] == "image"
    assert made["meta"] == {
        "original": {"width": 60, "height": 40, "size": "60x40", "aspect": 1.5},
        "small": {"width": 60, "height": 40, "size": "60x40", "aspect": 1.5},
        "focus": {"x": -0.5, "y": 0.25},
    }
    assert (made["description"], made["remote_url"], len(made["blurhash"])) == ("A red wall", None, 28)
    assert anna.get(f"/api/v1/media/{made['id']}") == made
    status = anna.toot("", media_ids=[made["id"]])
    assert status["media_attachments"] == [made]
    assert stranger.get(f"/api/v1/statuses/{status['id']}").json["media_attachments"] == [made]  # type: ignore[index]
    answer = see(stranger, made["url"])
    assert answer.mimetype == "image/png"
    assert Image.open(io.BytesIO(answer.data)).size == (60, 40)
    assert see(stranger, made["preview_url"]).mimetype == "image/jpeg"
    anna.refused(404, "GET", f"/api/v1/media/{made['id']}")


@pytest.mark.usefixtures("prompt")
def test_nothing_of_a_photograph_survives_but_what_it_shows(anna: Person, stranger: FlaskClient) -> None:
    made = upload(anna, photograph())
    data = see(stranger, made["url"]).data
    image = Image.open(io.BytesIO(data))
    assert image.size == (40, 80)
    assert image.getpixel((20, 10))[0] > 200  # type: ignore[index]
    assert image.getpixel((20, 70))[2] > 200  # type: ignore[index]
    assert not image.getexif()
    assert all(word not in data for word in (b"Exif", b"Fieldcamera", b"at home"))


@pytest.mark.usefixtures("prompt")
def test_files_are_served_so_that_no_browser_runs_them(anna: Person, stranger: FlaskClient) -> None:
    made = upload(anna, picture())
    answer = see(stranger, made["url"])
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer.headers["Cache-Control"]
    part = see(stranger, made["url"], Range="bytes=0-7")
    assert (part.status_code, part.data) == (206, b"\x89PNG\r\n\x1a\n")
    assert see(stranger, made["url"], **{"If-None-Match": answer.headers["ETag"]}).status_code == 304
    for path in ("/media/../database.sqlite", "/media/ab/../x.png", "/media/ab/" + "0" * 30 + ".svg", "/media/ab/x"):
        assert stranger.get(path).status_code == 404


def test_until_it_is_worked_on_it_has_no_address_and_can_not_be_posted(
    anna: Person, work: Callable[[], None], config: Config
) -> None:
    response = anna.ask("POST", "/api/v2/media", data=form(picture()))
    assert response.status_code == 202
    assert response.json is not None
    media_id = response.json["id"]
    assert response.json["url"] is None
    assert anna.ask("GET", f"/api/v1/media/{media_id}").status_code == 206
    anna.refused(422, "POST", "/api/v1/statuses", json={"status": "x", "media_ids": [media_id]})
    work()
    assert anna.get(f"/api/v1/media/{media_id}")["url"]
    assert not [name for name in stored(config) if name.startswith("incoming/")]
    anna.toot("x", media_ids=[media_id])


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "image/svg+xml"),
        (b"<svg onload='alert(1)'/>", "a.png", "image/png"),
        (b"<!doctype html><script>alert(1)</script>", "a.jpg", "image/jpeg"),
        (b"%PDF-1.4", "a.pdf", "application/pdf"),
        (b"", "a.png", "image/png"),
        (b"\x00\x00\x00\x1cftypheic", "a.heic", "image/heic"),
    ],
)
def test_what_is_no_picture_is_refused_at_once_whatever_it_is_called(
    anna: Person, config: Config, data: bytes, name: str, kind: str
) -> None:
    assert "invalid" in anna.refused(422, "POST", "/api/v2/media", data=form(data, name, kind))
    assert stored(config) == []


@pytest.mark.usefixtures("prompt")
@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"GIF89a" + b"<script>alert(1)</script>",
        b"\xff\xd8\xff" + b"x" * 50,
        picture(9000, 8000, mode="1"),
    ],
)
def test_what_only_begins_like_a_picture_or_is_a_bomb_fails_and_leaves_nothing(
    anna: Person, config: Config, data: bytes
) -> None:
    assert "invalid" in anna.refused(422, "POST", "/api/v2/media", data=form(data))
    assert stored(config) == []


@pytest.mark.usefixtures("prompt")
def test_a_lying_content_type_changes_nothing(anna: Person, stranger: FlaskClient) -> None:
    made = anna.ask("POST", "/api/v1/media", data=form(picture(kind="JPEG"), "x.html", "text/html")).json
    assert made is not None
    assert see(stranger, made["url"]).mimetype == "image/jpeg"


@pytest.mark.usefixtures("prompt")
def test_what_hides_behind_a_picture_is_gone(anna: Person, stranger: FlaskClient) -> None:
    made = upload(anna, picture(kind="GIF") + b"<script>alert(1)</script>")
    assert b"script" not in see(stranger, made["url"]).data


@pytest.mark.usefixtures("prompt")
def test_a_moving_picture_keeps_moving(anna: Person, stranger: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film, "installed", lambda: False)
    made = upload(anna, moving())
    answer = see(stranger, made["url"])
    assert (made["type"], answer.mimetype) == ("image", "image/gif")
    assert Image.open(io.BytesIO(answer.data)).n_frames == 5  # type: ignore[attr-defined]


def test_without_ffmpeg_films_are_refused_in_plain_words(
    anna: Person, stranger: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film, "installed", lambda: False)
    data = b"\x00\x00\x00\x18ftypisom" + b"\0" * 100
    assert "pictures only" in anna.refused(422, "POST", "/api/v2/media", data=form(data, "a.mp4", "video/mp4"))
    answer = stranger.get("/api/v2/instance").json
    assert answer is not None
    types = answer["configuration"]["media_attachments"]["supported_mime_types"]
    assert types == ["image/jpeg", "image/png", "image/gif", "image/webp"]


def test_more_than_the_instance_says_is_refused(
    anna: Person, stranger: FlaskClient, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = stranger.get("/api/v1/instance").json
    assert answer is not None
    assert answer["configuration"]["media_attachments"]["image_size_limit"] == IMAGE_BYTES
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    body = head + picture() + b"\0" * IMAGE_BYTES + b"\r\n--x--\r\n"
    multipart = {"Content-Type": "multipart/form-data; boundary=x"}
    assert "less than 16 MB" in anna.refused(422, "POST", "/api/v2/media", data=body, headers=multipart)
    monkeypatch.setattr(uploads, "BODY_BYTES", 1024)
    assert "too large" in anna.refused(413, "POST", "/api/v2/media", data=body, headers=multipart)
    assert stored(config) == []


@pytest.mark.usefixtures("prompt")
def test_a_post_takes_four_of_ones_own_once(anna: Person, bob: Person) -> None:
    mine = [upload(anna, picture())["id"] for _ in range(5)]
    theirs = upload(bob, picture())["id"]
    for media_ids in (mine, [theirs], [mine[0], theirs], ["1"], ["x"]):
        anna.refused(422, "POST", "/api/v1/statuses", json={"status": "x", "media_ids": media_ids})
    anna.toot("x", media_ids=mine[:4])
    anna.refused(422, "POST", "/api/v1/statuses", json={"status": "x", "media_ids": mine[:1]})
    anna.refused(422, "POST", "/api/v1/statuses", json={"status": " "})
    for method in ("GET", "PUT", "DELETE"):
        anna.refused(404, method, f"/api/v1/media/{theirs}")
        anna.refused(404, method, "/api/v1/media/nonsense")
    anna.refused(422, "DELETE", f"/api/v1/media/{mine[0]}")
    assert anna.ask("DELETE", f"/api/v1/media/{mine[4]}").json == {}
    assert bob.get(f"/api/v1/media/{theirs}")["id"] == theirs


@pytest.mark.usefixtures("prompt")
def test_words_focus_and_thumbnail_can_be_changed_before_the_post(anna: Person, stranger: FlaskClient) -> None:
    made = upload(anna, picture())
    path = f"/api/v1/media/{made['id']}"
    changed = anna.ask("PUT", path, json={"description": "Now told", "focus": "1,-7"}).json
    assert changed is not None
    assert (changed["description"], changed["meta"]["focus"]) == ("Now told", {"x": 1.0, "y": -1.0})
    thumbnail = {"thumbnail": (io.BytesIO(picture(30, 10)), "t.png", "image/png")}
    changed = anna.ask("PUT", path, data=thumbnail).json
    assert changed is not None
    assert changed["preview_url"] != made["preview_url"]
    assert changed["url"] == made["url"]
    assert changed["description"] == "Now told"
    assert see(stranger, changed["preview_url"]).status_code == 200
    assert see(stranger, made["preview_url"]).status_code == 404
    for change in ({"focus": "left"}, {"focus": "nan,1"}, {"description": "x" * 1501}):
        anna.refused(422, "PUT", path, json=change)


@pytest.mark.usefixtures("prompt")
def test_an_edit_changes_what_hangs_on_a_post_and_history_keeps_it(anna: Person) -> None:
    first, second = upload(anna, picture()), upload(anna, picture(20, 20))
    status = anna.toot("Look", media_ids=[first["id"]])
    path = f"/api/v1/statuses/{status['id']}"
    change = {
        "status": "Look",
        "media_ids": [second["id"], first["id"]],
        "media_attributes": [{"id": first["id"], "description": "Red"}],
    }
    edited = anna.ask("PUT", path, json=change).json
    assert edited is not None
    assert [each["id"] for each in edited["media_attachments"]] == [second["id"], first["id"]]
    assert edited["media_attachments"][1]["description"] == "Red"
    forms = [[each["id"] for each in form["media_attachments"]] for form in anna.get(f"{path}/history")]
    assert forms == [[first["id"]], [second["id"], first["id"]]]
    edited = anna.ask("PUT", path, json={"status": "Look"}).json
    assert edited is not None
    assert edited["media_attachments"] == []
    assert anna.get(f"/api/v1/media/{first['id']}")["description"] == "Red"


@pytest.mark.usefixtures("prompt")
def test_what_hung_on_a_deleted_post_may_be_posted_anew(anna: Person) -> None:
    made = upload(anna, picture())
    status = anna.toot("Lok", media_ids=[made["id"]])
    deleted = anna.ask("DELETE", f"/api/v1/statuses/{status['id']}").json
    assert deleted is not None
    assert deleted["media_attachments"] == [made]
    assert anna.toot("Look", media_ids=[made["id"]])["media_attachments"] == [made]


@pytest.mark.usefixtures("prompt")
def test_avatar_and_header_are_cut_shown_and_taken_away(anna: Person, stranger: FlaskClient, config: Config) -> None:
    data = {
        "avatar": (io.BytesIO(picture(900, 500)), "a.png", "image/png"),
        "header": (io.BytesIO(photograph()), "h.jpg", "image/jpeg"),
        "display_name": "Anna A.",
    }
    account = anna.ask("PATCH", "/api/v1/accounts/update_credentials", data=data).json
    assert account is not None
    assert account["display_name"] == "Anna A."
    assert Image.open(io.BytesIO(see(stranger, account["avatar"]).data)).size == (400, 400)
    assert account["avatar"] == account["avatar_static"]
    assert see(stranger, account["header"]).mimetype == "image/jpeg"
    shown = stranger.get("/users/anna", headers={"Accept": "application/activity+json"}).json
    assert shown is not None
    assert shown["icon"] == {"type": "Image", "mediaType": "image/png", "url": account["avatar"]}
    after = anna.ask("DELETE", "/api/v1/profile/avatar").json
    assert after is not None
    assert after["avatar"].startswith(f"{ORIGIN}/pictures/")
    assert after["header"] == account["header"]
    after = anna.ask("DELETE", "/api/v1/profile/header").json
    assert after is not None
    assert after["header"].startswith(f"{ORIGIN}/pictures/")
    bad = {"avatar": (io.BytesIO(b"<svg/>"), "a.svg", "image/svg+xml")}
    anna.refused(422, "PATCH", "/api/v1/accounts/update_credentials", data=bad)
    bad = {"avatar": (io.BytesIO(b"GIF89a nonsense"), "a.gif", "image/gif")}
    anna.refused(422, "PATCH", "/api/v1/accounts/update_credentials", data=bad)


def test_strangers_and_wrong_scopes_are_refused_before_anything_is_read(
    stranger: FlaskClient, make_person: MakePerson, config: Config
) -> None:
    reader = make_person("rea", "read write:statuses")
    for method, path in (
        ("POST", "/api/v1/media"),
        ("POST", "/api/v2/media"),
        ("GET", "/api/v1/media/1"),
        ("PUT", "/api/v1/media/1"),
        ("DELETE", "/api/v1/media/1"),
        ("PATCH", "/api/v1/accounts/update_credentials"),
        ("DELETE", "/api/v1/profile/avatar"),
    ):
        data = form(picture()) if method in ("POST", "PUT", "PATCH") else None
        assert stranger.open(path, method=method, data=data).status_code == 401
        data = form(picture()) if data else None
        reader.refused(403, method, path, data=data)
    assert stored(config) == []


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"file": "not a file"},
        {"file": (io.BytesIO(picture()), "a.png"), "focus": "x"},
        {"file": (io.BytesIO(picture()), "a.png"), "description": "x" * 1501},
        {"file": (io.BytesIO(picture()), "a.png"), "thumbnail": (io.BytesIO(b"<svg/>"), "a.png")},
    ],
)
def test_nonsense_is_told_so_and_leaves_nothing(anna: Person, config: Config, data: dict[str, Any]) -> None:
    anna.refused(422, "POST", "/api/v2/media", data=data)
    assert stored(config) == []


def test_not_everybody_uploads_at_once(anna: Person, app: flask.Flask, context: Context) -> None:
    with app.test_request_context():
        first, second = uploads.received(), uploads.received()
        with first, second:
            anna.refused(503, "POST", "/api/v2/media", data=form(picture()))
    assert anna.ask("POST", "/api/v2/media", data=form(picture())).status_code == 202


def test_nobody_can_fill_the_disk_with_what_is_never_posted(anna: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.fediverse.media.limits.LOOSE", 2)
    for _ in range(2):
        anna.ask("POST", "/api/v2/media", data=form(picture()))
    anna.refused(429, "POST", "/api/v2/media", data=form(picture()))


@pytest.mark.usefixtures("prompt")
def test_what_a_scheduled_post_will_show_waits_with_it(anna: Person, clock: VirtualClock, context: Context) -> None:
    made = upload(anna, picture())
    due_at = (clock.now() + timedelta(days=3)).isoformat()
    planned = anna.toot("Later", media_ids=[made["id"]], scheduled_at=due_at)
    assert (planned["params"]["media_ids"], planned["media_attachments"]) == ([made["id"]], [made])
    with context.database.read() as tx:
        assert media.own(tx, anna.id, int(made["id"])).keep_until > milliseconds(clock.now() + timedelta(days=3))
    anna.refused(422, "POST", "/api/v1/statuses", json={"media_ids": [made["id"]], "poll": {"options": ["a", "b"]}})


def test_on_a_full_disk_nothing_is_taken_in_and_others_can_still_post(
    anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "RESERVE", 10**18)
    for _ in range(3):
        anna.refused(507, "POST", "/api/v2/media", data=form(picture()))
    anna.toot("Words find room")
    monkeypatch.setattr(uploads, "RESERVE", 0)
    assert anna.ask("POST", "/api/v2/media", data=form(picture())).status_code == 202
