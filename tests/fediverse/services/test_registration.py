# SPDX-License-Identifier: AGPL-3.0-or-later
import threading

import pytest

from appliance.errors import HearthError
from appliance.fediverse.db.database import Database
from appliance.fediverse.model import MemberState
from appliance.fediverse.services import instance_settings, invites, members, registration
from appliance.fediverse.services.registration import Application, Registered
from appliance.fediverse.services.throttle import TooManyTries
from appliance.secret import Secret
from appliance.system.clock import VirtualClock

PASSWORD = Secret("four unrelated words here")


def set_up(database: Database, mode: str) -> None:
    with database.write() as tx:
        instance_settings.put(tx, "title", "Tea House")
        instance_settings.put(tx, "registration", mode)


def register(database: Database, username: str = "bob", invite: Secret | None = None, **more: str) -> Registered:
    with database.write() as tx:
        return registration.register(tx, Application(username, PASSWORD, "192.0.2.1", invite=invite, **more))


def names(database: Database) -> list[str]:
    with database.read() as tx:
        return [member.username for member in members.every(tx)]


def invite(database: Database, member: int) -> Secret:
    with database.write() as tx:
        return invites.make(tx, member).token


@pytest.mark.parametrize(("mode", "key"), [("closed", "joining-closed"), ("invite", "invite-needed")])
def test_modes_that_let_nobody_in_uninvited(database: Database, mode: str, key: str) -> None:
    set_up(database, mode)
    with pytest.raises(HearthError) as refusal:
        register(database)
    assert (refusal.value.key, refusal.value.status) == (key, 403)
    assert names(database) == []


@pytest.mark.parametrize(("mode", "state"), [("approval", MemberState.PENDING), ("open", MemberState.ACTIVE)])
def test_modes_that_do(database: Database, mode: str, state: MemberState) -> None:
    set_up(database, mode)
    assert register(database, " @Bob ", reason="tea").state is state
    with database.read() as tx:
        assert members.get(tx, "bob").reason == "tea"


def test_before_set_up_nobody_joins(database: Database) -> None:
    with database.write() as tx:
        instance_settings.put(tx, "registration", "open")
    with pytest.raises(HearthError, match="Nobody can join"):
        register(database)


@pytest.mark.parametrize("mode", ["invite", "approval", "open"])
def test_an_invite_lets_in_at_once(database: Database, member: int, mode: str) -> None:
    set_up(database, mode)
    assert register(database, invite=invite(database, member)).state is MemberState.ACTIVE


def test_a_form_that_fails_does_not_spend_the_invite(database: Database, member: int) -> None:
    set_up(database, "invite")
    token = invite(database, member)
    with pytest.raises(HearthError, match="taken"):
        register(database, "bea", token)
    with pytest.raises(HearthError, match="reserved"):
        register(database, "admin", token)
    register(database, "bob", token)


def test_two_at_once_with_one_invite_make_one_member(database: Database, member: int) -> None:
    set_up(database, "invite")
    token = invite(database, member)
    outcomes: list[str] = []
    ready = threading.Barrier(2)

    def join(username: str) -> None:
        ready.wait()
        try:
            register(database, username, token)
            outcomes.append("in")
        except HearthError as error:
            outcomes.append(error.key)

    threads = [threading.Thread(target=join, args=(name,)) for name in ("bob", "cleo")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in", "invite-used"]
    assert len(names(database)) == 2


def test_one_address_gets_only_so_many_accounts(database: Database, clock: VirtualClock) -> None:
    set_up(database, "open")
    for number in range(10):
        register(database, f"bot{number}")
    with pytest.raises(TooManyTries) as refusal:
        register(database, "one_more")
    clock.advance(refusal.value.retry_after)
    register(database, "one_more")
