# SPDX-License-Identifier: AGPL-3.0-or-later
"""Programs of Debian's that tests use and no user of this machine should find running: unpacked, never installed."""

import fcntl
import shutil
import subprocess
import tempfile
from collections.abc import Callable
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


def tree(package: str, leave_out: tuple[str, ...] = ()) -> Path:
    """A folder with a package and whatever else this machine would have to install for it, without those whose names
    begin with what is left out."""

    def wanted() -> list[str]:
        command = ["apt-get", "-s", "-q", "install", "--no-install-recommends", package]
        said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout
        names = [line.split()[1] for line in said.splitlines() if line.startswith("Inst ")]
        return [name for name in names if not name.startswith(leave_out)]

    return _unpacked(package, wanted)


def _unpacked(package: str, wanted: Callable[[], list[str]] | None = None) -> Path:
    folder = FOLDER / package
    FOLDER.mkdir(parents=True, exist_ok=True)
    # Tests in several processes want the same ones.
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return folder
        with tempfile.TemporaryDirectory(dir=FOLDER) as made:
            try:
                _download(wanted() if wanted else [package], Path(made))
            except subprocess.CalledProcessError:
                # A machine that was just made has no lists yet.
                subprocess.run(["apt-get", "-q", "update"], check=False, capture_output=True, timeout=600)
                _download(wanted() if wanted else [package], Path(made))
            for archive in Path(made).glob("*.deb"):
                subprocess.run(["dpkg-deb", "-x", archive, f"{made}/tree"], check=True, timeout=300)
            Path(made, "tree").rename(folder)
    return folder


def _download(packages: list[str], folder: Path) -> None:
    command = ["apt-get", "-q", "-o", "Acquire::Retries=3", "download", *packages]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=600)
