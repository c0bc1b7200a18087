# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import activities, deliveries
from appliance.system.net import VirtualNet
from tests.fediverse.delivery.letters import FAR, NEAR, OK


@pytest.fixture
def net() -> VirtualNet:
    return VirtualNet({FAR: OK, NEAR: OK})


@pytest.fixture
def enqueue(database: Database, anna: Any) -> Callable[..., int]:
    def put(number: int, *inboxes: str, author: int = anna.id) -> int:
        with database.write() as tx:
            activity_id = tx.next_id()
            body = json.dumps({"number": number})
            tx.execute(sa.insert(activities).values(id=activity_id, account_id=author, body=body, created_at=tx.now_ms))
            for inbox in inboxes:
                tx.execute(
                    sa.insert(deliveries).values(
                        id=tx.next_id(),
                        activity_id=activity_id,
                        account_id=author,
                        inbox=inbox,
                        host=urlsplit(inbox).netloc,
                        due_at=tx.now_ms,
                    )
                )
        return activity_id

    return put
