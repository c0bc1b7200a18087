# SPDX-License-Identifier: AGPL-3.0-or-later
"""Style and types, as tests: what `make lint` says is what `make test` and CI say."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests import repository

CHECKS = {
    "style": ("ruff", "check", "."),
    "format": ("ruff", "format", "--check", "."),
    "types": ("mypy",),
}


# Without its cache mypy takes about a minute on a small machine.
@pytest.mark.timeout(300)
@pytest.mark.parametrize("check", CHECKS)
def test_lint(check: str) -> None:
    tool, *arguments = CHECKS[check]
    if not find_spec(tool):
        pytest.skip(f"{tool} is not installed here")
    done = run(tool, *arguments)
    if done.returncode and tool == "mypy":
        # What its cache remembers of modules that were not there yet can be wrong, where imports go in circles.
        done = run(tool, *arguments, "--no-incremental")
    if done.returncode:
        pytest.fail(f"{tool} {' '.join(arguments)}\n{done.stdout}{done.stderr}", pytrace=False)


def run(tool: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", tool, *arguments], cwd=repository.ROOT, capture_output=True, text=True, check=False
    )
