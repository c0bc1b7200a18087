# SPDX-License-Identifier: AGPL-3.0-or-later
"""A box without a name on the internet, as a real one is to begin with: a browser at home, and nothing leaves it."""

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, expect

from tests.end_to_end.box import Box
from tests.end_to_end.browser import Inspection, visitor
from tests.end_to_end.wizard import Answers, set_up

GUSTAV = Answers("gustav", "early copper window 3", "The Cellar")


def test_a_nameless_box_promises_a_browser_at_home_and_no_apps(
    new_box: Callable[..., Box], browser: Browser, inspection: Inspection
) -> None:
    box = new_box("nameless", "--nameless").start()
    before = _instance(box)
    assert before["registrations"]["enabled"] is False, "closed before anybody set it up"
    with visitor(browser) as context:
        page = set_up(context, box, GUSTAV)
        expect(page.get_by_role("heading", name="Log in at home")).to_be_visible()
        expect(page.get_by_role("heading", name="Get an app and log in")).to_have_count(0)
        inspection.look(page, "nameless-done")
    assert box.status()["federating"] is False
    assert _instance(box)["title"] == GUSTAV.title
    inspection.assert_clean()


def _instance(box: Box) -> Any:
    answer = box.get(f"{box.instance}/api/v2/instance")
    assert answer.status == 200, answer.data
    return json.loads(answer.data)
