# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every page in a real browser: by day and by night, phone and desk, without violations that axe-core knows of."""

import dataclasses
import math
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import make_server

from appliance.board.light import Light
from appliance.health.history import Series, empty
from appliance.status import Fix, Issue, Job, JobState, Level

PASSWORD = "quiet ember under snow"
CHROMIUM = Path("/usr/bin/chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium"),
]


@pytest.fixture
def address(app, supervisor) -> Iterator[str]:
    def watch():
        while True:
            yield supervisor.state
            time.sleep(0.1)

    supervisor.watch = watch
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Looks at each page it comes by, and remembers what was wrong with it."""

    page: Page
    address: str
    found: list[object] = dataclasses.field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def click(self, name: str) -> None:
        self.page.get_by_role("button", name=name).first.click()

    def look(self, heading: str) -> None:
        self.page.wait_for_selector(f"h1:has-text('{heading}')")
        too_wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if too_wide > 0:
            self.found.append((heading, f"{too_wide} px too wide"))
        for violation in Axe().run(self.page).response["violations"]:
            self.found.append((heading, violation["id"], [node["html"] for node in violation["nodes"]]))


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
def test_every_page(chromium, address, supervisor, scheme, width):
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    visitor = Visitor(page, address)
    page.on("pageerror", lambda error: visitor.found.append(str(error)))
    page.on("console", lambda said: visitor.found.append(said.text) if "Security Policy" in said.text else None)

    visitor.open("/")
    visitor.look("Welcome home")
    visitor.click("Start")
    visitor.look("Now press the button")
    supervisor.waiting.add("another browser")
    visitor.look("Somebody else is waiting")  # the page notices by itself
    supervisor.waiting.clear()
    visitor.look("Nobody pressed")
    visitor.click("Start again")
    visitor.look("Now press the button")
    supervisor.press()
    visitor.look("The box is yours")
    page.fill("[name=username]", "ada")
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=again]", "something else")
    visitor.click("Make my account")
    page.wait_for_selector(".notice--error:focus")
    visitor.look("The box is yours")
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=again]", PASSWORD)
    visitor.click("Make my account")
    visitor.look("What is your place called?")
    page.fill("[name=title]", "The Garden Table")
    visitor.click("Go on")
    visitor.look("Where shall people find you?")
    page.get_by_label("A name on the internet").check()
    page.fill("[name=name]", "192.168.1.5")
    visitor.click("Go on")
    page.wait_for_selector("#f-name-error")
    visitor.look("Where shall people find you?")
    page.get_by_label("A name whose records the box makes").check()
    page.get_by_text("What each of them asks for").click()
    visitor.look("Where shall people find you?")
    page.get_by_label("A name under a gateway").check()
    assert not page.locator("#f-name").is_visible()
    assert page.locator("#f-invitation").is_visible()
    page.get_by_label("At home only").check()
    visitor.click("Go on")
    visitor.look("Is this right?")
    visitor.click("Finish")
    visitor.look("The Garden Table is open")
    visitor.click("Make an invite link")
    page.wait_for_selector("text=Hand this link")
    visitor.look("The Garden Table is open")
    supervisor.history = eventful()
    visitor.open("/")
    visitor.look("This box belongs to nobody yet.")  # the fake's sentence
    assert page.get_by_text("too weak twice").first.is_visible()
    supervisor.state = troubled(supervisor.state)
    visitor.look("The disk is nearly full.")  # live, without loading the page again
    visitor.open("/settings")
    visitor.look("Settings")
    visitor.open("/settings/ssh")
    visitor.look("Ssh keys")
    page.fill("[name=key]", "nonsense")
    page.fill("[name=password]", PASSWORD)
    visitor.click("Put it in")
    page.wait_for_selector("#f-key-error")
    visitor.look("Ssh keys")
    page.fill("[name=key]", "ssh-ed25519 AAAA laptop")
    page.fill("[name=password]", PASSWORD)
    visitor.click("Put it in")
    page.wait_for_selector("text=The key is put in.")
    visitor.look("Ssh keys")
    visitor.open("/erase")
    visitor.look("Erase everything?")
    visitor.open("/nowhere")
    visitor.look("There is no such page")
    visitor.open("/settings")
    visitor.click("Shut down")
    visitor.look("The box is shutting down")
    visitor.open("/settings")
    visitor.click("Log out")
    visitor.look("Welcome back")
    visitor.open("/recovery")
    visitor.look("Forgot your password?")
    visitor.click("Start")
    visitor.look("Now press the button on the box")
    supervisor.press()
    visitor.look("Choose a new password")
    supervisor.down = True
    visitor.open("/")
    visitor.look("One moment")
    supervisor.down = False
    visitor.look("Welcome back")
    context.close()
    assert visitor.found == []


def test_the_wizard_by_keyboard_without_script(chromium, address, supervisor):
    context = chromium.new_context(viewport={"width": 360, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto(address)
    page.get_by_role("button", name="Start").press("Enter")
    page.wait_for_selector("text=Now press the button")
    supervisor.press()
    page.wait_for_selector("text=The box is yours")  # the page loads itself
    page.fill("[name=username]", "ada")
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=again]", PASSWORD)
    page.press("[name=again]", "Enter")
    page.wait_for_selector("text=What is your place called?")
    page.fill("[name=title]", "The Garden Table")
    page.press("[name=title]", "Enter")
    page.wait_for_selector("text=Where shall people find you?")
    page.get_by_role("button", name="Go on").press("Enter")
    page.wait_for_selector("text=Is this right?")
    page.get_by_role("button", name="Finish").press("Enter")
    page.wait_for_selector("text=The Garden Table is open")
    context.close()


def eventful():
    """A month with a hot afternoon each day, two days without power, and a weak supply at times."""
    history, start = empty(), 1_790_000_000
    for number in range(30 * 144):
        if 1800 < number < 2100 or 4270 < number < 4285:
            continue
        hour = number / 6 % 24
        heat = 46 + 14 * math.sin((hour - 9) / 24 * 2 * math.pi) + number % 5
        history = history.note(
            start + number * 600,
            {
                Series.TEMPERATURE: heat + (28 if 1200 < number < 1230 else 0),
                Series.MEMORY: 48 + 6 * math.sin(number / 70) + number % 3,
                Series.LOAD: 8 + 70 * (number % 97 == 0) + number % 7,
                Series.STORAGE: 20 + number / 150,
                Series.WEAK_POWER: number in (1210, 1500, 4200, 4201, 4250),
                Series.SLOWED: 1200 < number < 1230,
            },
        )
    return history


def troubled(status):
    return dataclasses.replace(
        status,
        level=Level.FAILING,
        light=Light.FAILING,
        sentence="The disk is nearly full.",
        issues=(
            Issue(
                "disk",
                Level.FAILING,
                "The disk is nearly full.",
                "Plug in a larger one.",
                "2026-01-01T00:00:00+00:00",
                fixes=(Fix("clear", "Clear the cache"),),
            ),
            Issue("power", Level.ATTENTION, "The power is weak.", "Use another supply.", "2026-01-01", True),
        ),
        jobs=(
            Job("j1", "Moving the data", JobState.RUNNING, 0.4, "12 of 28 GB", "2026-01-01", cancellable=True),
            Job("j2", "Checking the disk", JobState.RUNNING, None, "", "2026-01-01"),
            Job("j3", "Restarting the server", JobState.FAILED, None, "It did not start.", "2026-01-01"),
        ),
    )
