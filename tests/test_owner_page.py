# SPDX-License-Identifier: AGPL-3.0-or-later
"""The owner's page in README tells what boards, light and card really do."""

import re
import tomllib

import pytest

from appliance.board.light import PATTERNS, Light
from tests import lights
from tests.repository import ROOT

README = (ROOT / "README.md").read_text()
BOARDS = sorted(path for path in (ROOT / "hardware/boards").glob("*.toml") if path.stem != "qemu")


@pytest.mark.parametrize("light", Light, ids=lambda light: light.value)
def test_each_light_is_drawn_as_it_shines_and_explained(light: Light) -> None:
    assert lights.path(light).read_text() == lights.drawing(light), "draw them anew: python -m tests.lights"
    assert f"(docs/lights/{light.value}.svg)" in README
    assert PATTERNS[light].meaning.rstrip(".") in README


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_each_board_is_named_with_its_image_and_its_power_supply(path) -> None:  # type: ignore[no-untyped-def]
    board = tomllib.loads(path.read_text())
    (row,) = [line for line in README.splitlines() if line.startswith(f"| {board['name']} ")]
    assert f"`BOARD={path.stem}`" in row
    assert board["limits"]["supply"] in row


def test_every_picture_is_there() -> None:
    for picture in re.findall(r"!\[[^]]+\]\(([^)]+)\)", README):
        assert (ROOT / picture).is_file(), picture
