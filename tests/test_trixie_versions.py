# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever Hearth needs for running is in Debian trixie, at a version that pyproject.toml allows."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIREMENTS = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRAS = [
    Requirement(line) for extra, lines in PROJECT["optional-dependencies"].items() if extra != "dev" for line in lines
]


def in_trixie(wanted: str = "run") -> dict[str, str]:
    """PyPI's name to trixie's version, of what is needed for running, or for an extra."""
    lines = (ROOT / ".setup/trixie.list").read_text().splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    return {name: version for purpose, name, _package, version in rows if purpose == wanted}


@pytest.mark.parametrize("requirement", [*REQUIREMENTS, *EXTRAS], ids=lambda requirement: requirement.name)
def test_trixie_has_it_at_a_version_that_we_take(requirement: Requirement) -> None:
    version = (in_trixie() | in_trixie("extra")).get(canonicalize_name(requirement.name))
    assert version, f"{requirement.name} is missing in .setup/trixie.list: is it in Debian trixie at all?"
    assert requirement.specifier.contains(version), f"Debian trixie has {requirement.name} {version}"


def test_trixies_python_is_one_that_we_take() -> None:
    assert SpecifierSet(PROJECT["requires-python"]).contains(in_trixie()["python"])


def test_the_list_names_nothing_that_is_no_longer_needed() -> None:
    assert set(in_trixie()) - {"python"} == {canonicalize_name(requirement.name) for requirement in REQUIREMENTS}
    assert set(in_trixie("extra")) == {canonicalize_name(requirement.name) for requirement in EXTRAS}
