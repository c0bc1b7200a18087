# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the owner wrote on the card, from TOML into types, strictly. No sentence here repeats what stands there: it
would be written to the card and to the log, and passwords with it."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from appliance.errors import BadInput
from appliance.parse import from_dict
from appliance.setup import Answers
from appliance.ssh_key import parse_key
from appliance.system.wifi import WifiNetwork, check

# What may be repeated as unknown: anything else is no name that somebody misspelt, and perhaps a password.
_NAME = re.compile(r"[A-Za-z_]{1,30}")
# The parser takes memory by the square of a name's dots: 72 MB for this much, a gigabyte for four times as much.
_MAX_TEXT = 8192
_REMEDY = 'Each one is a name, a = and a value in "quotes", on a line of its own.'


@dataclass(frozen=True)
class BoxPart:
    name: str | None = None
    ssh_key: str | None = None


@dataclass(frozen=True)
class Preseed:
    """Each part may be left out. `wizard` has the keys of `hearth setup`."""

    wifi: WifiNetwork | None = None
    box: BoxPart = BoxPart()
    wizard: Answers | None = None


def parse(text: str) -> Preseed:
    """Raises BadInput with a sentence for the card."""
    if len(text) > _MAX_TEXT:
        raise BadInput("The answers are too long.", "Leave out the long ones: the box's pages ask for them.")
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError alone for numbers of thousands of digits
        place = str(error).rpartition("(at ")[2].rstrip(")") if "(at " in str(error) else ""
        where = f" Look at {place}, counted from the first of the marked lines." if "line" in place else ""
        raise BadInput(
            f"The answers are not written as the examples are.{where}",
            _REMEDY,
        ) from None
    if not all(_NAME.fullmatch(name) for name in _names(data)):
        raise BadInput("The answers are not written as the examples are.", _REMEDY)
    preseed = from_dict(Preseed, data)
    if preseed.wifi is not None:
        check(preseed.wifi)
    if preseed.box.ssh_key is not None:
        parse_key(preseed.box.ssh_key)
    if preseed.wizard is not None and not preseed.wizard.password:
        raise BadInput("wizard.password is missing.")
    return preseed


def _names(data: Mapping[str, Any]) -> Iterator[str]:
    for name, part in data.items():
        yield name
        if isinstance(part, dict):
            yield from part
