# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings: what the owner wants of the box, in one durable file that only the supervisor writes."""

import dataclasses
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.errors import BadInput, HearthError
from appliance.internet.model import Account, Gateway, Held
from appliance.parse import from_dict, to_dict
from appliance.system.clock import Clock
from appliance.system.files import Files

SCHEMA = 1
MAX_BYTES = 1024 * 1024

log = logging.getLogger(__name__)

Migration = Callable[[dict[str, Any]], dict[str, Any]]

# From schema N to N + 1: pure functions from the old content to the new.
MIGRATIONS: Mapping[int, Migration] = {}


@dataclass(frozen=True)
class Erased:
    """Data put aside by "erase everything": `folder` lies in the state folder until `until` (ISO 8601, UTC).

    `moved` is false between the decision and its completion, so that a power cut in between is made good.
    """

    folder: str
    until: str
    moved: bool = False


@dataclass(frozen=True)
class Settings:
    """`claimed_by` is the SHA-256 (hex) of the claiming browser's token. `address` is the name on the internet,
    "" for home only, None while undecided; with the end of the set-up it becomes final. `name_held` says whose it is,
    and `name_account` who is told the box's addresses, None where nobody is. `epoch` grows whenever console sessions
    must end. `acknowledged` are the keys of issues the owner has seen. `wifi_country` is the country whose radio rules
    hold, None without Wi-Fi. `helpers` are host names of those who are asked to try whether the box can be reached.
    `ports_by_hand`: the owner says that she forwarded the router's ports herself. `gateway` is whom visitors come
    through, None where they come by the router."""

    schema: int = SCHEMA
    box_name: str = "hearth"
    claimed_by: str | None = None
    owner: str | None = None
    address: str | None = None
    address_final: bool = False
    setup_done: bool = False
    epoch: int = 1
    acknowledged: tuple[str, ...] = ()
    erased: tuple[Erased, ...] = ()
    wifi_country: str | None = None
    name_held: Held = Held.OWN
    name_account: Account | None = None
    helpers: tuple[str, ...] = ()
    ports_by_hand: bool = False
    gateway: Gateway | None = None


def after_reset(settings: Settings) -> Settings:
    """A console reset: the owner's login and the network settings go. A name given for ever stays: posts carry it."""
    return dataclasses.replace(
        settings,
        claimed_by=None,
        owner=None,
        address=settings.address if settings.address_final else None,
        name_held=settings.name_held if settings.address_final else Held.OWN,
        name_account=settings.name_account if settings.address_final else None,
        ports_by_hand=False,
        gateway=settings.gateway if settings.address_final else None,
        setup_done=False,
        epoch=settings.epoch + 1,
        acknowledged=(),
    )


@dataclass(frozen=True)
class Loaded:
    """`damaged` is where a file that could not be read was put aside."""

    settings: Settings
    damaged: Path | None = None


class SettingsFile:
    """settings.json, beside it settings.last-good.json, and what was damaged as settings.damaged-TIME.json."""

    def __init__(
        self,
        path: Path,
        files: Files,
        clock: Clock,
        *,
        schema: int = SCHEMA,
        migrations: Mapping[int, Migration] = MIGRATIONS,
    ) -> None:
        self._path = path
        self._copy = path.with_name("settings.last-good.json")
        self._files = files
        self._clock = clock
        self._schema = schema
        self._migrations = migrations

    def load(self) -> Loaded:
        """Raises HearthError settings-too-new, state-unreadable, disk-full, disk-refused."""
        try:
            settings = self._read(self._path)
        except BadInput as error:
            return self._rescue(error)
        return Loaded(settings or self._read_copy() or Settings(schema=self._schema))

    def save(self, settings: Settings) -> None:
        """Durable when this returns; raises HearthError disk-full or disk-refused and then nothing has changed."""
        data = json.dumps(to_dict(settings), indent=2).encode() + b"\n"
        self._files.replace(self._path, data)
        try:
            self._files.replace(self._copy, data)
        except HearthError:
            log.warning("the copy of the settings could not be written")

    def _rescue(self, error: BadInput) -> Loaded:
        aside = self._path.with_name(f"settings.damaged-{self._clock.now():%Y%m%dT%H%M%SZ}.json")
        log.error("the settings file is damaged (%s); it is kept as %s", error, aside.name)
        self._files.rename(self._path, aside)
        settings = self._read_copy() or Settings(schema=self._schema)
        self.save(settings)
        return Loaded(settings, damaged=aside)

    def _read_copy(self) -> Settings | None:
        try:
            return self._read(self._copy)
        except BadInput as error:
            log.error("the copy of the settings is damaged as well (%s)", error)
            return None

    def _read(self, path: Path) -> Settings | None:
        try:
            raw = self._files.read(path, limit=MAX_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise HearthError(
                "state-unreadable",
                f"{path} could not be read: {error.strerror}.",
                "Check the disk and who owns the folder.",
                status=500,
            ) from error
        return from_dict(Settings, self._migrate(_parse(raw)), where=path.name)

    def _migrate(self, data: dict[str, Any]) -> dict[str, Any]:
        version = data.get("schema")
        if not isinstance(version, int) or isinstance(version, bool) or version < 0:
            raise BadInput("The settings have no schema version.")
        if version > self._schema:
            raise HearthError(
                "settings-too-new",
                f"The settings were written by a newer Hearth (schema {version}, known here: {self._schema}).",
                "Install that version again; nothing was changed.",
                status=500,
            )
        while version < self._schema:
            if version not in self._migrations:
                raise BadInput(f"The settings have a schema nobody knows: {version}.")
            version, data = version + 1, {**self._migrations[version](data), "schema": version + 1}
        return data


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadInput("The settings are not JSON.") from None
    if not isinstance(data, dict):
        raise BadInput("The settings are not a JSON object.")
    return data
