# SPDX-License-Identifier: AGPL-3.0-or-later
import io
from typing import Any

import pytest

from appliance.config import Config
from appliance.fediverse.context import Context
from appliance.fediverse.services import accounts, statuses
from appliance.fediverse.services.attachments import Attachment
from appliance.fediverse.services.statuses import Draft
from tests.fediverse.media_files import picture
from tests.fediverse.web.conftest import Fields


def choose(browser: Any, data: bytes, **more: str) -> Any:
    form = Fields(browser.get("/settings").text).forms["/settings/picture"] | more
    form.pop("picture", None)
    return browser.post("/settings/picture", form | {"picture": (io.BytesIO(data), "me.png")})


@pytest.mark.usefixtures("prompt")
def test_a_member_chooses_her_picture_and_takes_it_away(ada: Any, stranger: Any) -> None:
    assert stranger.get("/avatars/ada.svg").mimetype == "image/svg+xml"
    assert choose(ada, picture()).headers["Location"] == "/settings?done=picture"
    face = stranger.get("/avatars/ada.svg")
    assert face.status_code == 302
    shown = stranger.get(face.headers["Location"])
    assert shown.mimetype == "image/png"
    shown.close()
    form = Fields(ada.get("/settings").text).forms["/settings/picture/remove"]
    assert ada.post("/settings/picture/remove", form).status_code == 303
    assert stranger.get("/avatars/ada.svg").status_code == 200


@pytest.mark.usefixtures("prompt")
@pytest.mark.parametrize("data", [b"", b"<svg/>", b"GIF89a and then nothing"])
def test_what_is_no_picture_is_told_so(ada: Any, stranger: Any, config: Config, data: bytes) -> None:
    answer = choose(ada, data)
    assert answer.status_code == 422
    assert stranger.get("/avatars/ada.svg").status_code == 200
    folder = config.fediverse_state / "media"
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_strangers_and_foreign_forms_send_nothing(ada: Any, stranger: Any, config: Config) -> None:
    form = {"picture": (io.BytesIO(picture()), "x.png"), "csrf": "x"}
    assert stranger.post("/settings/picture", form).status_code == 403
    assert choose(ada, picture(), csrf="wrong").status_code == 403
    foreign = {"Sec-Fetch-Site": "cross-site"}
    form = {"picture": (io.BytesIO(picture()), "x.png")}
    assert ada.post("/settings/picture", form, headers=foreign).status_code == 403
    folder = config.fediverse_state / "media"
    assert not [path for path in folder.rglob("*") if path.is_file()]
    assert ada.get("/settings").status_code == 200


def test_posts_show_what_hangs_on_them_with_words(ada: Any, stranger: Any, context: Context) -> None:
    attachments = [
        Attachment("image", "image/png", 'A "cup"', id=1, file="ab/" + "0" * 30 + ".png", small="cd/x.jpg"),
        Attachment("video", "video/mp4", "", id=2, file="ab/" + "1" * 30 + ".mp4"),
        Attachment("audio", "audio/mpeg", "A song", id=3, file="ab/" + "2" * 30 + ".mp3"),
    ]
    with context.database.write() as tx:
        row = accounts.find_local(tx, "ada")
        assert row is not None
        status_id = statuses.create(tx, context.urls("http://localhost"), row.id, Draft("Look", sensitive=True))
        stored = [each.stored() for each in attachments]
        from appliance.fediverse.db.tables import statuses as table

        tx.execute(table.update().where(table.c.id == status_id).values(attachments=stored))
    page = stranger.get(f"/@ada/{status_id}")
    assert 'alt="A &#34;cup&#34;"' in page.text
    assert 'aria-label="Film without a description"' in page.text
    assert 'aria-label="A song"' in page.text
    assert "<summary>Sensitive pictures</summary>" in page.text
    assert "media-src 'self'" in page.headers["Content-Security-Policy"]
