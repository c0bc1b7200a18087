# SPDX-License-Identifier: AGPL-3.0-or-later
"""The child that decodes: it locks itself in, then looks at one picture, and answers in JSON.

Everything it needs is imported before it is locked in, but nothing of the picture is read before.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from appliance.fediverse.media import pictures
from appliance.fediverse.model import MediaPurpose
from appliance.parse import from_dict
from appliance.system import cage
from appliance.system.cage import Cage


def main(arguments: Sequence[str]) -> None:
    described, source, purpose, movement = arguments
    inside = from_dict(Cage, json.loads(described))
    cage.enter(inside)
    try:
        made = pictures.make(Path(source), Path(inside.folder), MediaPurpose(purpose), movement=movement == "moving")
    except pictures.Unfit as error:
        made = {"unfit": str(error)[:200]}
    json.dump(made, sys.stdout)
