# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from appliance.internet_name import is_public, is_well_formed


@pytest.mark.parametrize(
    "name", ["a.org", "table.example.org", "xn--kse-qla.example.org", "a-b.org", "x" * 63 + ".org"]
)
def test_names_on_the_internet(name: str) -> None:
    assert is_well_formed(name)
    assert is_public(name)


@pytest.mark.parametrize("name", ["", "org", "a..b", "-a.org", "a-.org", "a b.org", "ä.org", "x" * 64 + ".org", "::1"])
def test_what_has_not_the_form(name: str) -> None:
    assert not is_well_formed(name)


def test_no_name_is_longer_than_dns_allows() -> None:
    assert not is_well_formed(".".join(["a" * 60] * 5))


@pytest.mark.parametrize("name", ["hearth.local", "a.lan", "a.test", "192.0.2.1", "1.2"])
def test_what_nobody_outside_can_reach(name: str) -> None:
    assert is_well_formed(name)
    assert not is_public(name)
