# SPDX-License-Identifier: AGPL-3.0-or-later
"""The repository as a whole: what may lie where, how long files may be, and what no file may name."""

import os
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import repository

TOP_LEVEL = {
    "pyproject.toml", "README.md", "DESIGN.md", "LICENSE", "Makefile",
    "appliance", "docs", "hardware", "image", "systemd", "tests",
}  # fmt: skip
# Lines. A migration is written once and never grows.
LONGEST = {"appliance": 400, "tests": 700}
MIGRATIONS = repository.ROOT / "appliance/fediverse/db/migrations/versions"
LOCKS = ("run", "test", "build")
# Whoever builds Hearth says where packages come from; the repository does not. Raspberry Pi's kernel has one origin.
HOSTS = re.compile(r"[\w.-]*\b(?:debian|pythonhosted|pypi|npmjs|raspberrypi)\.(?:org|net|com)\b")
NAMED = {"image/raspios.toml": "archive.raspberrypi.com"}


def test_nothing_else_lies_at_the_top() -> None:
    names = {path.relative_to(repository.ROOT).parts[0] for path in repository.files()}
    assert {name for name in names if not name.startswith(".")} <= TOP_LEVEL


@pytest.mark.parametrize(("folder", "longest"), LONGEST.items())
def test_no_module_grows_long(folder: str, longest: int) -> None:
    long = {
        str(path.relative_to(repository.ROOT)): lines
        for path in repository.files(repository.ROOT / folder)
        if path.suffix == ".py" and path.parent != MIGRATIONS
        if (lines := len(path.read_text().splitlines())) > longest
    }
    assert not long, f"longer than {longest} lines; which two nouns are in there? {long}"


def test_no_file_names_a_package_mirror() -> None:
    found = [
        (str(path.relative_to(repository.ROOT)), host)
        for path in repository.files()
        if path.suffix not in {".png", ".jpg", ".webp"} and path != Path(__file__)
        for host in HOSTS.findall(path.read_text(errors="replace"))
    ]
    assert found == list(NAMED.items())


def test_every_program_may_be_run() -> None:
    programs = [path for path in repository.files() if path.suffix != ".py" and path.read_bytes().startswith(b"#!")]
    assert programs
    assert [str(path) for path in programs if not os.access(path, os.X_OK)] == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_hash(name: str) -> None:
    for package, block in locked(name).items():
        assert "--hash=sha256:" in block, package


@pytest.mark.parametrize("name", LOCKS)
def test_the_locks_name_no_index(name: str) -> None:
    assert "://" not in (repository.ROOT / f".setup/{name}.lock").read_text()


def test_the_locks_agree_with_one_another() -> None:
    everything = versions("test")
    for name in LOCKS:
        assert versions(name).items() <= everything.items()


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((repository.ROOT / "pyproject.toml").read_text())
    wanted = {
        "run": project["project"]["dependencies"],
        "test": project["project"]["optional-dependencies"]["dev"],
        "build": project["dependency-groups"]["build"],
    }
    for name, lines in wanted.items():
        for requirement in map(Requirement, lines):
            version = versions(name).get(canonicalize_name(requirement.name), "0")
            assert requirement.specifier.contains(version), f"{requirement} is not in {name}.lock: run `make lock`"


def locked(name: str) -> dict[str, str]:
    """Package to its block of lines in a lock file."""
    text = (repository.ROOT / f".setup/{name}.lock").read_text()
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)
    return {block.partition("==")[0]: block for block in blocks if "==" in block}


def versions(name: str) -> dict[str, str]:
    return {package: block.partition("==")[2].split()[0] for package, block in locked(name).items()}
