# SPDX-License-Identifier: AGPL-3.0-or-later
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from appliance.errors import HearthError
from appliance.fediverse.db import upgrade as upgrade_module
from appliance.fediverse.db.tables import metadata
from appliance.fediverse.db.upgrade import upgrade
from appliance.system.files import Files, SystemFiles, VirtualFiles
from appliance.system.runner import VirtualRunner

SEARCH_INDEXES = ("search_words", "search_people")  # made by SQLite's FTS5, with tables of its own


def test_the_migrations_lead_to_the_tables_that_the_code_knows(template: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{template}")
    with engine.connect() as connection:
        options = {"include_name": lambda name, kind, _: not (kind == "table" and name.startswith(SEARCH_INDEXES))}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    engine.dispose()
    assert differences == []


def test_the_search_follows_its_tables_whatever_migrations_did_to_them(template: Path) -> None:
    connection = sqlite3.connect(template)
    found = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    connection.close()
    assert {f"{index}_{event}" for index in SEARCH_INDEXES for event in ("learn", "forget", "relearn")} <= found


def test_a_second_upgrade_changes_nothing(tmp_path: Path) -> None:
    _upgrade(tmp_path)
    with sqlite3.connect(tmp_path / "database.sqlite") as connection:
        connection.execute("UPDATE sequence SET last = 7")
    connection.close()
    _upgrade(tmp_path)
    assert not list(tmp_path.glob("*.before-*"))
    assert _value(tmp_path / "database.sqlite", "SELECT last FROM sequence") == 7


def test_an_older_database_is_copied_aside_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _upgrade(tmp_path)
    newest = upgrade_module.head()
    monkeypatch.setattr(upgrade_module, "head", lambda: "9999")
    monkeypatch.setattr(upgrade_module, "_migrate", lambda engine: None)
    _upgrade(tmp_path)
    assert _value(tmp_path / f"database.sqlite.before-{newest}", "SELECT last FROM sequence") == 0


def test_without_room_for_the_copy_nothing_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(VirtualFiles):
        def free_bytes(self, path: Path) -> int:
            return 10

    _upgrade(tmp_path)
    newest = upgrade_module.head()
    monkeypatch.setattr(upgrade_module, "head", lambda: "9999")
    with pytest.raises(HearthError, match="no room"):
        _upgrade(tmp_path, Full())
    assert _value(tmp_path / "database.sqlite", "SELECT version_num FROM alembic_version") == newest


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    _upgrade(tmp_path)
    with sqlite3.connect(tmp_path / "database.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(HearthError, match="newer Hearth"):
        _upgrade(tmp_path)


def _upgrade(folder: Path, files: Files | None = None) -> None:
    upgrade(f"sqlite:///{folder}/database.sqlite", files or SystemFiles(), VirtualRunner(), folder)


def _value(path: Path, query: str) -> object:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchone()[0]
    finally:
        connection.close()
