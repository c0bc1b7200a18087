# SPDX-License-Identifier: AGPL-3.0-or-later
"""TCP ports of this machine: whether they are free, and listening on them."""

import errno
import os
import socket

from appliance.errors import HearthError
from appliance.system.clock import Clock

# Processes of a box that was killed hard may hold a port for another moment.
_PATIENCE = 3.0


def listen(address: str, port: int, *, backlog: int = 128) -> socket.socket:
    """A listening socket. Raises HearthError port-taken or address-refused."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(backlog)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise HearthError(
                "port-taken",
                f"Port {port} is taken by another program.",
                f"Choose other ports with --port, for example --port {port + 1000 if port < 64000 else 8080}.",
                status=409,
            ) from None
        raise HearthError(
            "address-refused",
            f"This machine can't listen on {address} port {port}: {os.strerror(error.errno or 0)}.",
            "Choose a port above 1024, and an address of this machine.",
        ) from None
    return listener


def check_free(address: str, port: int, clock: Clock) -> None:
    """Raises HearthError port-taken."""
    give_up = clock.monotonic() + _PATIENCE
    while True:
        try:
            listen(address, port).close()
            return
        except HearthError as error:
            if error.key != "port-taken" or clock.monotonic() >= give_up:
                raise
        clock.sleep(0.1)
