# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where `hearth run` keeps its state: in ./var, or in the folder named before or behind the command."""

import argparse
from pathlib import Path

import pytest

from appliance.cli import main, run


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (["run"], "var"),
        (["run", "--state", "behind"], "behind"),
        (["--state", "before", "run"], "before"),
        (["--state", "before", "run", "--state", "behind"], "behind"),
    ],
)
def test_where_run_keeps_its_state(monkeypatch: pytest.MonkeyPatch, given: list[str], state: str) -> None:
    seen: list[Path] = []

    def remember(arguments: argparse.Namespace) -> int:
        seen.append(arguments.state)
        return 0

    monkeypatch.setattr(run, "run", remember)
    assert main(given) == 0
    assert seen == [Path(state)]
