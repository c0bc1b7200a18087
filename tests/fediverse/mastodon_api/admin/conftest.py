# SPDX-License-Identifier: AGPL-3.0-or-later
from collections.abc import Callable

import pytest

from appliance.fediverse.db.database import Database
from appliance.fediverse.model import Role
from appliance.fediverse.services import accounts
from tests.fediverse.conftest import ALL, MakePerson, Person, remote_account

EVERYTHING = f"{ALL} admin:read admin:write"
MakeRemote = Callable[..., int]


@pytest.fixture
def olga(make_person: MakePerson) -> Person:
    """The owner."""
    return make_person("olga", EVERYTHING, role=Role.OWNER)


@pytest.fixture
def mo(make_person: MakePerson) -> Person:
    """A moderator."""
    return make_person("mo", EVERYTHING, role=Role.MODERATOR)


@pytest.fixture
def make_remote(database: Database) -> MakeRemote:
    def make(name: str, host: str = "far.example") -> int:
        with database.write() as tx:
            return accounts.store_remote(tx, remote_account(name, host))

    return make
