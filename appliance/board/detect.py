# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which board this is, by the model in its device tree."""

from pathlib import Path

from appliance.board import profile
from appliance.board.profile import Profile

# As laid into the wheel, and as found in a working copy.
_FOLDERS = (Path(__file__).parent / "boards", Path(__file__).parents[2] / "hardware" / "boards")


def folder() -> Path:
    """Where the boards' files lie."""
    return next((each for each in _FOLDERS if each.is_dir()), _FOLDERS[0])


def model(tree: Path = Path("/proc/device-tree")) -> str:
    """The device tree's model, "" on a machine without one, such as a PC."""
    try:
        return (tree / "model").read_bytes().rstrip(b"\0").decode(errors="replace").strip()
    except OSError:
        return ""


def find(name: str, profiles: tuple[Profile, ...]) -> Profile | None:
    """The board of this model. No two boards claim the same one: tests/hardware/test_boards.py."""
    return next((each for each in profiles if each.fits(name)), None)


def detect() -> Profile | None:
    """What this machine is, or None if no file describes it. Raises BadInput if a file is damaged."""
    name = model()
    return find(name, profile.load_all(folder())) if name else None
