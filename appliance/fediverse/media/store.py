# SPDX-License-Identifier: AGPL-3.0-or-later
"""Store: the folder of all media, below the instance's state.

| folder    | what                                                               |
|-----------|--------------------------------------------------------------------|
| incoming/ | uploads as they came, until they are worked on                     |
| files/    | members' media, under names that nobody can guess                  |
| kept/     | other servers' media, for a while                                  |
| work/     | a folder for each child that works, and for what it made           |

What a row of the database names is there, since files come before rows and go after them; what no row names is
swept away in time.
"""

import re
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from appliance.errors import HearthError
from appliance.fediverse.media.kinds import HEAD, TYPES, FileType, recognise
from appliance.system.files import Files

_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}\.([a-z0-9]{3,4})")
_INCOMING = re.compile(r"[0-9a-f]{32}")


class Shelf(Enum):
    """Where a finished file lies."""

    FILES = "files"
    KEPT = "kept"


@dataclass(frozen=True)
class Upload:
    """A file that came, by its name in incoming/."""

    name: str
    bytes: int
    file_type: FileType


class Store:
    def __init__(self, folder: Path, files: Files) -> None:
        self._folder = folder
        self._files = files

    def receive(self) -> tuple[str, BinaryIO]:
        """A file to write an upload to, and its name. Raises HearthError disk-full, disk-refused."""
        name = secrets.token_hex(16)
        self._files.make_folder(self._folder / "incoming")
        return name, self._files.create(self._folder / "incoming" / name)

    def upload(self, name: str) -> Upload | None:
        """What a received file is; None if it is of no type that is taken here."""
        path = self.incoming(name)
        found = recognise(self._files.read(path, limit=HEAD))
        return None if found is None else Upload(name, path.stat().st_size, found)

    def incoming(self, name: str) -> Path:
        if not _INCOMING.fullmatch(name):
            raise ValueError(name)
        return self._folder / "incoming" / name

    def path(self, shelf: Shelf, name: str) -> Path | None:
        """Where a stored file lies; None for what is no name of one."""
        match = _NAME.fullmatch(name)
        return self._folder / shelf.value / name if match and match[1] in TYPES else None

    def keep(self, shelf: Shelf, made: Path, ending: str) -> str:
        """Put a finished file onto its shelf, durably; its name there. Raises HearthError disk-full, disk-refused."""
        found = made.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or ending not in TYPES:
            raise HearthError("media-unfit", "What came of this file is no file.", status=422)
        name = secrets.token_hex(16)
        name = f"{name[:2]}/{name[2:]}.{ending}"
        self._files.adopt(made, self._folder / shelf.value / name)
        return name

    def workplace(self) -> Path:
        """A new folder of its own for a child. Remove it with `clear`."""
        folder = self._folder / "work" / secrets.token_hex(8)
        self._files.make_folder(folder)
        return folder

    def inside(self, folder: Path) -> Path:
        """A folder in a workplace, for one more child."""
        inner = folder / "more"
        self._files.make_folder(inner)
        return inner

    def clear(self, *paths: Path | None) -> None:
        for path in paths:
            if path is not None:
                self._files.remove(path)

    def clear_workplaces(self) -> None:
        """After a start: no child works yet."""
        self._files.remove(self._folder / "work")

    def remove(self, shelf: Shelf, *names: str | None) -> None:
        self.clear(*(self.path(shelf, name) for name in names if name))

    def forget(self, *names: str | None) -> None:
        """Uploads that are not needed any more."""
        self.clear(*(self.incoming(name) for name in names if name))

    def size(self, shelf: Shelf, *names: str | None) -> int:
        paths = [path for name in names if name and (path := self.path(shelf, name)) is not None]
        return sum(path.stat().st_size for path in paths if path.exists())

    def free_bytes(self) -> int:
        folder = self._folder
        while not folder.exists():
            folder = folder.parent
        return self._files.free_bytes(folder)

    def names(self, shelf: Shelf, part: str) -> Iterator[tuple[str, float]]:
        """Names in one of the 256 parts of a shelf ("00" to "ff"), with when each was written."""
        folder = self._folder / shelf.value / part
        for path in folder.iterdir() if folder.is_dir() else ():
            yield f"{part}/{path.name}", path.stat().st_mtime

    def uploads(self) -> Iterator[tuple[str, float]]:
        folder = self._folder / "incoming"
        for path in folder.iterdir() if folder.is_dir() else ():
            if _INCOMING.fullmatch(path.name):
                yield path.name, path.stat().st_mtime
