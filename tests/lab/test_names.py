# SPDX-License-Identifier: AGPL-3.0-or-later
"""That the lab's name servers and its authority do what those of the world do."""

import pytest

from tests.end_to_end.waiting import eventually
from tests.lab.names import ZONE
from tests.lab.probes import fetches
from tests.lab.spaces import Namespace
from tests.lab.world import World

pytestmark = pytest.mark.timeout(120)


def _address(whence: Namespace, name: str) -> str:
    return whence.run(["sh", "-c", 'getent ahostsv4 "$1" || true', "-", name]).partition(" ")[0]


def test_names_and_authority_are_known_everywhere(world: World) -> None:
    authority = world.with_authority()
    names = authority.names
    box = world.home("linden").box
    assert _address(box, authority.name) == authority.space.address
    status, _ = fetches(box, authority.space.address, authority.name, authority.root, "/acme/staging/directory")
    assert status == 200

    name = f"linden.{ZONE}"
    assert _address(box, name) == ""
    names.put(name, "A", "11.0.77.1")
    eventually("the name is known", lambda: _address(box, name) == "11.0.77.1")
    # A resolver remembers for a while, unlike the servers of the zone.
    names.put(name, "A", "11.0.77.2", ttl=600)
    eventually("the resolver hears of it", lambda: _address(box, name) == "11.0.77.2")
    names.put(name, "A", "11.0.77.3")
    assert _address(box, name) == "11.0.77.2"
    assert _address(names.servers, name) == "11.0.77.3"
    names.forget()
    assert _address(box, name) == "11.0.77.3"

    names.stop()
    assert _address(box, name) == ""
