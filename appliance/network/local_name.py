# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the name that the owner gave the box to one that a network can carry. Pure."""

import re
import unicodedata

_DEFAULT = "hearth"
_MAX = 40  # of 63 (RFC 1035), as a number may have to follow


def label(box_name: str) -> str:
    """ "Annas Küche" becomes "annas-kuche"; what has no letter of the alphabet at all stays the box's usual name."""
    plain = unicodedata.normalize("NFKD", box_name).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:_MAX].strip("-") or _DEFAULT


def stands_for(announced: str, wanted: str) -> bool:
    """Whether it is that name, perhaps with a number, as it is given where another machine has the same one."""
    return re.fullmatch(rf"{re.escape(wanted)}(-[0-9]{{1,4}})?", announced) is not None
