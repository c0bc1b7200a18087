# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where the instances of tests keep things: SQLite in their folders, or PostgreSQL (`--database=postgresql`)."""

import shutil
from pathlib import Path
from typing import Protocol

from appliance.config import Config
from appliance.fediverse.context import database_url
from appliance.fediverse.db.upgrade import upgrade
from appliance.secret import Secret
from appliance.system.files import SystemFiles
from appliance.system.runner import VirtualRunner
from tests.postgresql import Cluster


class Databases(Protocol):
    def address(self) -> Secret | None:
        """What the config of one more instance says of its database."""
        ...

    def create(self, config: Config) -> None:
        """The database that this config names: migrated and empty, copied from one that was made once."""
        ...

    def remove(self, config: Config) -> None: ...


class InFolders:
    def __init__(self, folder: Path) -> None:
        self.template = folder / "database.sqlite"
        make(f"sqlite:///{self.template}", folder)

    def address(self) -> None:
        return None

    def create(self, config: Config) -> None:
        config.fediverse_state.mkdir(parents=True)
        shutil.copy(self.template, config.fediverse_state / "database.sqlite")

    def remove(self, config: Config) -> None:
        """The folder goes as a whole."""


class InPostgresql:
    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self._cluster = cluster
        self._template = cluster.name()
        cluster.create(self._template)
        make(cluster.url(self._template), folder)

    def address(self) -> Secret:
        return Secret(self._cluster.address(self._cluster.name()))

    def create(self, config: Config) -> None:
        config.fediverse_state.mkdir(parents=True)
        self._cluster.create(_name(config), self._template)

    def remove(self, config: Config) -> None:
        self._cluster.drop(_name(config))


def make(url: str, folder: Path) -> None:
    """The newest form of a database, empty."""
    upgrade(url, SystemFiles(), VirtualRunner(), folder)


def _name(config: Config) -> str:
    return database_url(config).partition("@/")[2].partition("?")[0]
