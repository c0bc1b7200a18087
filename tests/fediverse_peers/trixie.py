# SPDX-License-Identifier: AGPL-3.0-or-later
"""A program of Debian trixie's or its backports', unpacked with all that it needs and run by its own libraries.

Whatever Debian the machine is: nothing is installed. Packages come from where the machine gets its own, by apt with
lists and a state of its own, so their signatures are checked as always.
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.repository import ROOT

FOLDER = ROOT / "build/trixie"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_SECONDS = 300


def available() -> bool:
    return all(map(shutil.which, ("apt-get", "dpkg-deb"))) and Path(KEYRING).exists()


@dataclass(frozen=True)
class Tree:
    """Where packages were unpacked."""

    folder: Path

    def command(self, program: str) -> list[str]:
        """What to call for a program at this path of the tree."""
        loader = next(self.folder.glob("usr/lib/*-linux-gnu/ld-linux-*.so.*"))
        libraries = loader.parent
        return [str(loader), "--library-path", str(libraries), str(self.folder / program)]


def unpacked(package: str, suite: str = "trixie-backports") -> Tree:
    """A package of `suite` with what it depends on, fetched once. Raises CalledProcessError."""
    folder = FOLDER / package
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        archives = _fetched(folder / "apt", package, suite)
        for archive in archives:
            subprocess.run(["dpkg-deb", "-x", archive, folder / "tree"], check=True, timeout=_SECONDS)
        shutil.rmtree(folder / "apt")
        (folder / "complete").touch()
    return Tree(folder / "tree")


def _fetched(apt: Path, package: str, suite: str) -> list[Path]:
    for name in ("lists/partial", "archives/partial", "etc/preferences.d", "etc/apt.conf.d", "etc/sources.list.d"):
        (apt / name).mkdir(parents=True)
    (apt / "status").touch()
    mirror = _mirror()
    suites = dict.fromkeys(("trixie", suite))
    (apt / "etc/sources.list").write_text(
        "".join(f"deb [signed-by={KEYRING}] {mirror} {each} main\n" for each in suites)
    )
    options = [
        *(
            "-o",
            f"Dir::Etc={apt}/etc",
            "-o",
            f"Dir::State::lists={apt}/lists",
            "-o",
            f"Dir::State::status={apt}/status",
        ),
        *("-o", f"Dir::Cache={apt}", "-o", f"Dir::Cache::archives={apt}/archives", "-o", "APT::Sandbox::User=root"),
        *(
            "-o",
            "Acquire::Retries=3",
            "-o",
            "APT::Install-Recommends=false",
            "-o",
            "Acquire::Languages=none",
            "-q",
            "-y",
        ),
    ]
    _run("apt-get", *options, "update")
    _run("apt-get", *options, "--download-only", "install", f"{package}/{suite}")
    return sorted((apt / "archives").glob("*.deb"))


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_SECONDS)
    if done.returncode:
        print(done.stdout, done.stderr)
        done.check_returncode()


def _mirror() -> str:
    """Where this machine takes Debian's packages from."""
    asked = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return asked.stdout.split()[0]
