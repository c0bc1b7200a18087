# SPDX-License-Identifier: AGPL-3.0-or-later
"""The boards' files: each loads, no two claim the same machine, and every field is documented and used."""

import ast
import dataclasses
import re
import types
import typing

import pytest

from appliance.board.detect import find
from appliance.board.profile import ButtonRole, LightRole, Profile, load, load_all
from appliance.errors import BadInput
from tests.repository import ROOT

BOARDS = ROOT / "hardware/boards"
PROFILES = load_all(BOARDS)
OVERLAYS = {path.stem: path.read_text() for path in sorted((ROOT / "hardware/overlays").glob("*.dts"))}


def fields(cls: type, before: str = "") -> dict[str, str]:
    """Dotted path to the last name, of a dataclass and of those inside it."""
    found: dict[str, str] = {}
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        found[before + field.name] = field.name
        for inner in parts(hints[field.name]):
            if dataclasses.is_dataclass(inner):
                found |= fields(typing.cast(type, inner), f"{before}{field.name}.")
    return found


def parts(hint: object) -> tuple[object, ...]:
    return typing.get_args(hint) if isinstance(hint, types.GenericAlias | types.UnionType) else (hint,)


def schema() -> dict[str, str]:
    """Dotted path to who reads it, as the table says."""
    rows = re.findall(
        r"^\| `([a-z_.]+)` \| .+? \| (box|image|pages) \| .+ \|$", (ROOT / "hardware/schema.md").read_text(), re.M
    )
    return dict(rows)


def attributes(folder: str) -> set[str]:
    """Every `.name` that the Python of a folder reads, except where the fields are defined."""
    names: set[str] = set()
    for path in (ROOT / folder).rglob("*.py"):
        if path != ROOT / "appliance/board/profile.py":
            names |= {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
    return names


def test_there_are_the_boards_that_hearth_is_for():
    names = {profile.name for profile in PROFILES}
    assert names == {"Raspberry Pi 5", "Raspberry Pi 4", "Raspberry Pi 3", "Raspberry Pi Zero 2 W", "QEMU"}


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("Raspberry Pi 5 Model B Rev 1.0", "Raspberry Pi 5"),
        ("Raspberry Pi 4 Model B Rev 1.4", "Raspberry Pi 4"),
        ("Raspberry Pi 400 Rev 1.0", "Raspberry Pi 4"),
        ("Raspberry Pi 3 Model B Plus Rev 1.3", "Raspberry Pi 3"),
        ("Raspberry Pi 3 Model B", "Raspberry Pi 3"),
        ("Raspberry Pi Zero 2 W Rev 1.0", "Raspberry Pi Zero 2 W"),
        ("Raspberry Pi Zero 2 W", "Raspberry Pi Zero 2 W"),
        ("linux,dummy-virt", "QEMU"),
    ],
)
def test_a_machine_is_known_by_its_model(model, name):
    found = find(model, PROFILES)
    assert found is not None
    assert found.name == name
    assert [profile.name for profile in PROFILES if profile.fits(model)] == [name]


@pytest.mark.parametrize(
    "model", ["", "Raspberry Pi", "Raspberry Pi 45", "Raspberry Pi Zero W Rev 1.1", "Raspberry Pi 2"]
)
def test_a_machine_that_is_not_described_is_none_of_them(model):
    assert find(model, PROFILES) is None


def test_an_update_for_one_board_fits_no_other():
    assert len({profile.compatible for profile in PROFILES}) == len(PROFILES)
    assert all(re.fullmatch(r"hearth-[a-z0-9-]+", profile.compatible) for profile in PROFILES)


def test_file_names_and_compatible_strings_agree():
    assert {path.stem for path in BOARDS.glob("*.toml")} == {
        profile.compatible.removeprefix("hearth-") for profile in PROFILES
    }


def test_every_field_is_documented_and_nothing_else_is():
    assert set(schema()) == set(fields(Profile))


