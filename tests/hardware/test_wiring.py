# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people are told to wire is what the overlays ask for; what they read of boards is what the boards' files say."""

import re
import xml.etree.ElementTree as ET

from appliance.board.profile import load_all
from tests.repository import ROOT

HARDWARE = ROOT / "hardware"
# The header of every board: GPIO to pin.
HEADER = {3: 5, 17: 11, 27: 13, 22: 15}


def wired() -> dict[str, tuple[int, int, str]]:
    """Part to pin, GPIO and resistor, of wiring.md."""
    rows = re.findall(r"^\| ([a-z: ]+) \| (\d+) \| (\d+) \| ([^|]+) \|", (HARDWARE / "wiring.md").read_text(), re.M)
    return {part: (int(pin), int(gpio), resistor.strip()) for part, pin, gpio, resistor in rows}


def asked() -> dict[str, int]:
    """Part to GPIO, of the overlays."""
    light = (HARDWARE / "overlays/hearth-light.dts").read_text()
    button = (HARDWARE / "overlays/hearth-button.dts").read_text()
    found = {f"light: {c}": int(p) for c, p in re.findall(r"(red|green|blue) \{[^}]*?gpios = <&gpio (\d+)", light)}
    return found | {"button": int(re.findall(r"gpios = <&gpio (\d+)", button)[0])}


def test_the_table_agrees_with_the_overlays():
    assert {part: gpio for part, (_, gpio, _) in wired().items()} == asked()


def test_pins_are_those_of_the_header():
    assert all(pin == HEADER[gpio] for pin, gpio, _ in wired().values())


def test_the_picture_shows_the_same():
    picture = ET.parse(HARDWARE / "wiring.svg").getroot()
    words = " ".join("".join(each.itertext()) for each in picture.iter())
    for part, (pin, gpio, resistor) in wired().items():
        colour = part.removeprefix("light: ")
        if resistor != "none":
            assert f"{colour} through {resistor.removesuffix(' Ω')} ohm to pin {pin}" in words
            assert resistor in words
        assert f"GPIO {gpio}" in words


def test_the_table_of_boards_agrees_with_their_files():
    rows = re.findall(
        r"^\| (Raspberry[^|]+?) \| (\d+) MB \| ([^|]+?) \| `([^`]+)` \|$", (HARDWARE / "README.md").read_text(), re.M
    )
    profiles = [each for each in load_all(HARDWARE / "boards") if each.name != "QEMU"]
    assert {(each.name, str(each.limits.memory), each.limits.supply, each.compatible) for each in profiles} == set(rows)
