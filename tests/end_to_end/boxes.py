# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two boxes side by side, each with its owner and the owner's app."""

from collections.abc import Callable
from dataclasses import dataclass

from mastodon import Mastodon
from playwright.sync_api import Browser, BrowserContext, Page

from tests.end_to_end.box import Box
from tests.end_to_end.browser import DESKTOP, PHONE, VARIANTS, Inspection, Screen, visitor
from tests.end_to_end.people import log_in_by_redirect, log_in_out_of_band
from tests.end_to_end.wizard import Answers, set_up

ANNA = Answers("anna", "violet kettle harbour 9", "The Garden Table", "Neighbours who share bread, tools and news.")
BEN = Answers("ben", "slow yellow bicycle 4", "Linden Street", "Everybody between the bridge and the bakery.")


@dataclass
class Side:
    """One box, its owner, and the owner's Mastodon client. `invite` is the link from the done page."""

    box: Box
    username: str
    password: str
    app: Mastodon
    account_id: int
    invite: str

    @property
    def name(self) -> str:
        return self.box.name

    @property
    def handle(self) -> str:
        return f"{self.username}@{self.box.host}"


@dataclass
class Pair:
    a: Side
    b: Side


def set_up_pair(box_a: Box, box_b: Box, browser: Browser, inspection: Inspection) -> Pair:
    """A by a person at a desk; B by one with a phone and without JavaScript."""
    for box in (box_a, box_b):
        box.start(wait=False)
    for box in (box_a, box_b):
        box.wait_until_up()
    a = _settle(browser, box_a, ANNA, _looker(inspection, "wizard", VARIANTS, judge=True), log_in_by_redirect, DESKTOP)
    plain = (PHONE, Screen("phone", PHONE.width, PHONE.height, "dark"))
    b = _settle(
        browser,
        box_b,
        BEN,
        _looker(inspection, "wizard-without-javascript", plain, judge=False),
        log_in_out_of_band,
        PHONE,
        javascript=False,
    )
    return Pair(a, b)


def _settle(
    browser: Browser,
    box: Box,
    answers: Answers,
    look: Callable[[Page, str], None],
    log_in: Callable[[BrowserContext, Box, str, str], Mastodon],
    screen: Screen,
    *,
    javascript: bool = True,
) -> Side:
    with visitor(browser, screen, javascript=javascript) as context:
        page = set_up(context, box, answers, look)
        page.get_by_role("button", name="Make an invite link").click()
        invite = page.get_by_label("Invite link").first.inner_text().strip()
        app = log_in(context, box, answers.username, answers.password)
    account_id = app.account_verify_credentials()["id"]
    return Side(box, answers.username, answers.password, app, account_id, invite)


def _looker(
    inspection: Inspection, prefix: str, variants: tuple[Screen, ...], *, judge: bool
) -> Callable[[Page, str], None]:
    def look(page: Page, name: str) -> None:
        inspection.look(page, f"{prefix}-{name}", variants, judge=judge)

    return look
