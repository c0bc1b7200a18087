# SPDX-License-Identifier: AGPL-3.0-or-later
"""The way from the internet to the box, as its owner sees it: a home is broken and mended on the front panel."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.end_to_end.box import Box
from tests.end_to_end.browser import Inspection, visitor
from tests.end_to_end.panel import Panel
from tests.end_to_end.people import log_in
from tests.end_to_end.waiting import eventually
from tests.end_to_end.wizard import Answers, answer_instance, answer_owner, claim

NAME = "our-house.example.org"
HANNA = Answers("hanna", "slow amber kettle 41", "The Porch", name=NAME)
REACHED = f"Everybody reaches the box at {NAME}."
HEALS_WITHIN = 60.0

# What is done to the home, what must be named, and whether a picture is taken of it.
BROKEN = [
    ("cable", "no", "no-link", True),
    ("dns", "no", "no-dns", False),
    ("clock", "no", "clock-untrusted", False),
    ("upnp", "no", "router-silent", False),
    ("nat", "router", "double-nat", False),
    ("nat", "carrier", "carrier-nat", True),
    ("rival", "yes", "port-taken", True),
    ("blocks_80", "yes", "provider-blocks-80", False),
    ("blocks_443", "yes", "provider-blocks-443", False),
    ("record", "missing", "record-absent", True),
    ("record", "wrong", "record-wrong", False),
    ("record", "stale", "record-stale", False),
    ("ipv6_only", "yes", "ipv6-only", False),
    ("aaaa", "no", "aaaa-broken", False),
    ("caa", "no", "caa-forbids", False),
    ("authority", "late", "certificate-expires", False),
    ("authority", "refuses", "certificate-failed", False),
    ("hairpin", "no", "no-hairpin", False),
]


@pytest.fixture(scope="module")
def box(new_box_for_all: Callable[..., Box], browser: Browser, inspection: Inspection) -> Iterator[Box]:
    """A box under a name of its owner's; the wizard waited with her for its record."""
    box = new_box_for_all("way").start()
    with visitor(browser) as context:
        page = context.new_page()
        claim(page, box)
        answer_owner(page, HANNA)
        answer_instance(page, HANNA)
        _watch_the_record_come(page, box, inspection)
        page.get_by_role("link", name="Go on").click()
        page.get_by_role("button", name="Finish").click()
        page.wait_for_url("**/setup/done")
    yield box
    box.dispose()


@pytest.fixture(scope="module")
def page(box: Box, browser: Browser) -> Iterator[Page]:
    """The way's own page, left open all the time: nothing in here loads it again."""
    with visitor(browser) as context:
        page = context.new_page()
        page.goto(f"{box.console}/login")
        log_in(page, HANNA.username, HANNA.password)
        expect(page.get_by_role("heading", name="The way to you")).to_be_visible()
        page.goto(f"{box.console}/way")
        yield page


def test_well(box: Box, page: Page, inspection: Inspection) -> None:
    expect(page.get_by_text(REACHED)).to_be_visible(timeout=HEALS_WITHIN * 1000)
    assert [each["state"] for each in box.status()["way"]["stretches"]] == ["green"] * 3
    inspection.look(page, "way-well")
    _look_at_the_overview(page, "overview-way-well", inspection)
    inspection.assert_clean()


@pytest.mark.parametrize(("what", "value", "cause", "picture"), BROKEN, ids=[each[2] for each in BROKEN])
def test_each_cause_is_named_first_and_alone_and_heals_by_itself(
    box: Box, page: Page, inspection: Inspection, what: str, value: str, cause: str, picture: bool
) -> None:
    panel = Panel(box)
    try:
        panel.home(what, value)
        eventually(f"{cause} is named", lambda: box.status()["way"]["cause"] == cause, seconds=HEALS_WITHIN)
        way = box.status()["way"]
        assert [each["state"] for each in way["stretches"]].count("red") == 1
        expect(page.locator(".way__sentence")).to_have_text(way["sentence"])
        expect(page.locator(".way__link--red")).to_have_count(1)
        expect(page.get_by_text(way["remedy"])).to_be_visible()
        if picture:  # and an issue, as it lasts
            eventually("it is the one issue", lambda: _issues(box) == [cause], seconds=HEALS_WITHIN)
            inspection.look(page, f"way-{cause}")
            _look_at_the_overview(page, f"overview-way-{cause}", inspection)
    finally:
        panel.mend_home()
    expect(page.get_by_text(REACHED)).to_be_visible(timeout=HEALS_WITHIN * 1000)
    assert _issues(box) == []
    inspection.assert_clean()


def test_try_again_is_a_button(page: Page) -> None:
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("The box is looking again.")).to_be_visible()


def _watch_the_record_come(page: Page, box: Box, inspection: Inspection) -> None:
    Panel(box).home("record", "missing")
    page.get_by_label("A name on the internet").check()
    page.get_by_label("The name", exact=False).last.fill(NAME)
    page.get_by_label("I know that this name can never be changed.").check()
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/setup/records")
    expect(page.get_by_text("not there yet")).to_be_visible(timeout=HEALS_WITHIN * 1000)
    expect(page.get_by_label("A value")).to_have_text("11.22.33.44")
    inspection.look(page, "records-waiting")
    Panel(box).home("record", "right")
    expect(page.get_by_role("heading", name="Your name leads to your home")).to_be_visible(timeout=HEALS_WITHIN * 1000)
    inspection.look(page, "records-there")


def _issues(box: Box) -> list[str]:
    return [each["key"] for each in box.status()["issues"]]


def _look_at_the_overview(page: Page, name: str, inspection: Inspection) -> None:
    """In a tab beside it."""
    tab = page.context.new_page()
    tab.goto(page.url.replace("/way", "/"))
    expect(tab.get_by_role("heading", name="The way to you")).to_be_visible()
    inspection.look(tab, name)
    tab.close()


def test_the_home_can_be_broken_and_mended_by_keyboard(box: Box, browser: Browser, inspection: Inspection) -> None:
    """The button that was pressed keeps the focus, and says what has become of it."""
    with visitor(browser) as context:
        panel = context.new_page()
        panel.goto(box.panel)
        cable = panel.get_by_role("button", name="The cable: The network cable is plugged in. Pull it.")
        cable.focus()
        panel.keyboard.press("Enter")
        pulled = panel.get_by_role("button", name="The cable: The network cable is pulled. Plug it in.")
        expect(pulled).to_be_focused()
        inspection.look(panel, "panel-home")
        panel.keyboard.press("Space")
        expect(cable).to_be_focused()
        upnp = panel.locator("#home-upnp-1")
        upnp.focus()
        panel.keyboard.press("Enter")
        expect(upnp).to_contain_text("Turn UPnP on")
        expect(upnp).to_be_focused()
        panel.get_by_role("button", name="Mend all of it").click()
        expect(upnp).to_contain_text("Turn UPnP off")
    inspection.assert_clean()
