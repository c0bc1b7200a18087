# SPDX-License-Identifier: AGPL-3.0-or-later
"""The files of this repository, for the tests that look at all of them."""

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
# What .gitignore names; git itself is not asked, so that the tests also run where there is none.
MADE_HERE = {
    ".git", ".venv", "var", "build", "dist", "screenshots", "node_modules", "__pycache__",
    ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis",
}  # fmt: skip


def files(under: Path = ROOT) -> Iterator[Path]:
    """Every file that belongs to the repository, in a stable order."""
    for folder, folders, names in os.walk(under):
        folders[:] = sorted(name for name in folders if name not in MADE_HERE)
        for name in sorted(names):
            path = Path(folder) / name
            if not path.is_symlink() and name != "bench.json":
                yield path
