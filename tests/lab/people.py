# SPDX-License-Identifier: AGPL-3.0-or-later
"""A member with an app, somewhere on the internet: the app asks the box by its name over TLS."""

import json
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import accounts
from appliance.fediverse.oauth import apps, tokens
from appliance.system.clock import SystemClock
from tests.lab.box import OWNER, Box
from tests.lab.probes import asked_by_https
from tests.lab.town import Town

SCOPES = "read write follow"


class Member:
    def __init__(self, town: Town, box: Box, token: str) -> None:
        self._town, self._box, self._token = town, box, token
        self.handle = f"{OWNER}@{box.name}"

    def get(self, path: str) -> Any:
        return self._ask("GET", path, b"")

    def post(self, path: str, **fields: str) -> Any:
        return self._ask("POST", path, urlencode(fields).encode())

    def _ask(self, method: str, path: str, body: bytes) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/x-www-form-urlencoded"}
        where = (self._town.world.visitor, self._box.home.outside, self._box.name, self._town.authority.root)
        status, answer = asked_by_https(*where, method, path, body, headers)
        assert status == 200, (method, path, status, answer)
        return json.loads(answer)


def member(town: Town, box: Box) -> Member:
    """The box's owner. Allowing an app takes a browser, which others try: here it is allowed in the database."""
    database = Database(f"sqlite:///{box.state}/fediverse/database.sqlite", SystemClock(assume_trusted=True))
    try:
        with database.write() as tx:
            mine = accounts.c.username == OWNER, accounts.c.domain == ""
            account = tx.execute(sa.select(accounts.c.id).where(*mine)).scalar_one()
            app, _ = apps.register(tx, apps.NewApp("Tests", (apps.OUT_OF_BAND,), SCOPES))
            token = tokens.issue(tx, app.id, account, tuple(SCOPES.split())).secret.reveal()
    finally:
        database.close()
    return Member(town, box, token)
