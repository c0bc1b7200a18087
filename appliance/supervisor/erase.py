# SPDX-License-Identifier: AGPL-3.0-or-later
"""Erasing everything: the data is put aside under another name, can be brought back, and goes after seven days.

What was decided is in the settings first and done afterwards; each step can be done again, so a power cut in
between costs nothing. In the folder lie `fediverse/`, the settings and the owner's secrets as they were.
"""

import dataclasses
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from appliance.errors import HearthError
from appliance.parse import from_dict, to_dict
from appliance.secret import Secret
from appliance.settings import Erased, Settings
from appliance.supervisor.secrets_store import SecretStore
from appliance.system.files import Files
from appliance.system.units import Units

KEPT = timedelta(days=7)
SERVICE = "fediverse"


@dataclasses.dataclass(frozen=True)
class Before:
    """The box as it was: what `bring_back` needs beside the data."""

    settings: Settings
    secrets: dict[str, Secret]  # by `Name`


def decide(now: datetime, taken: tuple[Erased, ...]) -> Erased:
    names = {each.folder for each in taken}
    name = stem = f"erased-{now:%Y%m%dT%H%M%SZ}"
    for number in itertools.count(2):
        if name not in names:
            break
        name = f"{stem}-{number}"
    return Erased(name, (now + KEPT).isoformat(timespec="seconds"))


def after_erase(settings: Settings, erased: Erased) -> Settings:
    """As new, but sessions from before must not come to life again, and what was put aside stays known."""
    rest = tuple(each for each in settings.erased if each.folder != erased.folder)
    moved = dataclasses.replace(erased, moved=True)
    return Settings(epoch=settings.epoch + 1, erased=(*rest, moved))


def after_undo(settings: Settings, before: Settings, brought_back: str) -> Settings:
    """As before; what is put aside now stays known."""
    rest = tuple(dataclasses.replace(each, moved=True) for each in settings.erased if each.folder != brought_back)
    return dataclasses.replace(before, epoch=max(settings.epoch, before.epoch) + 1, erased=rest)


class Eraser:
    """The effects. These take their time: never in the loop."""

    def __init__(self, state: Path, fediverse: Path, files: Files, units: Units, secrets: SecretStore) -> None:
        self._state = state
        self._fediverse = fediverse
        self._files = files
        self._units = units
        self._secrets = secrets

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """The instance stands still inside of this and starts again afterwards, whatever happens."""
        try:
            self._units.stop(SERVICE)
            yield
        finally:
            self._units.start(SERVICE)

    def put_aside(self, folder: str, settings: Settings) -> None:
        """Rename the data of the stopped instance and make an empty folder in its place. Raises HearthError."""
        aside = self._state / folder
        self._files.make_folder(aside)
        record = aside / "before.json"
        if not record.exists():
            before = Before(settings, self._secrets.of_the_owner())
            self._files.replace(record, json.dumps(to_dict(before)).encode())
        if self._fediverse.exists() and not self.has_moved(folder):
            old = self._fediverse.stat()
            self._files.rename(self._fediverse, aside / "fediverse")
            self._files.make_folder(self._fediverse)
            self._files.give(self._fediverse, user=old.st_uid, group=old.st_gid, mode=old.st_mode & 0o7777)

    def has_moved(self, folder: str) -> bool:
        return (self._state / folder / "fediverse").exists()

    def bring_back(self, folder: str) -> Before:
        """The other way: what was put aside takes the place of an empty folder. Raises HearthError nothing-kept."""
        aside = self._state / folder
        before = self._read(aside / "before.json")
        if self.has_moved(folder):
            self._files.remove(self._fediverse)
            self._files.rename(aside / "fediverse", self._fediverse)
        self._secrets.give_owner(before.secrets)
        return before

    def delete(self, folder: str, before_each: Callable[[], None] = lambda: None) -> None:
        """For good, piece by piece: what `before_each` raises ends it between two of them, and leaves the rest."""
        aside = self._state / folder
        try:
            for path in sorted(aside.rglob("*"), reverse=True):
                before_each()
                self._files.remove(path)
            self._files.remove(aside)
        except OSError as error:
            raise HearthError("disk-refused", f"{folder} could not be deleted: {error.strerror}.") from error

    def _read(self, path: Path) -> Before:
        try:
            return from_dict(Before, json.loads(self._files.read(path)))
        except (OSError, ValueError) as error:
            raise HearthError("nothing-kept", "The old data can't be found.", "It may be deleted already.") from error
