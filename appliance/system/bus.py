# SPDX-License-Identifier: AGPL-3.0-or-later
"""The system's D-Bus (D-Bus specification 0.43), by jeepney: pure Python, and the one of Debian's libraries for it that
needs neither GLib nor an event loop."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, message_bus, new_method_call
from jeepney.io.blocking import DBusConnection, prep_socket

from appliance.errors import HearthError, Unavailable

SOCKET = "/run/dbus/system_bus_socket"
TIMEOUT = 10.0
# Nobody has this name: whoever is to have it has not started yet, or is starting again.
_NOBODY = frozenset({"org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner"})


class _Connection(DBusConnection):  # type: ignore[misc]  # jeepney has no types
    """jeepney waits for ever where it is not told how long, also for the bus's first word."""

    def send_and_get_reply(self, message: Message, *, timeout: float | None = None) -> Message:
        return super().send_and_get_reply(message, timeout=TIMEOUT if timeout is None else timeout)


class Bus:
    """An open connection, for one thread."""

    def __init__(self, connection: DBusConnection) -> None:
        self._connection = connection

    def call(self, address: DBusAddress, member: str, signature: str = "", *arguments: Any) -> tuple[Any, ...]:
        """Call a method. Raises HearthError bus-refused with what the other side said, Unavailable bus-away where there
        is none."""
        message = new_method_call(address, member, signature or None, arguments)
        reply = self._connection.send_and_get_reply(message)
        if reply.header.message_type is MessageType.error:
            said = str(reply.body[0]) if reply.body else member
            if reply.header.fields.get(HeaderFields.error_name) in _NOBODY:
                raise Unavailable("bus-away", f"The system does not answer: {said}")
            raise HearthError("bus-refused", f"The system did not do it: {said}", "Try again.", status=500)
        return tuple(reply.body)

    def signals(self, address: DBusAddress, member: str) -> "Signals":
        """Collect signals from now on: ask before the call that sets them off. Raises HearthError bus-refused."""
        where = {"type": "signal", "path": address.object_path, "interface": address.interface, "member": member}
        # The bus knows who owns a name and lets through what they send; messages carry another name of theirs.
        self.call(message_bus, "AddMatch", "s", MatchRule(sender=address.bus_name, **where).serialise())
        found: deque[Message] = deque(maxlen=1000)
        self._connection.filter(MatchRule(**where), queue=found).__enter__()  # for as long as the connection lasts
        return Signals(self._connection, found)


class Signals:
    def __init__(self, connection: DBusConnection, found: "deque[Message]") -> None:
        self._connection = connection
        self._found = found

    def bodies(self, timeout: float) -> Iterator[tuple[Any, ...]]:
        """What comes within `timeout` seconds; then raises TimeoutError."""
        end = time.monotonic() + timeout
        while True:
            left = max(0.0, end - time.monotonic())
            yield tuple(self._connection.recv_until_filtered(self._found, timeout=left).body)


class SystemBus:
    """A connection each time: they are cheap, and one that was kept might have died with the bus."""

    def __init__(self, socket: str = SOCKET) -> None:
        self._socket = socket

    @contextmanager
    def connect(self) -> Iterator[Bus]:
        """Raises Unavailable bus-away if the bus or the other side does not answer, here and in the block."""
        try:
            with closing(prep_socket(self._socket)) as socket, _Connection(socket) as connection:
                yield Bus(connection)
        except (OSError, ValueError) as error:
            raise Unavailable("bus-away", f"The system does not answer: {error or 'no time left'}.") from error
