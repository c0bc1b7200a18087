# SPDX-License-Identifier: AGPL-3.0-or-later
"""A friend joins by the invite link from the done page."""

import sqlite3
import time

import pytest
from playwright.sync_api import Browser, expect

from tests.end_to_end.boxes import Pair
from tests.end_to_end.browser import PHONE, Inspection, visitor
from tests.end_to_end.people import log_in_by_redirect

FRIEND, PASSWORD = "frida", "orange ladder winter 5"


def test_a_friend_joins_by_the_invite_link(pair: Pair, browser: Browser, inspection: Inspection) -> None:
    side = pair.a
    with visitor(browser, PHONE) as friend:
        page = friend.new_page()
        page.goto(side.invite)
        expect(page.get_by_role("heading", name="Join The Garden Table")).to_be_visible()
        inspection.look(page, "join")
        page.get_by_label("Choose a user name").fill(FRIEND)
        page.get_by_label("Choose a password").fill(PASSWORD)
        page.get_by_label("I have read the rules").check()
        # An impatient friend presses twice, and is one member all the same.
        page.get_by_role("button", name="Join", exact=True).dblclick()
        expect(page.get_by_role("heading", name=f"Welcome home, @{FRIEND}")).to_be_visible()
        inspection.look(page, "joined")
        app = log_in_by_redirect(friend, side.box, FRIEND, PASSWORD)
    assert app.account_verify_credentials()["acct"] == FRIEND
    posted = app.status_post("Hello from the phone.")
    assert posted["id"] in [status["id"] for status in side.app.timeline_local()]
    members = side.box.hearth_json("member", "list")
    assert [member["role"] for member in members if member["username"] == FRIEND] == ["member"]
    inspection.assert_clean()


def test_an_invite_works_once(pair: Pair, browser: Browser, inspection: Inspection) -> None:
    with visitor(browser) as late:
        page = late.new_page()
        answer = page.goto(pair.a.invite)
        assert answer is not None
        assert answer.status in (403, 404, 410)
        expect(page.locator("main")).to_contain_text("used")
        inspection.look(page, "join-used")
    inspection.assert_clean()


def test_an_expired_invite_says_so(pair: Pair, browser: Browser, inspection: Inspection) -> None:
    box = pair.b.box
    link = box.hearth_json("member", "invite")["url"]
    # A week passes.
    with sqlite3.connect(box.state / "fediverse" / "database.sqlite", timeout=10) as database:
        database.execute("UPDATE invites SET expires_at = ? WHERE used_at IS NULL", (int(time.time() * 1000) - 1,))
    database.close()
    with visitor(browser) as late:
        page = late.new_page()
        answer = page.goto(link)
        assert answer is not None
        assert answer.status in (403, 404, 410)
        expect(page.locator("main")).to_contain_text("run out")
        inspection.look(page, "join-expired")
    inspection.assert_clean()


@pytest.mark.parametrize("token", ["x", "A" * 43, "../admin", "%00", "A" * 5000])
def test_an_invented_invite_is_refused(pair: Pair, token: str) -> None:
    answer = pair.a.box.get(f"{pair.a.box.instance}/join/{token}")
    assert 400 <= answer.status < 500
    assert b"Traceback" not in answer.data
