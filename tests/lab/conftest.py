# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the lab's tests share: a world, and how they are dealt out to several processes."""

from collections.abc import Iterator

import pytest

from tests.lab.town import Town, new_town
from tests.lab.world import World, missing

# Its cases follow one another in one town, at which each waits for most of its time: so there are several towns.
_TOWNS = 3


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A file's tests share what they are done in, so they stay together (pytest-xdist, `--dist=loadgroup`)."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    cases = 0
    for item in items:
        if "lab" not in item.path.parts:
            continue
        group = item.path.stem
        if group == "test_diagnosis":
            group = f"{group}-{cases % _TOWNS}"
            cases += 1
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def lab() -> None:
    """That this machine can have one."""
    if reason := missing():
        pytest.skip(f"the lab is left out: {reason}")


@pytest.fixture(scope="module")
def world(lab: None) -> Iterator[World]:
    """One for all tests of a file. Each leaves it as it was."""
    with World() as made:
        yield made
        print(made.words())


@pytest.fixture(scope="module")
def town(lab: None) -> Iterator[Town]:
    """One for all tests of a file, set up and well. Each leaves it as it was."""
    with new_town() as made:
        made.set_up()
        for box in made.boxes:
            made.until_well(box)
        yield made
