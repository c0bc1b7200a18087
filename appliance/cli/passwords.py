# SPDX-License-Identifier: AGPL-3.0-or-later
"""Passwords on the command line: typed unseen or read from standard input, never an argument that others can see."""

import getpass
import sys

from appliance.errors import BadInput
from appliance.secret import Secret


def read_password(prompt: str) -> Secret:
    """Raises BadInput when there is none or two typed ones differ."""
    if not sys.stdin.isatty():
        text = sys.stdin.readline().rstrip("\r\n")
    else:
        text = getpass.getpass(prompt)
        if getpass.getpass("The same again: ") != text:
            raise BadInput("The two passwords differ.", "Try again.")
    if not text:
        raise BadInput("There is no password.", "Type one, or hand it in on standard input.")
    return Secret(text)
