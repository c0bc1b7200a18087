# SPDX-License-Identifier: AGPL-3.0-or-later
from collections.abc import Iterator
from unittest.mock import patch

import pytest
import sqlalchemy as sa

from appliance import passwords
from appliance.errors import BadInput, HearthError, Refused
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import apps, tokens
from appliance.fediverse.db.tables import members as members_table
from appliance.fediverse.model import MemberState, Role
from appliance.fediverse.services import accounts, instance_settings, members, sessions
from appliance.fediverse.services.throttle import TooManyTries
from appliance.fediverse.urls import Urls
from appliance.secret import Secret
from appliance.system.clock import VirtualClock

PASSWORD = Secret("four unrelated words here")
URLS = Urls("https://tea.example.org", True)


def log_in(database: Database, username: str, password: Secret = PASSWORD, address: str = "192.0.2.1") -> int:
    return members.check_password(database, URLS, username, password, address)


def make(database: Database, username: str, **more: object) -> int:
    with database.write() as tx:
        return members.create(tx, username, PASSWORD, **more)  # type: ignore[arg-type]


def wrong(database: Database, username: str, times: int = 1, address: str = "192.0.2.1") -> None:
    for _ in range(times):
        with pytest.raises(Refused, match="user name or the password"):
            log_in(database, username, Secret("not this one"), address)


@pytest.mark.parametrize("typed", ["bea", "@bea", " Bea ", "bea@tea.example.org", "@BEA@tea.example.org"])
def test_logging_in(database: Database, member: int, typed: str) -> None:
    assert log_in(database, typed) == member


@pytest.mark.parametrize("typed", ["", "bob", "bea@elsewhere.example", "b\x00", "\ud800", "x" * 10_000, "' or 1=1 --"])
def test_who_is_not_here_hears_the_same_as_a_wrong_password(database: Database, member: int, typed: str) -> None:
    with pytest.raises(Refused) as unknown:
        log_in(database, typed)
    with pytest.raises(Refused) as mistaken:
        log_in(database, "bea", Secret("not this one"))
    assert unknown.value.to_dict() == mistaken.value.to_dict()


@pytest.fixture
def verified() -> Iterator[list[bool]]:
    """For each password that was hashed to compare: whether there was a verifier."""
    seen: list[bool] = []
    real = passwords.verify

    def watch(verifier: str | None, password: Secret) -> bool:
        seen.append(verifier is not None)
        return real(verifier, password)

    with patch("appliance.passwords.verify", watch):
        yield seen


def test_a_hash_is_computed_for_unknown_names_too(database: Database, member: int, verified: list[bool]) -> None:
    wrong(database, "bea")
    wrong(database, "nobody_here")
    wrong(database, "no name at all")
    assert verified == [True, False, False]


def test_the_verifier_of_nobody_costs_as_much_as_a_real_one() -> None:
    """A malformed one would be refused at once, and the difference heard."""
    real, nobody = passwords.hash_password(PASSWORD), passwords._NOBODY
    assert real.split("$")[1:4] == nobody.split("$")[1:4]
    with pytest.raises(passwords.VerificationError, match="does not match"):
        passwords._HASHER.verify(nobody, "x" * 12)


def test_too_many_wrong_passwords_must_wait_even_for_the_right_one(
    database: Database, member: int, clock: VirtualClock
) -> None:
    wrong(database, "bea", 5)
    with pytest.raises(TooManyTries) as refusal:
        log_in(database, "bea", address="198.51.100.9")
    clock.advance(refusal.value.retry_after)
    assert log_in(database, "bea") == member
    wrong(database, "bea", 4)


def test_one_address_can_not_try_many_names(database: Database, member: int) -> None:
    for number in range(20):
        wrong(database, f"guess{number}")
    with pytest.raises(TooManyTries):
        log_in(database, "bea")
    assert log_in(database, "bea", address="198.51.100.9") == member


def test_logging_in_often_is_no_failure(database: Database, member: int) -> None:
    for _ in range(30):
        assert log_in(database, "bea") == member


def test_strangers_can_not_keep_a_member_out_of_where_she_is_logged_in(database: Database, member: int) -> None:
    with database.write() as tx:
        sessions.open(tx, member, "Firefox", "203.0.113.5")
    wrong(database, "bea", 5, address="198.51.100.9")
    assert log_in(database, "bea", address="203.0.113.5") == member
    wrong(database, "bea", 5, address="203.0.113.5")
    with pytest.raises(TooManyTries):
        log_in(database, "bea", address="203.0.113.5")


