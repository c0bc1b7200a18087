# SPDX-License-Identifier: AGPL-3.0-or-later
"""What may be wrong inside the virtual box: each with its words, its button, and what that does."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from appliance.board.virtual.host import Ailments
from appliance.errors import BadInput

_WELL = Ailments()


@dataclass(frozen=True)
class AilmentRow:
    """`key` and the `wish` ("yes" or "no") are what the button sends."""

    key: str
    words: str
    label: str
    wish: str


@dataclass(frozen=True)
class _Kind:
    key: str
    ill: Any
    ill_words: str
    well_words: str
    make_ill: str
    make_well: str


_KINDS = (
    _Kind("throttled", True, "It slows itself down", "It runs at full speed", "Slow it down", "Let it run"),
    _Kind("fan_stuck", True, "Its fan is stuck", "Its fan can turn", "Block it", "Free it"),
    _Kind("worn", 0.9, "Its card is nearly worn out", "Its card is as good as new", "Wear it out", "Make it new"),
    _Kind("full", True, "Its card is full", "Its card has room", "Fill it", "Empty it"),
    _Kind("read_only", True, "Its card can only be read", "Its card can be written", "Lock it", "Unlock it"),
    _Kind("errors", 3, "Its card has mistakes in its files", "Its card is free of mistakes", "Make some", "Mend them"),
)


def rows(ailments: Ailments) -> tuple[AilmentRow, ...]:
    found = []
    for kind in _KINDS:
        ill = getattr(ailments, kind.key) != getattr(_WELL, kind.key)
        words, label = (kind.ill_words, kind.make_well) if ill else (kind.well_words, kind.make_ill)
        found.append(AilmentRow(kind.key, words, label, "no" if ill else "yes"))
    return tuple(found)


def changed(ailments: Ailments, key: str, *, ill: bool) -> Ailments:
    """Raises BadInput for what no box suffers from."""
    kind = next((each for each in _KINDS if each.key == key), None)
    if kind is None:
        raise BadInput("A box can't suffer from that.")
    return dataclasses.replace(ailments, **{key: kind.ill if ill else getattr(_WELL, key)})
