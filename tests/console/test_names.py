# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names on the internet, as people type them."""

import pytest

from appliance.console.names import answer, host_name
from appliance.errors import BadInput


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("table.example.org", "table.example.org"),
        ("  HTTPS://Table.Example.ORG/ ", "table.example.org"),
        ("bücher.example.org", "xn--bcher-kva.example.org"),
    ],
)
def test_names(typed, name):
    assert host_name(typed) == name


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "table",
        "192.168.1.5",
        "[::1]",
        "a b.example.org",
        "table.example.org/path",
        "x" * 64 + ".org",
        "a..org",
        "🏠" * 64,
    ],
)
def test_no_names(typed):
    with pytest.raises(BadInput) as caught:
        host_name(typed)
    assert caught.value.key == "bad-name"


def test_home_needs_no_name():
    assert answer("home", "ignored.example.org", agreed=False) == ""
    with pytest.raises(BadInput):
        answer("", "", agreed=True)
