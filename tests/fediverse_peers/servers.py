# SPDX-License-Identifier: AGPL-3.0-or-later
"""The two servers of the world: ours as a box runs it, and snac2 of Debian."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa

from appliance.fediverse.db.database import Database, Tx
from appliance.fediverse.db.tables import members
from appliance.fediverse.db.upgrade import upgrade
from appliance.fediverse.oauth import apps, tokens
from appliance.fediverse.services import accounts, instance_settings
from appliance.system.clock import SystemClock
from appliance.system.files import SystemFiles
from appliance.system.runner import VirtualRunner
from tests.end_to_end.waiting import eventually
from tests.fediverse_peers.trixie import Tree
from tests.fediverse_peers.world import Client, World, raw
from tests.repository import ROOT

OURS, OURS_PORT = "hearth.party", 8082
THEIRS, THEIRS_PORT = "snac.party", 8001
SCOPES = "read write follow"


class Hearth:
    """Our server, by the programs that a box runs."""

    def __init__(self, world: World) -> None:
        self._world = world
        state = world.folder / "hearth"
        (state / "fediverse").mkdir(parents=True)
        (world.folder / "run/fediverse").mkdir(parents=True)
        self._url = f"sqlite:///{state}/fediverse/database.sqlite"
        self._environment = {
            "HEARTH_STATE": str(state),
            "HEARTH_RUNTIME": str(world.folder / "run"),
            "HEARTH_VIRTUAL": "1",
            "HEARTH_BEHIND_PROXY": "1",
            "PYTHONPATH": str(ROOT),
        }
        upgrade(self._url, SystemFiles(), VirtualRunner(), state / "fediverse")
        with self._write() as tx:
            instance_settings.put(tx, "title", "Ours")
            instance_settings.put(tx, "origin", OURS)

    def start(self) -> None:
        command = [str(Path(sys.executable).with_name("hearth")), "service", "fediverse"]
        self._world.start("fediverse", command, self._environment)
        eventually("our server", lambda: raw(self._world.socket(OURS), OURS, "GET", "/health")[0] == 200)

    def add(self, name: str) -> Client:
        with self._write() as tx:
            account_id = accounts.create_local(tx, name)
            values = {"password": "", "role": "member", "state": "active", "preferences": {}, "created_at": tx.now_ms}
            tx.execute(sa.insert(members).values(account_id=account_id, **values))
            app, _ = apps.register(tx, apps.NewApp("Tests", (apps.OUT_OF_BAND,), SCOPES))
            token = tokens.issue(tx, app.id, account_id, tuple(SCOPES.split())).secret.reveal()
        return Client(self._world, OURS, token)

    def alias(self, name: str, uri: str) -> None:
        """That account elsewhere was hers too."""
        self._moving("alias", name, uri)

    def move(self, name: str, uri: str) -> None:
        """She is that account now."""
        self._moving("move", name, uri)

    def _moving(self, *arguments: str) -> None:
        self._world.run(
            [sys.executable, "-m", "tests.fediverse_peers.moving", *arguments], environment=self._environment
        )

    @contextmanager
    def _write(self) -> Iterator[Tx]:
        database = Database(self._url, SystemClock(assume_trusted=True))
        with database.write() as tx:
            yield tx
        database.close()


class Snac:
    """snac2 with any number of users. What its API does not offer, its commands do."""

    def __init__(self, world: World, tree: Tree) -> None:
        self._world = world
        self._command = tree.command("usr/bin/snac")
        self._folder = world.folder / "snac"
        world.run([*self._command, "init", str(self._folder)], f"127.0.0.1\n{THEIRS_PORT}\n{THEIRS}\n\n\n")
        settings = json.loads((self._folder / "server.json").read_text())
        # With its four threads it starves itself; see what is written down of it in the tests' world.
        self._write_settings(settings | {"num_threads": 16, "queue_retry_minutes": 1})

    def start(self) -> None:
        self._world.start("snac", [*self._command, "httpd", str(self._folder)])
        eventually("snac2", lambda: raw(self._world.socket(THEIRS), THEIRS, "GET", "/")[0] == 200)

    def add(self, name: str) -> Client:
        """A user; the server must have been started."""
        told = self._world.run([*self._command, "adduser", str(self._folder), name])
        password = re.search(r"password is (\S+)", told)
        assert password is not None, told
        login = urlencode({"login": name, "passwd": password[1]}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        _, token = raw(self._world.socket(THEIRS), THEIRS, "POST", "/oauth/x-snac-get-token", login, kind)
        return Client(self._world, THEIRS, token.strip())

    def run(self, verb: str, *arguments: str) -> str:
        return self._world.run([*self._command, verb, str(self._folder), *arguments])

    def heard(self, what: str) -> None:
        """What it says in its log."""
        log = self._world.folder / "snac.log"
        eventually(f"snac2 says {what!r}", lambda: what in log.read_text(), seconds=60)

    def _write_settings(self, settings: object) -> None:
        (self._folder / "server.json").write_text(json.dumps(settings))
