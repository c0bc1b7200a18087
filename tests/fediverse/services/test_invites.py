# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
import sqlalchemy as sa

from appliance.errors import HearthError, Refused
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import invites as invites_table
from appliance.fediverse.model import Role
from appliance.fediverse.services import instance_settings, invites, members
from appliance.secret import Secret
from appliance.system.clock import VirtualClock

PASSWORD = Secret("four unrelated words here")
WEEK = 7 * 24 * 3600


@pytest.fixture(autouse=True)
def _set_up(database: Database) -> None:
    with database.write() as tx:
        instance_settings.put(tx, "title", "Tea House")


def make(database: Database, account_id: int) -> invites.FreshInvite:
    with database.write() as tx:
        return invites.make(tx, account_id)


def mode(database: Database, value: str) -> None:
    with database.write() as tx:
        instance_settings.put(tx, "registration", value)


def refusal(database: Database, token: Secret) -> str:
    with database.read() as tx, pytest.raises(HearthError) as error:
        invites.check(tx, token)
    assert error.value.sentence
    return error.value.key


def test_the_token_is_long_and_not_stored(database: Database, member: int) -> None:
    token = make(database, member).token.reveal()
    assert len(token) * 6 >= 128
    with database.read() as tx:
        assert token not in repr(tx.all(sa.select(invites_table)))


def test_it_lasts_one_week(database: Database, member: int, clock: VirtualClock) -> None:
    fresh = make(database, member)
    clock.advance(WEEK - 1)
    with database.read() as tx:
        assert invites.check(tx, fresh.token).created_by == "bea"
    clock.advance(1)
    assert refusal(database, fresh.token) == "invite-expired"


def test_it_works_once(database: Database, member: int) -> None:
    fresh = make(database, member)
    with database.write() as tx:
        invites.use(tx, fresh.token, member)
    assert refusal(database, fresh.token) == "invite-used"
    with database.write() as tx, pytest.raises(HearthError):
        invites.use(tx, fresh.token, member)
    with database.read() as tx:
        assert invites.open_of(tx, member) == []
        assert invites.every(tx)[0].used_by == "bea"


def test_a_wrong_token(database: Database, member: int) -> None:
    for text in ("", "x" * 32, "\ud800", make(database, member).token.reveal()[:-1]):
        assert refusal(database, Secret(text)) == "invite-unknown"


def test_ten_open_ones_are_enough(database: Database, member: int, clock: VirtualClock) -> None:
    made = [make(database, member) for _ in range(invites.MAX_OPEN)]
    with pytest.raises(HearthError, match="10 invites"):
        make(database, member)
    with database.write() as tx:
        invites.revoke(tx, made[0].id, actor_id=member)
    assert refusal(database, made[0].token) == "invite-unknown"
    make(database, member)
    clock.advance(WEEK)
    make(database, member)


def test_when_closed_only_staff_invites(database: Database, member: int) -> None:
    with database.write() as tx:
        owner = members.create(tx, "olga", PASSWORD, role=Role.OWNER)
    before = make(database, member)
    mode(database, "closed")
    with pytest.raises(Refused):
        make(database, member)
    assert refusal(database, before.token) == "joining-closed"
    with database.read() as tx:
        pass
    fresh = make(database, owner)
    with database.read() as tx:
        assert invites.check(tx, fresh.token).created_by == "olga"


def test_before_set_up_there_are_none(database: Database, member: int) -> None:
    with database.write() as tx:
        tx.execute(sa.text("DELETE FROM instance"))
    with pytest.raises(Refused):
        make(database, member)


def test_an_invite_of_somebody_switched_off_is_no_longer_good(database: Database, member: int) -> None:
    fresh = make(database, member)
    with database.write() as tx:
        tx.execute(sa.text("UPDATE members SET state = 'disabled'"))
    assert refusal(database, fresh.token) == "not-allowed"


def test_members_take_back_their_own_and_staff_any(database: Database, member: int) -> None:
    with database.write() as tx:
        owner = members.create(tx, "olga", PASSWORD, role=Role.OWNER)
    hers, owners = make(database, member), make(database, owner)
    with database.write() as tx:
        with pytest.raises(Refused):
            invites.revoke(tx, owners.id, actor_id=member)
        invites.revoke(tx, hers.id, actor_id=owner)
        invites.revoke(tx, owners.id)
        with pytest.raises(HearthError, match="no such"):
            invites.revoke(tx, owners.id)
