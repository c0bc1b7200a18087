# SPDX-License-Identifier: AGPL-3.0-or-later
"""That a box can make the records of its name itself, in a zone that takes updates (RFC 2136)."""

import dns.message
import dns.query
import pytest

from appliance.errors import HearthError
from appliance.internet.model import Account
from appliance.internet.providers import RFC2136
from appliance.secret import Secret
from appliance.system.naming import Addresses, update
from appliance.system.runner import SystemRunner
from tests.lab.names import KEY, SECRET, ZONE, Names
from tests.lab.world import World

pytestmark = pytest.mark.timeout(120)

NAME = f"oak.{ZONE}"


@pytest.fixture(scope="module")
def names(world: World) -> Names:
    return world.with_authority().names


def tell(names: Names, addresses: Addresses, *, key: str = KEY, secret: str = SECRET, name: str = NAME) -> None:
    account = Account(RFC2136, key, ZONE, names.servers.address)
    with names.servers.inside():
        update(SystemRunner(), name, account, Secret(secret), addresses)


def records(names: Names) -> tuple[list[str], list[str]]:
    with names.servers.inside():
        found = [
            dns.query.udp(dns.message.make_query(NAME, kind), names.servers.address, timeout=5)
            for kind in ("A", "AAAA")
        ]
    first, second = ([each.to_text() for rrset in answer.answer for each in rrset] for answer in found)
    return first, second


def test_the_addresses_become_those_that_were_told(names: Names) -> None:
    tell(names, Addresses("11.0.77.1", "2600:77::1"))
    assert records(names) == (["11.0.77.1"], ["2600:77::1"])
    tell(names, Addresses("11.0.77.2", None), key=f"hmac-sha256:{KEY}")
    assert records(names) == (["11.0.77.2"], [])


def test_who_has_not_the_key_changes_nothing(names: Names) -> None:
    tell(names, Addresses("11.0.77.2", None))
    for wrong in ({"secret": "bm90IHRoZSBrZXk="}, {"key": "somebody"}):
        with pytest.raises(HearthError) as caught:
            tell(names, Addresses("11.0.77.3", None), **wrong)
        assert caught.value.key == "name-refused-for-good"
    assert records(names) == (["11.0.77.2"], [])


def test_a_name_server_that_is_away_is_tried_again(names: Names) -> None:
    names.stop()
    try:
        with pytest.raises(HearthError) as caught:
            tell(names, Addresses("11.0.77.3", None))
        assert caught.value.key == "name-unanswered"
    finally:
        names.start()
