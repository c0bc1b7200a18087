# SPDX-License-Identifier: AGPL-3.0-or-later
"""What all end-to-end tests share: a browser, two boxes set up by their wizards, and good failure reports."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.end_to_end.box import Box
from tests.end_to_end.boxes import Pair, set_up_pair
from tests.end_to_end.browser import Inspection, launch

TEST_SECONDS = 180
_HERE = Path(__file__).parent
_boxes_key = pytest.StashKey[list[Box]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(TEST_SECONDS))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: "pytest.CallInfo[None]"):  # type: ignore[no-untyped-def]
    """A failure says what the boxes said last."""
    report = yield
    if report.failed:
        for box in item.config.stash.get(_boxes_key, []):
            report.sections.append((f"{box.name} at {box.console}", box.last_words()))
    return report


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def inspection() -> Inspection:
    return Inspection()


@pytest.fixture(scope="package")
def boxes(request: pytest.FixtureRequest) -> Iterator[list[Box]]:
    """All boxes of the session; each is ended at the latest when the session ends."""
    found: list[Box] = []
    request.config.stash[_boxes_key] = found
    yield found
    for box in found:
        box.dispose()


@pytest.fixture(scope="package")
def new_box_for_all(boxes: list[Box]) -> Callable[..., Box]:
    return _maker(boxes)


@pytest.fixture
def new_box(boxes: list[Box]) -> Iterator[Callable[..., Box]]:
    """Make boxes that are gone after the test: `new_box("name", "--nameless", state=…)`; not started yet."""
    before = list(boxes)
    yield _maker(boxes)
    for box in [box for box in boxes if box not in before]:
        box.dispose()
        boxes.remove(box)


@pytest.fixture(scope="package")
def pair(new_box_for_all: Callable[..., Box], browser: Browser, inspection: Inspection) -> Pair:
    """Two boxes, each claimed and set up by its owner in a browser, with the owner's app logged in."""
    return set_up_pair(new_box_for_all("A"), new_box_for_all("B"), browser, inspection)


def _maker(boxes: list[Box]) -> Callable[..., Box]:
    def make(name: str, *arguments: str, **options: object) -> Box:
        box = Box(name, *arguments, **options)  # type: ignore[arg-type]
        boxes.append(box)
        return box

    return make
