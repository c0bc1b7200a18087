# SPDX-License-Identifier: AGPL-3.0-or-later
"""The overlays that a board's file names are compiled into its boot slots, and its firmware is told of them."""

import shutil

import pytest

from image import slots
from image.plan import plan
from image.steps import Workshop

pytestmark = pytest.mark.skipif(shutil.which("dtc") is None, reason="the compiler dtc is missing: device-tree-compiler")


def test_what_the_board_s_file_names_is_compiled_and_loaded(tmp_path):
    planned = plan("raspberry-pi-4")
    slots.overlays(Workshop(tmp_path, tmp_path, 0), planned, tmp_path / "overlays")
    assert {path.name for path in (tmp_path / "overlays").iterdir()} == {f"{each}.dtbo" for each in planned.overlays}
    for name in planned.overlays:
        assert f"\ndtoverlay={name}\n" in slots._config(planned)


def test_a_board_without_overlays_gets_none(tmp_path):
    slots.overlays(Workshop(tmp_path, tmp_path, 0), plan("qemu"), tmp_path / "overlays")
    assert not (tmp_path / "overlays").exists()
