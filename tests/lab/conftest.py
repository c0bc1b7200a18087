# SPDX-License-Identifier: AGPL-3.0-or-later
from collections.abc import Iterator

import pytest

from tests.lab.world import World, missing


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One for all tests of a file. Each leaves it as it was."""
    if reason := missing():
        pytest.skip(f"the lab is left out: {reason}")
    with World() as made:
        yield made
        print(made.words())
