# SPDX-License-Identifier: AGPL-3.0-or-later
"""What all tests share: how Hypothesis works here, and leaving out what cannot run on Debian's packages alone."""

import ast
from pathlib import Path

import hypothesis
import pytest

from tests.repository import ROOT

# No deadlines: a machine that is busy with something else makes no test fail.
hypothesis.settings.register_profile("hearth", deadline=None)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=5000)
hypothesis.settings.load_profile("hearth")

# Used by tests, on PyPI, and not in Debian trixie.
NOT_IN_DEBIAN = {"axe_playwright_python", "mastodon", "playwright"}
_left_out: dict[Path, set[str]] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--debian-only",
        action="store_true",
        help="leave out test files that import what Debian does not have, and say which",
    )
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="what the instances of the fediverse server's tests keep their things in",
    )
    parser.addoption("--image", action="store_true", help="also test the card image in an emulator; takes long")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if not config.getoption("--debian-only"):
        return None
    source = collection_path / "conftest.py" if collection_path.is_dir() else collection_path
    if source.suffix != ".py" or not source.is_file():
        return None
    missing = imported(source) & NOT_IN_DEBIAN
    if missing:
        _left_out[collection_path] = missing
    return True if missing else None


def pytest_terminal_summary(terminalreporter: "pytest.TerminalReporter") -> None:
    for path, missing in sorted(_left_out.items()):
        terminalreporter.write_line(f"left out, not in Debian: {path.relative_to(Path.cwd())} ({', '.join(missing)})")


def imported(source: Path) -> set[str]:
    """The top-level names of the packages that a file imports, wherever in it, and those that other files of the tests
    bring with them which it imports as it is read."""
    tree = ast.parse(source.read_bytes())
    names = {name.partition(".")[0] for node in ast.walk(tree) for name in _modules(node)}
    for name in (name for node in tree.body for name in _modules(node)):
        module = ROOT / f"{name.replace('.', '/')}.py"
        if name.startswith("tests.") and module.is_file():
            names |= imported(module)
    return names


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []
