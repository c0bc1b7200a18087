# SPDX-License-Identifier: AGPL-3.0-or-later
"""Programs of Debian's that tests use and no user of this machine should find running: unpacked, never installed."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.repository import ROOT

FOLDER = ROOT / "build/debian"


def program(package: str, path: str) -> Path:
    """The program at `path` in a package: the machine's own, or, fetched once from where the machine gets its packages,
    one in a folder of ours. Raises CalledProcessError where that fails."""
    installed = Path("/") / path
    return installed if installed.exists() else _unpacked(package) / path


def available() -> bool:
    return shutil.which("apt-get") is not None


def _unpacked(package: str) -> Path:
    folder = FOLDER / package
    if not folder.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FOLDER) as made:
            _download(package, Path(made))
            (archive,) = Path(made).glob("*.deb")
            subprocess.run(["dpkg-deb", "-x", archive, f"{made}/tree"], check=True, timeout=300)
            Path(made, "tree").rename(folder)
    return folder


def _download(package: str, folder: Path) -> None:
    command = ["apt-get", "-q", "-o", "Acquire::Retries=3", "download", package]
    if subprocess.run(command, cwd=folder, check=False, capture_output=True, timeout=600).returncode:
        # A machine that was just made has no lists yet.
        subprocess.run(["apt-get", "-q", "update"], check=False, capture_output=True, timeout=600)
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=600)
