# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every source file says its licence in its first line (https://spdx.dev/learn/handling-license-info/)."""

from pathlib import Path

import pytest

from tests import repository

LINE = "SPDX-License-Identifier: AGPL-3.0-or-later"
SUFFIXES = {
    ".py", ".css", ".js", ".html", ".svg", ".toml", ".sh", ".mako", ".ini", ".list", ".dts", ".rules",
    ".service", ".socket", ".target", ".timer", ".conf", ".preset",
}  # fmt: skip


def is_source(path: Path) -> bool:
    return path.suffix in SUFFIXES or path.name == "Makefile" or has_shebang(path)


def has_shebang(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def says_its_licence(path: Path) -> bool:
    lines = path.read_text().splitlines()[:3]
    # Only what must come first by its format may come before: "#!", "<?xml" and an HTML doctype.
    while lines and lines[0].startswith(("#!", "<?xml", "<!doctype")):
        lines.pop(0)
    return bool(lines) and LINE in lines[0]


def test_every_source_file_says_its_licence() -> None:
    silent = [str(path) for path in repository.files() if is_source(path) and not says_its_licence(path)]
    assert not silent, f"the first line must be a comment with {LINE!r} in: {silent}"


def test_the_licence_is_here_in_full() -> None:
    text = (repository.ROOT / "LICENSE").read_text()
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in text
    assert "Remote Network Interaction" in text
    assert len(text) > 30_000


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (f"# {LINE}\nx = 1\n", True),
        (f"#!/bin/sh\n# {LINE}\n", True),
        (f"<!doctype html>\n<!-- {LINE} -->\n", True),
        ("x = 1\n", False),
        (f"x = 1\n# {LINE}\n", False),
        ("# SPDX-License-Identifier: MIT\n", False),
        ("", False),
    ],
)
def test_the_check_itself(tmp_path: Path, text: str, good: bool) -> None:
    path = tmp_path / "file.py"
    path.write_text(text)
    assert is_source(path)
    assert says_its_licence(path) == good
