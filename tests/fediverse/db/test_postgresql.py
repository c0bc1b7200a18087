# SPDX-License-Identifier: AGPL-3.0-or-later
"""What PostgreSQL does in its own way. That the rest goes as with SQLite is shown by the same tests (--database)."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from appliance.errors import BadInput, HearthError, Unavailable
from appliance.fediverse.db import failures
from appliance.fediverse.db import upgrade as upgrade_module
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.kept import Answer
from appliance.fediverse.db.tables import metadata, tags
from appliance.fediverse.db.upgrade import upgrade
from appliance.system.clock import VirtualClock
from appliance.system.files import SystemFiles, VirtualFiles
from appliance.system.runner import Completed, SystemRunner, VirtualRunner
from tests.fediverse.databases import make
from tests.postgresql import Cluster


@pytest.fixture(scope="module")
def migrated(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    name = cluster.name()
    cluster.create(name)
    make(cluster.url(name), tmp_path_factory.mktemp("migrated"))
    return name


@pytest.fixture
def name(cluster: Cluster, migrated: str) -> Iterator[str]:
    name = cluster.name()
    cluster.create(name, migrated)
    yield name
    cluster.drop(name)


@pytest.fixture
def url(cluster: Cluster, name: str) -> str:
    return cluster.url(name)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url, VirtualClock())
    yield database
    database.close()


def test_the_migrations_lead_to_the_tables_that_the_code_knows(database: Database) -> None:
    def ours(name: str | None, kind: str, _: object) -> bool:
        return (kind, name) not in {("column", "words"), ("index", "search_words"), ("index", "search_people")}

    with database.engine.connect() as connection:
        options = {"include_name": ours, "target_metadata": metadata}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    assert differences == []


def test_nothing_that_a_writer_saw_changes_before_it_is_done(database: Database, url: str) -> None:
    """Two that would both say "there is none yet, so here it is" do so one after the other."""
    other = Database(url, VirtualClock())
    entered, found = threading.Event(), []

    def late() -> None:
        with other.write() as tx:
            found.append(tx.exists(sa.select(tags)))

    with database.write() as tx:
        thread = threading.Thread(target=lambda: (entered.set(), late()))
        thread.start()
        entered.wait()
        thread.join(0.2)
        assert found == []
        tx.execute(sa.insert(tags).values(id=tx.next_id(), name="tea"))
    thread.join(10)
    other.close()
    assert found == [True]


def test_a_reader_sees_one_moment_and_writes_nothing(database: Database) -> None:
    with database.read() as tx:
        assert tx.all(sa.select(tags)) == []
        with database.write() as other:
            other.execute(sa.insert(tags).values(id=other.next_id(), name="tea"))
        assert tx.all(sa.select(tags)) == []
        with pytest.raises(sa.exc.InternalError, match="read-only"):
            tx.execute(sa.insert(tags).values(id=1, name="milk"))


def test_who_waits_too_long_for_a_turn_is_told_so(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Database(url, VirtualClock())
    monkeypatch.setattr(
        "appliance.fediverse.db.postgresql._SETTINGS",
        f"-c lock_timeout={failures.BUSY_MILLISECONDS // 200}",
    )
    other = Database(url, VirtualClock())
    with one.write(), pytest.raises(Unavailable) as caught, other.write():
        pass
    one.close()
    other.close()
    assert caught.value.key == "database-busy"


def test_a_server_that_is_away_is_said_so_and_found_again(cluster: Cluster, database: Database, name: str) -> None:
    with database.read() as tx:
        tx.all(sa.select(tags))
    database.kept.get("question", lambda: Answer(b"", ()))
    cluster.throw_out(name)
    with pytest.raises(Unavailable) as caught, database.read() as tx:
        tx.all(sa.select(tags))
    assert caught.value.key == "database-away"
    with database.read() as tx:
        assert tx.all(sa.select(tags)) == []
    nowhere = Database(cluster.url("nosuch"), VirtualClock())
    with pytest.raises(Unavailable), nowhere.read() as tx:
        tx.all(sa.select(tags))
    nowhere.close()


def test_a_text_that_it_cannot_hold_is_bad_input_and_not_there(database: Database) -> None:
    with pytest.raises(BadInput), database.write() as tx:
        tx.execute(sa.insert(tags).values(id=tx.next_id(), name="tea\0"))
    with pytest.raises(HearthError) as caught, database.read() as tx:
        tx.all(sa.select(tags).where(tags.c.name == "tea\0"))
    assert caught.value.status == 404


def test_a_copy_is_kept_before_it_is_changed(
    cluster: Cluster, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unpacked(SystemRunner):
        def run(self, argv: object, **more: object) -> Completed:
            assert isinstance(argv, list)
            return super().run([str(cluster.programs / argv[0]), *argv[1:]], **more)  # type: ignore[arg-type]

    newest = upgrade_module.head()
    monkeypatch.setattr(upgrade_module, "head", lambda: "9999")
    monkeypatch.setattr(upgrade_module, "_migrate", lambda engine: None)
    upgrade(url, SystemFiles(), Unpacked(), tmp_path)
    copy = tmp_path / f"database.before-{newest}.dump"
    listing = SystemRunner().run([str(cluster.programs / "pg_restore"), "--list", str(copy)], timeout=30)
    assert b"TABLE DATA public statuses" in listing.output


def test_without_a_copy_nothing_is_changed(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(VirtualFiles):
        def free_bytes(self, path: Path) -> int:
            return 10

    monkeypatch.setattr(upgrade_module, "head", lambda: "9999")
    monkeypatch.setattr(upgrade_module, "_migrate", lambda engine: pytest.fail("it was changed"))
    with pytest.raises(HearthError, match="pg_dump is not installed"):
        upgrade(url, SystemFiles(), VirtualRunner(), tmp_path)
    with pytest.raises(HearthError, match="no room"):
        upgrade(url, Full(), VirtualRunner(), tmp_path)


def test_the_password_is_no_argument(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = VirtualRunner()
    monkeypatch.setattr(upgrade_module, "head", lambda: "9999")
    with pytest.raises(HearthError) as caught:
        upgrade(url.replace("hearth@", "hearth:geheim@"), SystemFiles(), runner, tmp_path)
    assert len(runner.asked) == 1
    assert "geheim" not in runner.asked[0] + str(caught.value)
