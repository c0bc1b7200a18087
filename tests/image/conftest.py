# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tests of the built image start only when asked for (`make test-image`); those of the tools beside them always do."""

from collections.abc import Iterator

import pytest

from tests.image import machine
from tests.repository import ROOT

IMAGE = ROOT / "build/image/qemu/hearth-qemu.img"


@pytest.fixture(scope="module")
def box(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[machine.Box]:
    """A freshly flashed card in a machine that is off. Its folder is kept with the temporary ones of pytest."""
    if not request.config.getoption("--image"):
        pytest.skip("only with --image, as it takes long (make test-image)")
    assert IMAGE.is_file(), "build it first: make image BOARD=qemu"
    with machine.box(IMAGE, tmp_path_factory.mktemp("box")) as made:
        yield made
