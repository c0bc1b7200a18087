# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the owner wrote on the card, from TOML into types, strictly. No sentence here repeats what stands there: it
would be written to the card and to the log, and passwords with it."""

import tomllib
from dataclasses import dataclass

from appliance.errors import BadInput
from appliance.parse import from_dict
from appliance.setup import Answers
from appliance.ssh_key import parse_key
from appliance.system.wifi import WifiNetwork, check


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
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = str(error).rpartition("(at ")[2].rstrip(")") if "(at " in str(error) else ""
        where = f" Look at {place}, counted from the first of the marked lines." if "line" in place else ""
        raise BadInput(
            f"The answers are not written as the examples are.{where}",
            'Each one is a name, a = and a value in "quotes", on a line of its own.',
        ) from None
    preseed = from_dict(Preseed, data)
    if preseed.wifi is not None:
        check(preseed.wifi)
    if preseed.box.ssh_key is not None:
        parse_key(preseed.box.ssh_key)
    if preseed.wizard is not None and not preseed.wizard.password:
        raise BadInput("wizard.password is missing.")
    return preseed
