# SPDX-License-Identifier: AGPL-3.0-or-later
"""What gives a slot its tries back, the script of the image, with U-Boot's two programs played by files in a folder."""

import subprocess
from pathlib import Path

import pytest

from tests.repository import ROOT

STARTED = ROOT / "image/overlay/usr/lib/hearth/started"


def started(folder: Path, words: str, **tries: str) -> "subprocess.CompletedProcess[str]":
    """Run it where the kernel was started with `words`. Variables are files in `folder`."""
    for name, value in tries.items():
        (folder / name).write_text(value)
    for name, does in (("fw_printenv", f'cat "{folder}/$2"'), ("fw_setenv", f'printf %s "$2" >"{folder}/$1"')):
        program = folder / name
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o755)
    (folder / "cmdline").write_text(words + "\n")
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "HEARTH_WORDS": str(folder / "cmdline")}
    return subprocess.run([STARTED], env=environment, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize(("slot", "other"), ["AB", "BA"])
def test_the_slot_that_runs_gets_its_tries_back(tmp_path: Path, slot: str, other: str) -> None:
    tries = {f"BOOT_{slot}_LEFT": "1", f"BOOT_{other}_LEFT": "0"}
    assert started(tmp_path, f"ro quiet rauc.slot={slot} panic=10", **tries).returncode == 0
    assert (tmp_path / f"BOOT_{slot}_LEFT").read_text() == "3"
    assert (tmp_path / f"BOOT_{other}_LEFT").read_text() == "0"


def test_nothing_is_written_where_none_is_missing(tmp_path: Path) -> None:
    assert started(tmp_path, "rauc.slot=A", BOOT_A_LEFT="3").returncode == 0
    before = (tmp_path / "BOOT_A_LEFT").stat().st_mtime_ns
    assert started(tmp_path, "rauc.slot=A").returncode == 0
    assert (tmp_path / "BOOT_A_LEFT").stat().st_mtime_ns == before


@pytest.mark.parametrize("words", ["quiet", "rauc.slot=C"])
def test_without_a_slot_it_fails(tmp_path: Path, words: str) -> None:
    assert started(tmp_path, words, BOOT_A_LEFT="1").returncode != 0
    assert (tmp_path / "BOOT_A_LEFT").read_text() == "1"
