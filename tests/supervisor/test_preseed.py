# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answers on the card: what is understood, and that no sentence about the rest repeats a secret."""

import pytest

from appliance.errors import BadInput
from appliance.supervisor import card
from appliance.supervisor.preseed import parse
from tests.supervisor.test_ssh_keys import make_key

SECRET = "otters and quiet fences"
WIFI = f'[wifi]\nssid = "At home"\npassword = "{SECRET}"\ncountry = "DE"\n'
WIZARD = f'[wizard]\nusername = "anna"\npassword = "{SECRET}"\ntitle = "Friends"\naddress = ""\n'


def test_each_part_may_be_left_out():
    assert parse("") == parse("# nothing\n")
    assert parse(WIFI).wifi.ssid == "At home"
    assert parse(WIFI).wizard is None
    assert parse(WIZARD).wizard.title == "Friends"
    assert parse('[wifi]\nssid = "Open"\ncountry = "GB"').wifi.password is None
    assert parse(f'[box]\nname = "attic"\nssh_key = "{make_key()}"').box.name == "attic"


def test_the_examples_on_the_card_are_right():
    text = card.write(card.Secret("ABCD-EFGH")).decode().replace("\r\n", "\n")
    block = text.partition(card.BEGIN + "\n")[2].partition(card.END)[0]
    lines = [line.removeprefix("#").strip() for line in block.splitlines()]
    preseed = parse("\n".join(lines).replace("ssh-ed25519 AAAA...", make_key()))
    assert None not in (preseed.wifi, preseed.wizard, preseed.box.ssh_key, preseed.box.name)


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"password = {SECRET}",
        f'password = "{SECRET}"',
        WIFI.replace('"\ncountry', "\ncountry"),
        WIFI + WIFI,
        WIFI + "channel = 6\n",
        WIFI.replace('"DE"', '"Germany"'),
        WIFI.replace('"DE"', "49"),
        WIFI.replace("At home", "x" * 33),
        WIFI.replace(SECRET, "short"),
        WIFI.replace(SECRET, "pässwörter"),
        WIZARD.replace("username", "user"),
        WIZARD.replace("title", "#"),
        '[wizard]\nusername = "anna"\ntitle = "x"\naddress = ""\n',
        f'[box]\nssh_key = "command=x {make_key()}"\n',
        "[[box]]\n",
        "x = " + "[" * 5000,
        "x = " + "1" * 5000,
        "a\ufffdb",
        "a." * 16_000 + "a = 1\n",
        f'[wifi]\n"{SECRET}" = "At home"\n',
        '"a\\n===== answers: begin =====\\n" = 1\n',
        f"{'x' * 1000} = 1\n",
        "“smart” = “quotes”",
    ],
)
def test_the_rest_is_refused_without_repeating_secrets(text):
    with pytest.raises(BadInput) as caught:
        parse(text)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_the_line_is_named():
    with pytest.raises(BadInput, match="Look at line 2"):
        parse('[wifi]\nssid = "Home\n')
