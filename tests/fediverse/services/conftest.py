# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from appliance.fediverse.db.database import Database
from appliance.fediverse.services import members
from appliance.fediverse.services.keys import KeyPair
from appliance.secret import Secret


@pytest.fixture(autouse=True)
def _quick_keys(keys: KeyPair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Making an RSA key takes longer than the rest of a test."""
    monkeypatch.setattr("appliance.fediverse.services.accounts.make_key_pair", lambda: keys)


@pytest.fixture
def member(database: Database) -> int:
    """The account of bea, an ordinary member."""
    with database.write() as tx:
        return members.create(tx, "bea", Secret("four unrelated words here"))
