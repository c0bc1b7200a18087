# SPDX-License-Identifier: AGPL-3.0-or-later
"""A person sets up a box: the wizard in a browser, the box's button on the front panel's page in another tab."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import BrowserContext, Page, expect

from tests.end_to_end.box import Box


@dataclass(frozen=True)
class Answers:
    """What the person types; with `name` the box gets that name on the internet, else it stays at home."""

    username: str
    password: str
    title: str
    description: str = "A table for friends."
    name: str = ""


def nobody_looks(_page: Page, _step: str) -> None:
    """For wizards whose pages were inspected elsewhere."""


def set_up(
    context: BrowserContext, box: Box, answers: Answers, look: Callable[[Page, str], None] = nobody_looks
) -> Page:
    """From the first visit to the done page, which is handed back. `look` is shown every page by its name."""
    page = context.new_page()
    claim(page, box, look)
    look(page, "owner")
    answer_owner(page, answers)
    look(page, "instance")
    answer_instance(page, answers)
    look(page, "address")
    answer_address(page, answers)
    look(page, "review")
    expect(page.get_by_text(answers.title)).to_be_visible()
    page.get_by_role("button", name="Finish").click()
    page.wait_for_url("**/setup/done")
    look(page, "done")
    return page


def claim(page: Page, box: Box, look: Callable[[Page, str], None] = nobody_looks) -> None:
    """Start, press the button on the panel in another tab, and arrive at the owner's page."""
    page.goto(box.console)
    look(page, "welcome")
    start_waiting(page)
    look(page, "claim")
    press_on_the_panel(page.context, box)
    # Without JavaScript the page asks again by itself every two seconds.
    page.wait_for_url("**/setup/owner")


def start_waiting(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Start")).click()
    expect(page.get_by_role("timer")).to_be_visible()


def press_on_the_panel(context: BrowserContext, box: Box) -> None:
    """The tab stays open: what the click sends would be cut off with it."""
    tab = context.new_page()
    tab.goto(box.panel)
    tab.get_by_role("button", name="The button of the box").click()


def answer_owner(page: Page, answers: Answers) -> None:
    page.get_by_label("User name").fill(answers.username)
    page.get_by_label("Password", exact=True).fill(answers.password)
    page.get_by_label("Password, once more").fill(answers.password)
    page.get_by_label("Password, once more").press("Enter")
    page.wait_for_url("**/setup/instance")


def answer_instance(page: Page, answers: Answers) -> None:
    page.get_by_label("Name").fill(answers.title)
    page.get_by_label("Description").fill(answers.description)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/setup/address")


def answer_address(page: Page, answers: Answers) -> None:
    if answers.name:
        page.get_by_label("A name on the internet").check()
        page.get_by_label("The name", exact=False).last.fill(answers.name)
        page.get_by_label("I know that this name can never be changed.").check()
    else:
        page.get_by_label("At home only, for now").check()
    page.get_by_role("button", name="Go on").click()
    if answers.name:
        page.wait_for_url("**/setup/records")
        page.get_by_role("link", name="Go on").click()
    page.wait_for_url("**/setup/review")
