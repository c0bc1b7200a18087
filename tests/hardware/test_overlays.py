# SPDX-License-Identifier: AGPL-3.0-or-later
"""The overlays compile, and ask for what the wiring and the boards' files say."""

import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.board.virtual.machine import DEBOUNCE
from tests.repository import ROOT

SOURCES = sorted((ROOT / "hardware/overlays").glob("*.dts"))

pytestmark = pytest.mark.skipif(shutil.which("dtc") is None, reason="the compiler dtc is missing: device-tree-compiler")


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_it_compiles_without_a_warning(source: Path, tmp_path: Path):
    made = tmp_path / f"{source.stem}.dtbo"
    done = subprocess.run(
        ["dtc", "-@", "-I", "dts", "-O", "dtb", "-o", made, source], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert made.read_bytes()[:4] == bytes.fromhex("d00dfeed")


BASE = """/dts-v1/;
/ {
    #address-cells = <1>;
    #size-cells = <1>;
    gpio: gpio@0 { gpio-controller; #gpio-cells = <2>; reg = <0 0>; };
};
"""


@pytest.fixture
def tree(tmp_path: Path):
    """A board's device tree with our overlays in it, as its firmware makes it; a look-up in it."""
    (tmp_path / "base.dts").write_text(BASE)
    compiled = []
    for source in (tmp_path / "base.dts", *SOURCES):
        compiled.append(tmp_path / f"{source.stem}.dtb")
        subprocess.run(["dtc", "-q", "-@", "-O", "dtb", "-o", compiled[-1], source], check=True)
    merged = tmp_path / "merged.dtb"
    subprocess.run(["fdtoverlay", "-i", compiled[0], "-o", merged, *compiled[1:]], check=True)

    def look(node: str, name: str, kind: str = "i") -> str:
        asked = ["fdtget", "-t", kind, merged, node, name]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()

    return look


@pytest.mark.parametrize(("colour", "pin"), [("red", 17), ("green", 27), ("blue", 22)])
def test_each_colour_hangs_on_its_pin(tree, colour, pin):
    node = f"/hearth-light/{colour}"
    assert tree(node, "label", "s") == f"hearth:{colour}:status"
    assert tree(node, "gpios").split()[1:] == [str(pin), "0"]
    assert str(pin) in tree("/gpio@0/hearth_light_pins", "brcm,pins").split()


def test_the_button_pulls_its_pin_down(tree):
    assert tree("/hearth-button", "label", "s") == "hearth-button"
    assert tree("/hearth-button/button", "gpios").split()[1:] == ["3", "1"]
    assert tree("/hearth-button/button", "linux,code") == "148"
    assert tree("/gpio@0/hearth_button_pins", "brcm,pins") == "3"


def test_the_button_bounces_as_little_as_the_virtual_one(tree):
    assert int(tree("/hearth-button/button", "debounce-interval")) == 1000 * DEBOUNCE
