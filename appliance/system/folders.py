# SPDX-License-Identifier: AGPL-3.0-or-later
"""The box's folders, made as tmpfiles.d(5) describes them for the box, wherever they lie on this machine."""

from pathlib import Path

from appliance.system.files import Files
from appliance.system.launch import Launch


def make_folders(description: Path, launch: Launch, files: Files) -> None:
    """Make every `d` line of the file, with its owner and mode where users are kept apart. Raises HearthError."""
    for line in description.read_text().splitlines():
        words = line.split()
        if len(words) < 5 or words[0] != "d":
            continue
        path, mode = launch.here(Path(words[1])), int(words[2], 8)
        files.make_folder(path, mode=mode)
        if launch.users:
            _give(path, launch.users.get(words[3], 0), launch.users.get(words[4], 0), mode, files)


def _give(path: Path, user: int, group: int, mode: int, files: Files) -> None:
    """A folder whose owner changed is handed over with all that is in it, as StateDirectory= would."""
    if path.stat().st_uid != user and user:
        for inner in path.rglob("*"):
            if not inner.is_symlink():
                files.give(inner, user=user, group=group)
    files.give(path, user=user, group=group)
    # After the change of owner, which clears the setgid bit.
    files.give(path, mode=mode)
