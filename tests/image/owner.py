# SPDX-License-Identifier: AGPL-3.0-or-later
"""The owner of an emulated box: sets it up in a browser, posts from an app, and remembers what was acknowledged."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from mastodon import Mastodon
from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.end_to_end import people, wizard
from tests.end_to_end.browser import launch
from tests.end_to_end.waiting import eventually
from tests.image.machine import Box

ANSWERS = wizard.Answers("clara", "plain wooden ladder 7", "The Shed")
_CODE = re.compile(r"Code: ([A-Z0-9]{4}-[A-Z0-9]{4})")
STEPS = ("claim", "owner", "instance", "address", "review", "done")


class Owner:
    """`answered` holds the wizard's steps that the box has taken, `posted` the texts that it said it has."""

    def __init__(self, box: Box, context: BrowserContext) -> None:
        self.box = box
        self.answered: list[str] = []
        self.posted: list[str] = []
        self._context = context
        self._app: Mastodon | None = None

    @property
    def app(self) -> Mastodon:
        """Logged in once; from then on its token is something that must not get lost either."""
        if self._app is None:
            self._app = people.log_in_out_of_band(
                self._context,
                self.box,  # type: ignore[arg-type]
                ANSWERS.username,
                ANSWERS.password,
            )
        return self._app

    def set_up(self, *, by_button: bool) -> None:
        """Go through the wizard, from wherever it stands, to its end."""
        page = self._context.new_page()
        page.goto(self.box.console)
        while (step := self._step(page)) != "done":
            self._answer(page, step, by_button=by_button)
            if step in STEPS:
                self.answered.append(step)
        page.close()

    def look(self) -> str:
        """What the page says that the console shows now."""
        page = self._context.new_page()
        page.goto(self.box.console)
        said = page.locator("body").inner_text()
        page.close()
        return said

    def restart(self) -> None:
        """By the button of the console's settings."""
        page = self._context.new_page()
        page.goto(self.box.console + "/login")
        people.log_in(page, ANSWERS.username, ANSWERS.password)
        page.wait_for_url(self.box.console + "/")
        page.goto(self.box.console + "/settings")
        page.get_by_role("button", name="Restart").click()
        page.close()

    def post(self, text: str) -> None:
        assert self.app.status_post(text)["id"]
        self.posted.append(text)

    def posts(self) -> list[str]:
        """The texts of all that the instance has of this person, the newest first."""
        page = self.app.account_statuses(self.app.me()["id"], limit=40)
        return [re.sub("<[^>]*>", "", each["content"]) for each in self.app.fetch_remaining(page)]

    @staticmethod
    def _step(page: Page) -> str:
        """The dashboard is where the wizard has led to."""
        return urlsplit(page.url).path.rpartition("/")[2] or "done"

    def _answer(self, page: Page, step: str, *, by_button: bool) -> None:
        if step == "claim":
            self._claim(page, by_button=by_button)
        elif step == "login":
            people.log_in(page, ANSWERS.username, ANSWERS.password)
            page.wait_for_url(lambda url: not url.endswith("/login"))
        elif step == "owner":
            wizard.answer_owner(page, ANSWERS)
        elif step == "instance":
            wizard.answer_instance(page, ANSWERS)
        elif step == "address":
            wizard.answer_address(page, ANSWERS)
        elif step == "review":
            page.get_by_role("button", name="Finish").click()
            page.wait_for_url("**/setup/done")
        else:
            raise AssertionError(f"the wizard leads nowhere: {page.url}")

    def _claim(self, page: Page, *, by_button: bool) -> None:
        if by_button:
            wizard.start_waiting(page)
            self.box.press()
        else:
            # The page may be there before the supervisor has written on the card.
            code = eventually("a code stands on the card", lambda: _CODE.search(self.box.card_text()), seconds=120)
            page.get_by_text("I have a code").click()
            page.get_by_label("Claim code").fill(code[1])
            page.get_by_label("Claim code").press("Enter")
        page.wait_for_url("**/setup/owner")


@contextmanager
def owner(box: Box, *, patience: float = 120) -> Iterator[Owner]:
    """With a browser of its own, which waits `patience` seconds for each page."""
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        context = chromium.new_context()
        context.set_default_timeout(patience * 1000)
        try:
            yield Owner(box, context)
        finally:
            chromium.close()
