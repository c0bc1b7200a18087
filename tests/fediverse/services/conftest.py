# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from appliance.fediverse.db.database import Database
from appliance.fediverse.services import members
from appliance.secret import Secret


@pytest.fixture
def member(database: Database) -> int:
    """The account of bea, an ordinary member."""
    with database.write() as tx:
        return members.create(tx, "bea", Secret("four unrelated words here"))
