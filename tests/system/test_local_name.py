# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the home network calls the box, by a real D-Bus daemon with Avahi played here."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from jeepney import HeaderFields, Message, new_error, new_method_return

from appliance.errors import HearthError
from appliance.system.bus import SystemBus
from appliance.system.local_name import AvahiName, VirtualLocalName
from tests.system.played_service import PlayedService, bus, needs_a_bus

__all__ = ["bus"]  # a fixture


class Avahi:
    """As avahi-daemon answers: https://avahi.org, Server.SetHostName and GetHostName."""

    def __init__(self, bus: Path) -> None:
        self.name = "hearth"
        self._service = PlayedService(bus, "org.freedesktop.Avahi", lambda message: self._answer(message))
        self.close = self._service.close

    def _answer(self, message: Message) -> None:
        member, send = message.header.fields[HeaderFields.member], self._service.send
        if member == "GetHostName":
            send(new_method_return(message, "s", (self.name,)))
        elif member == "SetHostName" and message.body[0] != self.name:
            (self.name,) = message.body
            send(new_method_return(message))
        else:
            send(new_error(message, "org.freedesktop.Avahi.NoChangeError", "s", ("No change",)))


@pytest.fixture
def avahi(bus: Path) -> Iterator[Avahi]:
    played = Avahi(bus)
    yield played
    played.close()


@needs_a_bus
def test_a_name_is_announced(bus: Path, avahi: Avahi) -> None:
    door = AvahiName(SystemBus(str(bus)))
    assert door.current() == "hearth"
    door.announce("attic")
    assert door.current() == avahi.name == "attic"
    with pytest.raises(HearthError):
        door.announce("attic")


@needs_a_bus
def test_while_nothing_announces_there_is_no_name(bus: Path) -> None:
    assert AvahiName(SystemBus(str(bus))).current() == ""
    assert AvahiName(SystemBus("/nowhere")).current() == ""


def test_a_name_that_another_machine_has_gets_a_number() -> None:
    door = VirtualLocalName(taken=frozenset({"attic"}))
    door.announce("attic")
    assert door.current() == "attic-2"
