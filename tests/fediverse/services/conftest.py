# SPDX-License-Identifier: AGPL-3.0-or-later
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import metadata, sequence
from appliance.fediverse.services import members
from appliance.secret import Secret
from appliance.system.clock import VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def database(tmp_path: Path, clock: VirtualClock) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'database.sqlite'}", clock)
    metadata.create_all(database.engine)
    with database.write() as tx:
        tx.execute(sequence.insert().values(name="id", last=0))
    yield database
    database.close()


@pytest.fixture
def member(database: Database) -> int:
    """The account of bea, an ordinary member."""
    with database.write() as tx:
        return members.create(tx, "bea", Secret("four unrelated words here"))
