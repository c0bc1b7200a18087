# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a request says of media: which ones, and what they show."""

import math
import re

from appliance.errors import BadInput
from appliance.fediverse.mastodon_api.arguments import Arguments, parse_id
from appliance.fediverse.services.media import Change, Focus

_FOCUS = re.compile(r"\s*([+-]?[0-9]*\.?[0-9]+(?:e-?[0-9]{1,2})?)\s*,\s*([+-]?[0-9]*\.?[0-9]+(?:e-?[0-9]{1,2})?)\s*")
_INDEXED = re.compile(r"media_attributes\[([0-9]{1,3})\]\[id\]")


def ids(arguments: Arguments) -> tuple[int, ...]:
    """Of `media_ids`; what is none counts as an id that nothing has."""
    return tuple(parse_id(text) for text in arguments.texts("media_ids") if text)


def focus(text: str | None) -> Focus | None:
    """Two numbers from -1 to 1; what lies outside is moved to the edge. Raises BadInput for what is no point."""
    if not text:
        return None
    match = _FOCUS.fullmatch(text)
    if match is None:
        raise BadInput("Validation failed: Focus must be two numbers between -1.0 and 1.0", "")
    x, y = (max(-1.0, min(1.0, float(part))) for part in match.groups())
    if not (math.isfinite(x) and math.isfinite(y)):
        raise BadInput("Validation failed: Focus must be two numbers between -1.0 and 1.0", "")
    return x, y


def changes(arguments: Arguments) -> dict[int, Change]:
    """Of `media_attributes`, from JSON, where each has its number, or from a form, where they stand in a row."""
    found = {}
    for name in arguments.names():
        if match := _INDEXED.fullmatch(name):
            part = f"media_attributes[{match[1]}]"
            change = Change(arguments.text(f"{part}[description]"), focus(arguments.text(f"{part}[focus]")))
            found[parse_id(arguments.text(name) or "")] = change
    rows = [arguments.texts(f"media_attributes[][{part}]") for part in ("id", "description", "focus")]
    for number, media_id in enumerate(rows[0]):
        description, point = (row[number] if number < len(row) else None for row in rows[1:])
        found[parse_id(media_id)] = Change(description, focus(point))
    return found
