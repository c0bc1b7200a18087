# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who gets into the console, and what the button and the owner can do to the box, on a whole box."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.end_to_end.answers import PASSWORD, USERNAME, answers_file
from tests.end_to_end.box import Box
from tests.end_to_end.browser import Inspection, visitor
from tests.end_to_end.panel import Panel
from tests.end_to_end.people import log_in
from tests.end_to_end.waiting import eventually
from tests.end_to_end.wizard import Answers, press_on_the_panel, start_waiting

DORA = Answers("dora", "green tower spoon 12", "The Attic")
NEW_PASSWORD = "quiet river lantern 88"


@pytest.fixture(scope="module")
def box(new_box_for_all: Callable[..., Box]) -> Iterator[Box]:
    """A box that its owner set up."""
    box = new_box_for_all("console").start()
    box.hearth("setup", "--answers", answers_file(box))
    yield box
    box.dispose()


def test_two_browsers_that_claim_at_once_both_get_nothing(
    new_box: Callable[..., Box], browser: Browser, inspection: Inspection
) -> None:
    box = new_box("contested").start()
    with visitor(browser) as one, visitor(browser) as other:
        mine, theirs = one.new_page(), other.new_page()
        for page in (mine, theirs):
            page.goto(box.console)
            start_waiting(page)
        for page in (mine, theirs):
            expect(page.get_by_role("heading", name="Somebody else is waiting too")).to_be_visible()
        inspection.look(mine, "contested")
        press_on_the_panel(one, box)
        eventually("the press was taken", lambda: Panel(box).look()["held"] is None)
        assert not box.status()["box"]["claimed"]

        code = Panel(box).look()["code"]
        mine.get_by_text("I have a code").click()
        mine.get_by_label("Claim code").fill("AAAA-BBBB")
        mine.get_by_role("button", name="Claim with the code").click()
        expect(mine.get_by_role("alert").first).to_be_visible()
        inspection.look(mine, "wrong-code")
        assert not box.status()["box"]["claimed"]
        mine.get_by_label("Claim code").fill(code)
        mine.get_by_role("button", name="Claim with the code").click()
        mine.wait_for_url("**/setup/owner")

        # The other one's page says so by itself, and cannot skip into the wizard.
        told = theirs.get_by_role("heading", name="Somebody is setting this box up")
        expect(told).to_be_visible()
        theirs.goto(f"{box.console}/setup/owner")
        expect(told).to_be_visible()
        inspection.look(theirs, "claimed-by-another")

        # An impatient owner presses twice.
        mine.get_by_label("User name").fill(DORA.username)
        mine.get_by_label("Password", exact=True).fill("1234567890")
        mine.get_by_label("Password, once more").fill("1234567890")
        mine.get_by_role("button", name="Make my account").click()
        expect(mine.locator(".error").first).to_be_visible()
        inspection.look(mine, "weak-password")
        mine.get_by_label("Password", exact=True).fill(DORA.password)
        mine.get_by_label("Password, once more").fill(DORA.password)
        mine.get_by_role("button", name="Make my account").dblclick()
        mine.wait_for_url("**/setup/instance")
        assert [member["username"] for member in _members(box)] == [DORA.username]

        # No step can be skipped, and a cut in the middle resumes where it was.
        mine.goto(f"{box.console}/setup/review")
        expect(mine).to_have_url(re.compile("/setup/instance"))
        box.kill()
        box.start()
        mine.goto(box.console)
        expect(mine).to_have_url(re.compile("/setup/instance"))
    inspection.assert_clean()


def test_after_claiming_a_visitor_meets_the_login_page(box: Box, browser: Browser, inspection: Inspection) -> None:
    with visitor(browser) as stranger:
        page = stranger.new_page()
        for path in ("/", "/claim", "/setup/owner", "/setup/review", "/settings"):
            page.goto(box.console + path)
            expect(page).to_have_url(re.compile("/login"))
        inspection.look(page, "login")
        log_in(page, USERNAME, "not the password")
        expect(page.get_by_role("alert").first).to_be_visible()
        inspection.look(page, "login-refused")
        log_in(page, USERNAME, PASSWORD)
        expect(page.get_by_role("heading", name="The Shed")).to_be_visible()
        inspection.look(page, "dashboard")
        page.goto(f"{box.console}/settings")
        inspection.look(page, "settings")
    inspection.assert_clean()


