# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every page in every variant: a picture into screenshots/, and no violation found by axe-core."""

import secrets
from collections.abc import Iterator

import pytest
from mastodon import Mastodon
from playwright.sync_api import Browser, Page

from tests.end_to_end.box import Box
from tests.end_to_end.boxes import Pair, Side
from tests.end_to_end.browser import Inspection, visitor
from tests.end_to_end.panel import Panel
from tests.end_to_end.people import OUT_OF_BAND, SCOPES, log_in

WIZARD = ("welcome", "claim", "owner", "instance", "address", "review", "done")


@pytest.fixture(scope="module")
def stranger(browser: Browser) -> Iterator[Page]:
    with visitor(browser) as context:
        yield context.new_page()


@pytest.fixture(scope="module")
def owner(pair: Pair, browser: Browser) -> Iterator[Page]:
    """A browser in which A's owner is logged in to the console and to the instance."""
    with visitor(browser) as context:
        page = context.new_page()
        for login in (pair.a.box.console, f"{pair.a.box.instance}/login"):
            page.goto(login)
            log_in(page, pair.a.username, pair.a.password)
            page.wait_for_url(lambda url: "/login" not in url)
        yield page


def test_the_wizard(pair: Pair, inspection: Inspection) -> None:
    """The pages that were seen when the two boxes were set up."""
    assert inspection.looked_at >= {f"wizard-{step}" for step in WIZARD}
    assert inspection.looked_at >= {f"wizard-without-javascript-{step}" for step in WIZARD}
    inspection.assert_clean()


@pytest.mark.parametrize("name", ["front", "about", "login", "profile", "post", "tag", "missing"])
def test_pages_for_everybody(pair: Pair, stranger: Page, inspection: Inspection, name: str) -> None:
    stranger.goto(pair.a.box.instance + _paths(pair.a)[name])
    inspection.look(stranger, f"instance-{name}")
    inspection.assert_clean()


def test_a_members_pages(pair: Pair, owner: Page, inspection: Inspection) -> None:
    for name in ("front", "settings", "people"):
        owner.goto(pair.a.box.instance + _paths(pair.a)[name])
        inspection.look(owner, f"member-{name}")
    owner.goto(f"{pair.a.box.instance}/settings")
    owner.get_by_role("button", name="Make an invite").click()
    inspection.look(owner, "member-invite")
    inspection.assert_clean()


def test_an_app_asks(pair: Pair, owner: Page, inspection: Inspection) -> None:
    client_id, _ = Mastodon.create_app(
        "A friendly app", scopes=SCOPES, redirect_uris=OUT_OF_BAND, api_base_url=pair.a.box.instance
    )
    app = Mastodon(client_id=client_id, client_secret="unused", api_base_url=pair.a.box.instance)
    owner.goto(app.auth_request_url(scopes=SCOPES, state=secrets.token_urlsafe(8), allow_http=True))
    inspection.look(owner, "member-consent")
    owner.locator("button[name=answer][value=grant]").click()
    inspection.look(owner, "member-code")
    inspection.assert_clean()


def test_the_console(pair: Pair, owner: Page, inspection: Inspection) -> None:
    for name, path in (("dashboard", "/"), ("settings", "/settings"), ("erase", "/settings/erase"), ("missing", "/x")):
        owner.goto(pair.a.box.console + path)
        inspection.look(owner, f"console-{name}")
    inspection.assert_clean()


def test_the_console_with_an_issue(pair: Pair, owner: Page, inspection: Inspection) -> None:
    panel = Panel(pair.a.box)
    panel.heat(84)
    panel.plug_disk("Old Holiday Pictures", 500)
    try:
        owner.goto(pair.a.box.console)
        owner.locator("[data-part=issues] .card, [data-part=issues] .notice").first.wait_for()
        inspection.look(owner, "console-issues")
    finally:
        panel.heat(42)
        panel.pull_disk("sda")
    inspection.assert_clean()


def test_the_front_panel(pair: Pair, stranger: Page, inspection: Inspection) -> None:
    stranger.goto(pair.a.box.panel)
    inspection.look(stranger, "panel")
    inspection.assert_clean()


def test_no_page_asks_anybody_else(pair: Pair, owner: Page) -> None:
    asked: list[str] = []
    owner.on("request", lambda request: asked.append(request.url))
    box: Box = pair.a.box
    for url in (box.console, box.panel, *(box.instance + path for path in _paths(pair.a).values())):
        owner.goto(url)
    foreign = [url for url in asked if not url.startswith((box.console, box.panel, box.instance, "data:"))]
    assert foreign == []


def _paths(side: Side) -> dict[str, str]:
    post = side.app.account_statuses(side.account_id, limit=1)
    if not post:
        side.app.status_post("The first loaf is out of the oven. Who wants a slice? #bread")
        post = side.app.account_statuses(side.account_id, limit=1)
    return {
        "front": "/",
        "about": "/about",
        "login": "/login",
        "profile": f"/@{side.username}",
        "post": f"/@{side.username}/{post[0]['id']}",
        "tag": "/tags/bread",
        "settings": "/settings",
        "people": "/settings/people",
        "missing": "/nothing/here",
    }
