# SPDX-License-Identifier: AGPL-3.0-or-later
import sqlalchemy as sa

from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import accounts as accounts_table
from appliance.fediverse.db.tables import members as members_table
from appliance.fediverse.db.tables import sessions as sessions_table
from appliance.fediverse.services import sessions
from appliance.secret import Secret
from appliance.system.clock import VirtualClock

DAY = 24 * 3600


def open_one(database: Database, account_id: int, browser: str = "Firefox") -> Secret:
    with database.write() as tx:
        return sessions.open(tx, account_id, browser, "192.0.2.1")


def who(database: Database, token: Secret) -> int | None:
    with database.read() as tx:
        return sessions.find(tx, token)


def test_a_token_finds_its_account_and_is_not_stored(database: Database, member: int) -> None:
    token = open_one(database, member)
    assert who(database, token) == member
    assert who(database, Secret("x" * 43)) is None
    assert len(token.reveal()) >= 43
    with database.read() as tx:
        stored = tx.one(sa.select(sessions_table))
    assert token.reveal() not in repr(stored)


def test_two_sessions_are_never_the_same(database: Database, member: int) -> None:
    assert not open_one(database, member).matches(open_one(database, member).reveal())


def test_thirty_days_without_a_visit_end_it(database: Database, member: int, clock: VirtualClock) -> None:
    token = open_one(database, member)
    clock.advance(29 * DAY)
    with database.write() as tx:
        session = sessions.look(tx, token)
        assert session is not None
        assert sessions.needs_touch(tx, session)
        sessions.touch(tx, session)
    clock.advance(29 * DAY)
    assert who(database, token) == member
    clock.advance(2 * DAY)
    assert who(database, token) is None


def test_reading_pages_does_not_write_each_time(database: Database, member: int, clock: VirtualClock) -> None:
    token = open_one(database, member)
    clock.advance(60)
    with database.read() as tx:
        session = sessions.look(tx, token)
        assert session is not None
        assert not sessions.needs_touch(tx, session)


def test_a_member_who_is_not_active_has_no_session(database: Database, member: int) -> None:
    token = open_one(database, member)
    with database.write() as tx:
        tx.execute(sa.update(members_table).values(state="disabled"))
    assert who(database, token) is None


def test_nor_has_who_was_suspended(database: Database, member: int) -> None:
    token = open_one(database, member)
    with database.write() as tx:
        tx.execute(sa.update(accounts_table).where(accounts_table.c.id == member).values(suspended_at=1))
    assert who(database, token) is None


def test_sessions_end_one_by_one_or_all_others(database: Database, member: int) -> None:
    here, one, other = (open_one(database, member, name) for name in ("here", "one", "other"))
    with database.write() as tx:
        found = {session.browser: session.id for session in sessions.of(tx, member)}
        assert set(found) == {"here", "one", "other"}
        sessions.end(tx, member, found["one"])
    assert who(database, one) is None
    assert who(database, other) == member
    with database.write() as tx:
        sessions.end_all(tx, member, but=found["here"])
    assert who(database, here) == member
    assert who(database, other) is None


def test_nobody_ends_the_session_of_another(database: Database, member: int) -> None:
    token = open_one(database, member)
    with database.write() as tx:
        session = sessions.look(tx, token)
        assert session is not None
        sessions.end(tx, member + 1, session.id)
    assert who(database, token) == member


def test_a_cookie_full_of_rubbish_is_nobody(database: Database, member: int) -> None:
    for text in ("", "\ud800", "\x00", "x" * 100_000):
        assert who(database, Secret(text)) is None
