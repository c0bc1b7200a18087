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
    """Copying a database of so many tables takes long, emptying it does not: those that a test left are used again."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self._cluster = cluster
        self._template = cluster.name()
        cluster.create(self._template)
        make(cluster.url(self._template), folder)
        cluster.do(_REMEMBER, self._template)
        self._made: set[str] = set()
        self._free: list[str] = []

    def address(self) -> Secret:
        return Secret(self._cluster.address(self._free.pop() if self._free else self._cluster.name()))

    def create(self, config: Config) -> None:
        config.fediverse_state.mkdir(parents=True)
        name = _name(config)
        if name not in self._made:
            self._cluster.create(name, self._template)
            self._made.add(name)

    def remove(self, config: Config) -> None:
        name = _name(config)
        self._cluster.throw_out(name)
        self._cluster.do(_EMPTY, name)
        self._free.append(name)


# What a new database holds already.
_REMEMBER = """
DO $$ DECLARE each record; found_rows integer; BEGIN
  CREATE SCHEMA origin;
  FOR each IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('SELECT 1 FROM public.%I LIMIT 1', each.tablename);
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    CONTINUE WHEN found_rows = 0;
    EXECUTE format('CREATE TABLE origin.%1$I AS TABLE public.%1$I', each.tablename);
  END LOOP;
END $$
"""
_EMPTY = """
DO $$ DECLARE each record; BEGIN
  SET LOCAL session_replication_role = replica;  -- nothing refers to anything meanwhile
  FOR each IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('DELETE FROM public.%I', each.tablename);
  END LOOP;
  FOR each IN SELECT tablename FROM pg_tables WHERE schemaname = 'origin' LOOP
    EXECUTE format('INSERT INTO public.%1$I SELECT * FROM origin.%1$I', each.tablename);
  END LOOP;
END $$
"""


def make(url: str, folder: Path) -> None:
    """The newest form of a database, empty."""
    upgrade(url, SystemFiles(), VirtualRunner(), folder)


def _name(config: Config) -> str:
    return database_url(config).partition("@/")[2].partition("?")[0]