def test_what_the_box_reads_it_uses():
    used = attributes("appliance") | {"schema", "models"}  # these two by the profile itself
    unused = [path for path, reader in schema().items() if reader == "box" and fields(Profile)[path] not in used]
    assert not unused


def test_what_the_image_reads_it_uses():
    builder = (ROOT / "image/plan.py").read_text()
    unused = [
        path for path, reader in schema().items() if reader == "image" and f'"{fields(Profile)[path]}"' not in builder
    ]
    assert not unused


def test_every_overlay_is_asked_for_and_is_there():
    assert {name for profile in PROFILES for name in profile.boot.overlays} == set(OVERLAYS)


def test_leds_and_buttons_that_are_wired_are_those_of_the_overlays():
    labels = set(re.findall(r'label = "(hearth[^"]*)"', "".join(OVERLAYS.values())))
    wired = {led for profile in PROFILES for light in profile.lights for led in light.leds.values()}
    wired |= {button.device for profile in PROFILES for button in profile.buttons}
    assert {name for name in wired if name.startswith("hearth")} == labels


def test_logind_does_not_listen_to_the_power_button_of_a_board():
    rules = (ROOT / "hardware/udev/71-hearth-button.rules").read_text()
    for profile in PROFILES:
        for button in profile.buttons:
            if button.code == "KEY_POWER":
                assert f'ATTRS{{name}}=="{button.device}", TAG-="power-switch"' in rules


GOOD = (BOARDS / "raspberry-pi-4.toml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("schema = 1", "schema = 2", "schema must be 1"),
        ("schema = 1", "", "schema is missing"),
        ("schema = 1", "schema = 1\ncolour = 3", "colour is not known here"),
        ('flow = "tryboot"', 'flow = "grub"', "boot.flow must be one of: tryboot, uboot"),
        ("seconds = 30", "seconds = 0", "must be positive"),
        ("seconds = 30", 'seconds = "30"', "watchdog.seconds must be a whole number"),
        ('code = "KEY_PROG1"', 'code = "148"', "148 is no key"),
        ('leds = { green = "ACT" }', "leds = {}", "either leds or multicolour"),
        ('leds = { green = "ACT" }', 'leds = { green = "ACT", red = "PWR" }', "of one colour or of all three"),
        ('leds = { green = "ACT" }', 'leds = { pink = "ACT" }', "leds are red, green, blue"),
        ('leds = { green = "ACT" }', 'leds = { green = "../ACT" }', "no name of an LED"),
        ('name = "Raspberry Pi 4"', 'name = ""', "must not be empty"),
        ('overlays = ["hearth-light", ', 'overlays = ["hearth-light ", ', "a space at an end"),
        ('name = "Raspberry Pi 4"', "name = ", "cannot be read"),
    ],
)
def test_a_damaged_file_is_refused_with_its_name_and_place(tmp_path, old, new, says):
    assert old in GOOD
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(BadInput) as error:
        load(path)
    assert error.value.sentence.startswith("mine.toml")
    assert says in error.value.sentence


def test_a_file_that_is_not_there_is_a_plain_error(tmp_path):
    with pytest.raises(BadInput, match=r"mine\.toml cannot be read"):
        load(tmp_path / "mine.toml")


def test_a_board_needs_neither_light_nor_button(tmp_path):
    path = tmp_path / "bare.toml"
    path.write_text(re.sub(r"(?s)\[\[lights\]\].*?(?=\[watchdog\])", "", GOOD))
    bare = load(path)
    assert (bare.lights, bare.buttons, bare.sensors.temperature) == ((), (), None)
    assert load(BOARDS / "raspberry-pi-4.toml").lights[1] == LightRole("the small light on the board", {"green": "ACT"})
    assert load(BOARDS / "qemu.toml").buttons == (
        ButtonRole("the Computer key", "QEMU Virtio Keyboard", "KEY_COMPUTER"),
    )
