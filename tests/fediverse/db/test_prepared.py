# SPDX-License-Identifier: AGPL-3.0-or-later
"""A prepared statement answers as SQLAlchemy does, whatever it is."""

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.db.database import Database
from appliance.fediverse.db.prepared import Prepared
from appliance.fediverse.db.tables import accounts, tags
from appliance.system.clock import VirtualClock

ROW = {"username": "a", "username_key": "a", "fields": [{"name": "x"}], "public_key": "", "created_at": 0, "bot": True}


@pytest.fixture
def sqlite(template: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "database.sqlite"
    path.write_bytes(template.read_bytes())
    database = Database(f"sqlite:///{path}", VirtualClock())
    with database.write() as tx:
        for number in (1, 2, 3):
            tx.execute(sa.insert(accounts).values(ROW | {"id": number, "username_key": f"a{number}"}))
    yield database
    database.close()


@pytest.fixture
def went_past(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was run without SQLAlchemy."""
    done: list[Any] = []
    run = Prepared.run

    def note(self: Prepared, connection: sa.Connection, statement: sa.Executable, parameters: Any) -> Any:
        found = run(self, connection, statement, parameters)
        if found is not None:
            done.append(statement)
        return found

    monkeypatch.setattr(Prepared, "run", note)
    return done


OTHER = sa.alias(accounts)
SELECTS = {
    "all columns": (sa.select(accounts).order_by(accounts.c.id), None),
    "a parameter": (sa.select(accounts).where(accounts.c.id == sa.bindparam("id")), {"id": 2}),
    "one twice": (
        sa.select(accounts.c.id).where(sa.or_(accounts.c.id == sa.bindparam("id"), accounts.c.id > sa.bindparam("id"))),
        {"id": 2},
    ),
    "a usual value": (sa.select(accounts.c.id).where(accounts.c.bot == sa.bindparam("bot", True)), None),
    "another than usual": (sa.select(accounts.c.id).where(accounts.c.bot == sa.bindparam("bot", True)), {"bot": False}),
    "a literal": (sa.select(accounts.c.id, sa.literal("x").label("y")).where(accounts.c.bot.is_(True)), {}),
    "two of a name": (sa.select(accounts.c.id, OTHER.c.id).join(OTHER, OTHER.c.id > accounts.c.id), None),
    "computed": (sa.select(sa.func.count().label("many"), sa.func.max(accounts.c.fields)), None),
    "a list": (sa.select(accounts.c.id).where(accounts.c.id.in_(sa.bindparam("ids", expanding=True))), {"ids": [1, 3]}),
    "no list": (sa.select(accounts.c.id).where(accounts.c.id.in_(sa.bindparam("ids", expanding=True))), {"ids": []}),
    "a list twice, and more": (
        sa.select(accounts.c.id).where(
            sa.or_(
                accounts.c.id.in_(sa.bindparam("ids", expanding=True)),
                accounts.c.username_key.in_(sa.bindparam("names", expanding=True)),
                accounts.c.moved_to_id.in_(sa.bindparam("ids", expanding=True)),
            ),
            accounts.c.id > sa.bindparam("least"),
        ),
        {"ids": [1, 3], "least": 0, "names": ["a2"]},
    ),
    "a list that stands in it": (sa.select(accounts.c.id).where(accounts.c.id.in_([1, 2])), None),
    "a long list": (
        sa.select(accounts.c.id).where(accounts.c.id.in_(sa.bindparam("ids", expanding=True))),
        {"ids": list(range(200))},
    ),
    "plain text": (sa.text("SELECT id FROM accounts WHERE id > :id ORDER BY id"), {"id": 1}),
    "nothing": (sa.select(accounts).where(accounts.c.id == 9), None),
}


@pytest.mark.parametrize("name", SELECTS)
def test_questions(sqlite: Database, went_past: list[Any], name: str) -> None:
    statement, parameters = SELECTS[name]
    with sqlite.read() as tx:
        known = tx.connection.execute(statement, parameters).all()
        for _ in range(3):
            assert tx.all(statement, parameters) == known
            assert tx.exists(statement, parameters) is bool(known)
        for row, other in zip(tx.all(statement, parameters), known, strict=True):
            assert row._asdict() == other._asdict()
            assert [type(value) for value in row] == [type(value) for value in other]
            if name == "all columns":
                assert (row.bot, row.fields) == (True, [{"name": "x"}])
                assert row._mapping[accounts.c.username_key] == other._mapping[accounts.c.username_key]
    assert bool(went_past) is (name not in ("a list that stands in it", "a long list", "plain text"))


def test_lists_of_different_lengths_are_different_questions(sqlite: Database) -> None:
    statement = (
        sa.select(accounts.c.id)
        .where(accounts.c.id.in_(sa.bindparam("ids", expanding=True)))
        .order_by(accounts.c.id)
        .limit(sa.bindparam("most"))
    )
    with sqlite.read() as tx:
        for _ in range(3):
            for ids in ([1], [3, 2], [], [2, 9, 1], {3}, (2, 1)):
                found = [row.id for row in tx.all(statement, {"ids": ids, "most": 5})]
                assert found == sorted(set(ids) - {9})


def test_a_change_in_plain_text_goes_past_too(sqlite: Database, went_past: list[Any]) -> None:
    statement = sa.text("INSERT INTO received (uri, received_at) VALUES (:uri, :now) ON CONFLICT DO NOTHING")
    with sqlite.write() as tx:
        for number in range(4):
            assert tx.execute(statement, {"uri": f"u{number}", "now": 1}).rowcount == 1
        assert tx.execute(statement, {"uri": "u1", "now": 1}).rowcount == 0
    assert len(went_past) == 3


def test_one_of_many_is_refused(sqlite: Database) -> None:
    statement = sa.select(accounts.c.id)
    for _ in range(3):
        with pytest.raises(sa.exc.MultipleResultsFound), sqlite.read() as tx:
            tx.one(statement)


def test_changes_and_how_many_there_were(sqlite: Database, went_past: list[Any]) -> None:
    insert = sa.insert(accounts)
    update = sa.update(accounts).where(accounts.c.id > sa.bindparam("after")).values(fields=sa.bindparam("new"))
    with sqlite.write() as tx:
        for number in (4, 5, 6):
            tx.execute(insert, ROW | {"id": number, "username_key": f"a{number}", "fields": [number]})
        for count in (1, 2, 3):
            assert tx.execute(update, {"after": 3, "new": [count]}).rowcount == 3
        tx.execute(insert, [ROW | {"id": 7, "username_key": "a7"}, ROW | {"id": 8, "username_key": "a8"}])
    assert went_past == [insert, update]
    with sqlite.read() as tx:
        assert [row.fields for row in tx.all(sa.select(accounts.c.fields).order_by(accounts.c.id))][3:6] == [[3]] * 3


def test_what_is_left_out_of_an_insert_gets_its_default(sqlite: Database) -> None:
    insert = sa.insert(accounts)
    with sqlite.write() as tx:
        for number in (4, 5, 7):
            tx.execute(
                insert, {k: v for k, v in ROW.items() if k != "bot"} | {"id": number, "username_key": f"{number}"}
            )
        tx.execute(insert, ROW | {"id": 6, "username_key": "6"})
        bots = sa.select(accounts.c.bot).where(accounts.c.id > 3).order_by(accounts.c.id)
        assert [row.bot for row in tx.all(bots)] == [False, False, True, False]


def test_failures_are_those_of_sqlalchemy(sqlite: Database, went_past: list[Any]) -> None:
    insert = sa.insert(tags)
    with sqlite.write() as tx:
        tx.execute(insert, {"id": 1, "name": "tea"})
        tx.execute(insert, {"id": 4, "name": "salt"})
        tx.execute(insert, {"id": 2, "name": "milk"})
    assert went_past == [insert]
    with pytest.raises(sa.exc.IntegrityError, match="UNIQUE"), sqlite.write() as tx:
        tx.execute(insert, {"id": 3, "name": "milk"})
    missing = sa.select(tags).where(tags.c.id == sa.bindparam("id"))
    for _ in range(3):
        with pytest.raises(sa.exc.StatementError, match="required"), sqlite.read() as tx:
            tx.all(missing)


def test_statements_that_are_gone_are_forgotten(sqlite: Database) -> None:
    prepared: Any = sqlite._store.prepared
    with sqlite.read() as tx:
        for number in range(50):
            tx.all(sa.select(tags).where(tags.c.id == number))
    gc.collect()
    assert len(prepared._met) < 10
