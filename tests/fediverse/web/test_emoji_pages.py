# SPDX-License-Identifier: AGPL-3.0-or-later
import io
from collections.abc import Callable
from typing import Any

import pytest

from appliance.fediverse.context import Context
from appliance.fediverse.services import members
from appliance.secret import Secret
from tests.fediverse.media_files import picture
from tests.fediverse.web.conftest import PASSWORD, Browser, Fields

PAGE = "/settings/emoji"


@pytest.fixture
def bea(context: Context, browser: Callable[..., Browser]) -> Browser:
    """An ordinary member."""
    with context.database.write() as tx:
        members.create(tx, "bea", Secret(PASSWORD))
    bea = browser()
    bea.log_in("bea")
    return bea


def add(browser: Any, name: str, data: bytes, **more: str) -> Any:
    form = Fields(browser.get(PAGE).text).forms[PAGE] | {"shortcode": name} | more
    form.pop("picture", None)
    return browser.post(PAGE, form | {"picture": (io.BytesIO(data), "x.png")})


@pytest.mark.usefixtures("prompt")
def test_the_owner_adds_an_emoji_and_takes_it_away(ada: Any, stranger: Any, text_of: Any) -> None:
    assert add(ada, "teapot", picture()).headers["Location"] == f"{PAGE}?done=added"
    (shown,) = stranger.get("/api/v1/custom_emojis").json
    assert shown["shortcode"] == "teapot"
    for url in {shown["url"], shown["static_url"]}:
        file = stranger.get(f"/media/{url.partition('/media/')[2]}")
        assert (file.status_code, file.mimetype.partition("/")[0]) == (200, "image")
        file.close()
    assert ":teapot:" in text_of(ada.get(PAGE))
    assert add(ada, "teapot", picture()).status_code == 422
    form = Fields(ada.get(PAGE).text).forms[f"{PAGE}/remove"]
    assert ada.post(f"{PAGE}/remove", form).status_code == 303
    assert stranger.get("/api/v1/custom_emojis").json == []


@pytest.mark.usefixtures("prompt")
@pytest.mark.parametrize(("name", "data"), [("a b", picture()), ("", picture()), ("teapot", b"<svg/>"), ("tea", b"")])
def test_what_can_be_none_is_told_so(ada: Any, stranger: Any, name: str, data: bytes) -> None:
    assert add(ada, name, data).status_code == 422
    assert stranger.get("/api/v1/custom_emojis").json == []


def test_members_and_strangers_may_not(ada: Any, bea: Any, stranger: Any) -> None:
    assert bea.get(PAGE).status_code == 403
    form = Fields(ada.get(PAGE).text).forms[PAGE]
    for browser in (bea, stranger):
        data = {**form, "shortcode": "teapot", "picture": (io.BytesIO(picture()), "x.png")}
        assert browser.post(PAGE, data).status_code == 403
        assert browser.post(f"{PAGE}/remove", {**form, "shortcode": "teapot"}).status_code == 403
    assert stranger.get("/api/v1/custom_emojis").json == []
