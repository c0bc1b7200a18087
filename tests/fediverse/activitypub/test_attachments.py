# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures as other servers read them of us, and as they are read of others, whatever stands there."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.fediverse.activitypub import documents, notes
from appliance.fediverse.context import Context
from appliance.fediverse.services.attachments import Attachment, read, sizes
from appliance.fediverse.urls import Urls
from tests.fediverse.conftest import ORIGIN, Person
from tests.fediverse.media_files import picture, upload

AUTHOR = "https://far.example/users/rita"


def note(attachment: Any) -> notes.Note:
    document = {
        "id": f"{AUTHOR}/1",
        "type": "Note",
        "attributedTo": AUTHOR,
        "content": "<p>Hi</p>",
        "to": [documents.PUBLIC],
        "attachment": attachment,
    }
    return notes.read(document, None, 1_000_000)


@pytest.mark.usefixtures("prompt")
def test_a_picture_of_ours_is_told_of_with_all_that_others_show(
    anna: Person, stranger: FlaskClient, context: Context
) -> None:
    made = upload(anna, picture(), description="A wall", focus="0.5,-0.25")
    status = anna.toot("Look", media_ids=[made["id"]])
    accept = {"Accept": "application/activity+json"}
    told = stranger.get(status["uri"].removeprefix(ORIGIN), headers=accept).json
    assert told is not None
    assert told["attachment"] == [
        {
            "type": "Document",
            "mediaType": "image/png",
            "url": made["url"],
            "name": "A wall",
            "blurhash": made["blurhash"],
            "focalPoint": [0.5, -0.25],
            "width": 60,
            "height": 40,
        }
    ]
    terms = next(each for each in told["@context"] if isinstance(each, dict))
    assert {"blurhash", "focalPoint"} <= terms.keys()


def test_what_we_say_can_be_read_again() -> None:
    ours = Attachment(
        "image", "image/png", "A wall", id=1, file="ab/c.png", blurhash="L00000fQfQfQfQfQfQfQfQfQfQfQ",
        meta={"original": sizes(60, 40), "focus": {"x": 0.5, "y": -0.25}},
    )  # fmt: skip
    (back,) = note([documents.attachment(Urls("https://home.example", True), ours)]).attachments
    assert back.url == "https://home.example/media/ab/c.png"
    assert (back.type, back.description, back.blurhash, back.meta) == ("image", "A wall", ours.blurhash, ours.meta)
    assert read(back.stored()) == back


@pytest.mark.parametrize(
    "more",
    [
        {"blurhash": "<script>"},
        {"blurhash": "x" * 5000},
        {"blurhash": ["L00000fQ"]},
        {"focalPoint": [2, 0]},
        {"focalPoint": [True, False]},
        {"focalPoint": ["0", "0"]},
        {"focalPoint": [0]},
        {"focalPoint": {"x": 0}},
        {"width": -1, "height": 5},
        {"width": 10**30, "height": 5},
        {"width": "5", "height": "5"},
        {"width": True, "height": True},
        {"height": 5},
    ],
)
def test_nonsense_beside_a_picture_is_left_out(more: dict[str, Any]) -> None:
    (found,) = note(
        {"type": "Document", "url": "https://far.example/a.png", "mediaType": "image/png", **more}
    ).attachments
    assert (found.blurhash, found.meta) == (None, {})


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:image/png,x", "", None, 7, {"href": "file:///etc/passwd"}]
)
def test_what_has_no_address_on_the_web_is_no_attachment(address: Any) -> None:
    assert note([{"type": "Document", "mediaType": "image/png", "url": address}]).attachments == ()
