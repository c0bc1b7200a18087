# SPDX-License-Identifier: AGPL-3.0-or-later
"""DESIGN.md's tables say what the code does."""

import re

from appliance.board.light import PATTERNS, Pattern
from appliance.supervisor import button, claim, core
from tests import repository

DESIGN = (repository.ROOT / "DESIGN.md").read_text()


def rhythm(pattern: Pattern) -> str:
    return ", ".join(f"{'~' if step.fade else ''}{step.colour.value} {step.milliseconds}" for step in pattern.steps)


def lights() -> str:
    rows = [f"| {pattern.name} | {rhythm(pattern)} | {pattern.meaning} |" for pattern in PATTERNS.values()]
    return "\n".join(["| it says | it shines | meaning |", "|---|---|---|", *rows])


def test_the_table_of_lights() -> None:
    between = DESIGN.partition("<!-- lights -->\n")[2].partition("<!-- /lights -->")[0]
    assert between.strip() == lights(), f"DESIGN.md should say:\n{lights()}"


def test_the_table_of_the_button() -> None:
    section = DESIGN.partition("## The button\n")[2].partition("\n## ")[0]
    numbers = {int(number) for number in re.findall(r"(\d+) s\b", section)}
    assert {button.SHUTDOWN_AFTER, button.RESET_AFTER, button.CONFIRM_WITHIN, button.STUCK_AFTER} == numbers
    assert f"{core.RECOVERY_SECONDS / 60:.0f} minutes" in section


def test_how_long_claiming_waits() -> None:
    assert f"within {claim.WAIT_SECONDS:.0f} seconds" in DESIGN


def test_every_file_that_is_named_is_there() -> None:
    named = re.findall(r"`((?:appliance|tests|systemd|\.setup)/[\w./-]+)`", DESIGN)
    assert named
    assert [name for name in named if not (repository.ROOT / name).exists()] == []