def test_tries_count_before_the_password_is_looked_at(database: Database, member: int) -> None:
    """A crash, or a hundred tries at once, in the middle of the slow hash: each has counted already."""
    with patch("appliance.passwords.verify", side_effect=KeyboardInterrupt):
        for _ in range(5):
            with pytest.raises(KeyboardInterrupt):
                log_in(database, "bea")
    with pytest.raises(TooManyTries):
        log_in(database, "bea")


@pytest.mark.parametrize(("state", "key"), [(MemberState.PENDING, "not-approved"), (MemberState.DISABLED, "disabled")])
def test_only_the_right_password_tells_that_an_account_waits(database: Database, state: MemberState, key: str) -> None:
    make(database, "bob", state=state)
    wrong(database, "bob")
    with pytest.raises(Refused) as refusal:
        log_in(database, "bob")
    assert refusal.value.key == key


@pytest.mark.parametrize("name", ["", "Ada", "a b", "é", "a-b", "x" * 31, "admin", "root", "../etc", "a\n", "\ud800"])
def test_names_that_can_not_be(database: Database, name: str) -> None:
    with pytest.raises(BadInput) as refusal:
        make(database, name)
    assert refusal.value.key == "bad-username"


def test_a_name_is_given_once(database: Database, member: int) -> None:
    with pytest.raises(HearthError) as refusal:
        make(database, "bea")
    assert refusal.value.key == "name-taken"


@pytest.mark.parametrize(
    "password", ["short", "bea-bea-bea-bea", "tea house!", "password1234", "x" * 201, "\ud800" * 12]
)
def test_weak_passwords(database: Database, password: str) -> None:
    with database.write() as tx:
        instance_settings.put(tx, "title", "Tea House")
        with pytest.raises(BadInput) as refusal:
            members.create(tx, "bea", Secret(password))
    assert refusal.value.key == "weak-password"


def test_passwords_are_stored_as_argon2id(database: Database, member: int) -> None:
    with database.read() as tx:
        stored = tx.execute(sa.select(members_table.c.password)).scalar_one()
    assert stored.startswith("$argon2id$")


def test_a_reset_ends_sessions_and_tokens(database: Database, member: int) -> None:
    with database.write() as tx:
        session = sessions.open(tx, member, "Firefox", "192.0.2.1")
        tx.execute(
            sa.insert(apps).values(
                id=1, client_id="x", client_secret="x", name="x", redirect_uris=[], scopes="read", created_at=0
            )
        )
        tx.execute(sa.insert(tokens).values(id=1, hash="x", app_id=1, account_id=member, scopes="read", created_at=0))
        password = members.reset_password(tx, member)
    with database.read() as tx:
        assert sessions.find(tx, session) is None
        assert tx.all(sa.select(tokens)) == []
    wrong(database, "bea")
    with pytest.raises(Refused):
        log_in(database, "bea", PASSWORD)
    assert log_in(database, "bea", password) == member


def test_who_may_help_whom_with_a_password(database: Database, member: int) -> None:
    owner, one, two = (
        make(database, name, role=role)
        for name, role in (("olga", Role.OWNER), ("mia", Role.MODERATOR), ("max", Role.MODERATOR))
    )
    allowed = {(owner, one), (owner, two), (owner, member), (one, member), (two, member)}
    for actor in (owner, one, two, member):
        for target in (owner, one, two, member):
            with database.write() as tx:
                if (actor, target) in allowed:
                    assert members.help_with_password(tx, actor, target)
                else:
                    with pytest.raises(Refused):
                        members.help_with_password(tx, actor, target)


def test_who_waits_is_shown_nowhere(database: Database) -> None:
    bob = make(database, "bob", state=MemberState.PENDING)
    with database.write() as tx:
        assert accounts.find_local(tx, "bob") is None
        members.approve(tx, bob)
        assert accounts.find_local(tx, "bob") is not None


def test_approving_and_turning_away(database: Database) -> None:
    bob, cleo = make(database, "bob", state=MemberState.PENDING), make(database, "cleo", state=MemberState.PENDING)
    with database.write() as tx:
        members.approve(tx, bob)
        members.reject(tx, cleo)
    assert log_in(database, "bob") == bob
    with database.write() as tx:
        assert members.find(tx, "cleo") is None
        for done in (bob, cleo):
            with pytest.raises(HearthError, match="does not wait"):
                members.reject(tx, done)
    assert make(database, "cleo") != cleo