def test_a_press_lets_the_browser_that_waits_choose_a_new_password_and_no_other(
    box: Box, browser: Browser, inspection: Inspection
) -> None:
    with visitor(browser) as logged_in, visitor(browser) as owner, visitor(browser) as guest:
        before = _log_in(logged_in.new_page(), box, PASSWORD)
        page, other = owner.new_page(), guest.new_page()
        for each in (page, other):
            each.goto(f"{box.console}/recovery")
        inspection.look(page, "recovery")
        Panel(box).press()
        assert not box.status()["box"]["recovery_open"], "nobody waits"
        start_waiting(page)
        inspection.look(page, "recovery-waiting")
        Panel(box).press()
        expect(page.get_by_label("New password", exact=True)).to_be_visible()
        assert Panel(box).light == "recovery"
        other.reload()
        expect(other.get_by_role("heading", name="Somebody is choosing a new password")).to_be_visible()
        expect(other.get_by_label("New password", exact=True)).to_have_count(0)
        inspection.look(other, "recovery-elsewhere")
        page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
        inspection.look(page, "recovery-open")
        page.get_by_label("New password, once more").fill(NEW_PASSWORD)
        page.get_by_role("button", name="Keep it and log in").click()
        expect(page.get_by_role("heading", name="The Shed")).to_be_visible()
        before.reload()
        expect(before).to_have_url(re.compile("/login"))
        assert not box.status()["box"]["recovery_open"], "it closes once it was used"
    inspection.assert_clean()


def test_erase_and_undo(box: Box, browser: Browser, inspection: Inspection) -> None:
    box.hearth("member", "add", "emil")
    with visitor(browser) as context:
        page = _log_in(context.new_page(), box, NEW_PASSWORD)
        page.goto(f"{box.console}/settings")
        page.get_by_role("link", name=re.compile("^Erase everything")).click()
        inspection.look(page, "erase")
        page.get_by_label(re.compile("^Type")).fill("erase nothing")
        page.get_by_role("button", name="Erase everything").click()
        expect(page.get_by_role("alert").first).to_be_visible()
        assert box.status()["box"]["owner"] == USERNAME
        page.get_by_label(re.compile("^Type")).fill(f"erase {box.status()['box']['name']}")
        page.get_by_role("button", name="Erase everything").click()
        eventually("the box is as new", lambda: box.status()["box"]["owner"] is None, seconds=40)
        eventually("the new instance is empty", lambda: _members(box) == [], seconds=40)
        assert list(box.state.glob("erased-*/fediverse/database.sqlite")), "the data is put aside, not deleted"

    with visitor(browser) as context:
        page = context.new_page()
        page.goto(box.console)
        start_waiting(page)
        Panel(box).press()
        page.wait_for_url("**/setup/owner")
        inspection.look(page, "erase-undo")
        page.get_by_role("button", name=re.compile("bring|undo", re.IGNORECASE)).click()
        eventually("the owner is back", lambda: box.status()["box"]["owner"] == USERNAME, seconds=40)
    names = eventually("the members are back", lambda: {m["username"] for m in _members(box)}, seconds=40)
    assert names == {USERNAME, "emil"}
    inspection.assert_clean()


def test_holding_the_button_resets_the_console_and_keeps_the_posts(box: Box, browser: Browser) -> None:
    panel = Panel(box)
    members = {member["username"] for member in _members(box)}
    panel.hold(16)
    for light in ("hold-shutdown", "hold-reset", "confirm-reset"):
        eventually(f"the light says {light}", lambda light=light: panel.light == light)
    panel.press()
    eventually("nobody owns the box", lambda: box.status()["box"]["owner"] is None)
    assert panel.light == "unclaimed"
    assert {member["username"] for member in _members(box)} == members
    with visitor(browser) as context:
        page = context.new_page()
        page.goto(box.console)
        start_waiting(page)
        panel.press()
        page.wait_for_url("**/setup/owner")
        page.get_by_label("User name").fill(USERNAME)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password, once more").fill(PASSWORD)
        page.get_by_role("button", name="Make my account").click()
        # The instance kept its name, so the wizard goes on behind it.
        page.wait_for_url("**/setup/address")


def test_releasing_after_seven_seconds_shuts_down(box: Box) -> None:
    panel = Panel(box)
    panel.hold(7)
    eventually("the box is off", lambda: not panel.look()["powered"], seconds=40)
    assert panel.light == "off"
    assert {row["state"] for row in panel.look()["services"]} <= {"stopped"}
    panel.pull_the_power()
    panel.give_power()
    box.wait_until_up()


def _log_in(page: Page, box: Box, password: str) -> Page:
    page.goto(box.console)
    log_in(page, USERNAME, password)
    expect(page.get_by_role("heading", name="The Shed")).to_be_visible()
    return page


def _members(box: Box) -> list[dict[str, str]]:
    found = box.hearth_json("member", "list")
    assert isinstance(found, list)
    return found
