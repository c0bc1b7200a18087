# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real browser: Debian's Chromium, its screens, its pictures, and axe-core's judgement of each page."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

SCREENSHOTS = Path(__file__).resolve().parents[2] / "screenshots"


@dataclass(frozen=True)
class Screen:
    """How somebody looks at a page: the size in CSS pixels, and which colours they asked for."""

    name: str
    width: int
    height: int
    scheme: str = "light"


PHONE = Screen("phone", 390, 844)
DESKTOP = Screen("desktop", 1280, 800)
VARIANTS = tuple(
    Screen(screen.name, screen.width, screen.height, scheme)
    for screen in (PHONE, DESKTOP)
    for scheme in ("light", "dark")
)


def launch(playwright: Playwright) -> Browser:
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert executable, "these tests need Chromium: apt install chromium"
    # As root Chromium has no sandbox to start; /dev/shm is tiny in containers.
    arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return playwright.chromium.launch(executable_path=executable, args=arguments)


@contextmanager
def visitor(browser: Browser, screen: Screen = DESKTOP, *, javascript: bool = True) -> Iterator[BrowserContext]:
    """Somebody with a browser of their own: cookies, screen and JavaScript are theirs alone."""
    context = browser.new_context(
        viewport={"width": screen.width, "height": screen.height},
        color_scheme="dark" if screen.scheme == "dark" else "light",
        java_script_enabled=javascript,
        reduced_motion="reduce",
    )
    context.set_default_timeout(15_000)
    try:
        yield context
    finally:
        context.close()


class Inspection:
    """Looks at pages in every variant: takes a picture of each and collects what axe-core finds wrong."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        self.looked_at: set[str] = set()
        SCREENSHOTS.mkdir(exist_ok=True)

    def look(self, page: Page, name: str, variants: tuple[Screen, ...] = VARIANTS, *, judge: bool = True) -> None:
        """Picture and judge the page as it is now; its size and colours are put back afterwards.

        Without JavaScript axe-core cannot run in the page: `judge` must be false there.
        """
        before = page.viewport_size
        for screen in variants:
            page.set_viewport_size({"width": screen.width, "height": screen.height})
            page.emulate_media(color_scheme="dark" if screen.scheme == "dark" else "light", reduced_motion="reduce")
            page.screenshot(path=SCREENSHOTS / f"{name}-{screen.name}-{screen.scheme}.png", full_page=True)
            if judge:
                self._judge(page, f"{name} ({screen.name}, {screen.scheme})", screen)
        if before:
            page.set_viewport_size(before)
        self.looked_at.add(name)

    def assert_clean(self) -> None:
        """Says everything that was found since the last call."""
        found, self.violations = self.violations, []
        assert not found, f"{len(found)} faults:\n" + "\n".join(found)

    def _judge(self, page: Page, where: str, screen: Screen) -> None:
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > screen.width:
            self.violations.append(f"{where}: {width} pixels wide, scrolls sideways")
        for violation in Axe().run(page).response["violations"]:
            for node in violation["nodes"]:
                reason = node["failureSummary"].replace("\n", " ")
                self.violations.append(f"{where}: {violation['id']}: {' '.join(node['target'])}: {reason}")
