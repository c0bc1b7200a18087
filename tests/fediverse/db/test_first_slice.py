# SPDX-License-Identifier: AGPL-3.0-or-later
"""A database of version 0.1, filled by that version's own services, is opened with its content intact.

`first_slice.json` holds what 0.1 answered its members from it, without what an answer may gain or phrase anew.
"""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.config import Config
from appliance.fediverse.app import create_app
from appliance.fediverse.context import Context, database_url
from appliance.fediverse.db.database import Database
from appliance.system.clock import VirtualClock
from appliance.system.net import VirtualNet
from tests.fediverse.databases import make

HERE = Path(__file__).parent
KNOWN = json.loads((HERE / "first_slice.json").read_text())
QUESTIONS = [(name, path) for name, member in KNOWN.items() for path in member["answers"]]


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("old") / "database.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript((HERE / "first_slice.sql").read_text())
    connection.close()
    make(f"sqlite:///{path}", path.parent)
    return path


@pytest.fixture
def client(upgraded: Path, tmp_path: Path) -> Iterator[Any]:
    origin = "http://localhost:10100"
    config = Config(state=tmp_path, runtime=tmp_path / "run", virtual=True, development_origin=origin)
    config.fediverse_state.mkdir()
    (config.fediverse_state / "database.sqlite").write_bytes(upgraded.read_bytes())
    clock = VirtualClock()
    clock.advance(1_005_000)
    database = Database(database_url(config), clock)
    yield create_app(Context(database, clock, VirtualNet(), config, origin)).test_client()
    database.close()


@pytest.mark.parametrize(("name", "path"), QUESTIONS)
def test_everything_is_answered_as_before(name: str, path: str, client: Any) -> None:
    member = KNOWN[name]
    response = client.get(path, headers={"Authorization": f"Bearer {member['token']}"})
    assert response.status_code == 200
    _check(response.json, member["answers"][path], path)


def test_no_row_is_lost_and_none_refers_to_nothing(upgraded: Path, tmp_path: Path) -> None:
    old, new = sqlite3.connect(tmp_path / "old.sqlite"), sqlite3.connect(upgraded)
    old.executescript((HERE / "first_slice.sql").read_text())
    for (table,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'alembic_version'"):
        count = f"SELECT count(*) FROM {table}"
        assert new.execute(count).fetchone()[0] >= old.execute(count).fetchone()[0], table
    assert new.execute("PRAGMA foreign_key_check").fetchall() == []
    assert new.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    old.close()
    new.close()


def test_the_old_database_is_kept_beside_it(upgraded: Path) -> None:
    kept = sqlite3.connect(upgraded.with_name("database.sqlite.before-0001"))
    assert kept.execute("SELECT count(*) FROM statuses").fetchone()[0] > 0
    kept.close()


def test_old_posts_are_in_the_index_for_searching(upgraded: Path) -> None:
    connection = sqlite3.connect(upgraded)
    found = connection.execute("SELECT text FROM search_words WHERE search_words MATCH 'tea'").fetchall()
    connection.close()
    assert ["and tea" in text for (text,) in found] == [True]


def _check(new: Any, old: Any, where: str) -> None:
    """What was answered then is answered now; more may have come to it."""
    if isinstance(old, dict):
        assert isinstance(new, dict), where
        for key, value in old.items():
            assert key in new, f"{where}: {key}"
            _check(new[key], value, f"{where} {key}")
    elif isinstance(old, list):
        assert isinstance(new, list), where
        assert len(new) == len(old), where
        for number, value in enumerate(old):
            _check(new[number], value, f"{where} {number}")
    else:
        assert new == old, where
