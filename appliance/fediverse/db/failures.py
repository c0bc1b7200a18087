# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can go wrong with a database through nobody's mistake, in plain words."""

from appliance.errors import BadInput, HearthError, Unavailable

BUSY_MILLISECONDS = 10_000


def busy() -> Unavailable:
    return Unavailable("database-busy", "The server is very busy.")


def away() -> Unavailable:
    return Unavailable("database-away", "The server cannot reach its database.")


def disk_full() -> HearthError:
    return HearthError(
        "disk-full",
        "The server's disk is full, so this could not be kept.",
        "Whoever runs the server must make room; nothing was changed.",
        status=507,
    )


def unstorable() -> BadInput:
    return BadInput("This holds something that no text may hold.")


def unheard_of() -> HearthError:
    """What cannot be stored is not there either."""
    return HearthError("not-found", "Record not found", status=404)
