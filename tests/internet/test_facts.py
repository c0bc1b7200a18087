# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from appliance.internet.facts import facts
from appliance.internet.model import Goal, Link, Outside, Way
from tests.internet.ways import NOW

HELPERS = ("friends.example.org", "tea.example.net")


@pytest.mark.parametrize(
    ("goal", "outside", "words"),
    [
        (None, None, None),
        (Goal("a.example.org"), None, "nobody: name some helpers in the settings"),
        (Goal("a.example.org"), Outside(seen4="11.22.33.44"), None),
        (Goal("a.example.org", HELPERS), None, "friends.example.org, tea.example.net"),
        (Goal("a.example.org", HELPERS), Outside(seen4="11.22.33.44"), "friends.example.org, tea.example.net"),
    ],
)
def test_who_tries_from_outside(goal: Goal | None, outside: Outside | None, words: str | None) -> None:
    told = facts(Way(NOW, Link(True), goal=goal, outside=outside))
    assert told.get("who tries from outside") == words
