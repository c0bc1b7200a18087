# SPDX-License-Identifier: AGPL-3.0-or-later
"""History: a database as a group of friends has after a while, made by bulk inserts.

A third of the posts are by members; a quarter have a hashtag, a fifth answer another, a fifth were favourited, a tenth
show a picture (half of these members' own), and one thread has 200 answers. Members are told of a tenth of them, and
of all of the newest. Post number i is i minutes old, so the newest are the same however many there are.
"""

import random
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db import tables
from appliance.fediverse.services import attachments
from appliance.fediverse.services.attachments import Attachment
from tests.bench import people
from tests.bench.people import SHIFT, People

THREAD = 200
TAGS = 20  # few enough that a page of each is full however few posts there are
_BATCH = 5_000
_TOLD = 2_000  # of the newest everybody is told, so that a page of notifications is full however few posts there are
# What stays when posts are made anew.
_LASTING = {"accounts", "members", "apps", "tokens", "follows", "instance", "rules", "sequence"}
_MINUTE = 60_000
_WORDS = (
    "bread garden river morning lamp neighbour kettle bicycle rain paper window apple harbour song letter market "
    "cloud stone winter table book yellow walk friend bridge evening train soup forest chair candle village"
)
Rows = dict[sa.Table, list[dict[str, Any]]]


class History:
    """`port` is where all other servers listen."""

    def __init__(self, database: Path, port: int) -> None:
        self._database = database
        self._engine = sa.create_engine(f"sqlite:///{database}")
        self._random = random.Random(1)
        self._words = _WORDS.split()
        self._now = int(time.time() * 1000)
        self._made = 0
        self._people = people.make(self._engine, port)
        self._port = port
        self.thread = ((self._now - _MINUTE // 2) - THREAD * _MINUTE) << SHIFT

    @property
    def people(self) -> People:
        return self._people

    def grow(self, statuses: int) -> None:
        """So many posts instead of those that are there, the oldest first, as they would have come."""
        self._clear()
        self._store({tables.tags: [{"id": n + 1, "name": f"tag{n}"} for n in range(TAGS)]})
        thread = self._long_thread()
        for newest in range(_floor(statuses - 1), -1, -_BATCH):
            batch = range(newest, min(newest + _BATCH, statuses))
            self._store(self._posts(batch, thread if newest == 0 else {}))
        self._made = statuses + THREAD + 1
        with self._engine.begin() as connection:
            mine = sa.select(sa.func.count()).where(tables.statuses.c.account_id == tables.accounts.c.id)
            connection.execute(sa.update(tables.accounts).values(statuses_count=mine.scalar_subquery()))
            connection.execute(
                sa.update(tables.sequence).values(last=sa.func.max(tables.sequence.c.last, self._now << SHIFT))
            )
        with self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        self._engine.dispose()

    def _clear(self) -> None:
        with self._engine.begin() as connection:
            for table in reversed(tables.metadata.sorted_tables):
                if table.name not in _LASTING:
                    connection.execute(sa.delete(table))
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM")

    def bytes_per_post(self) -> float:
        return self._database.stat().st_size / self._made

    def _store(self, rows: Rows) -> None:
        with self._engine.begin() as connection:
            for table, values in rows.items():
                if values:
                    connection.execute(sa.insert(table), values)

    def _posts(self, numbers: range, more: Rows) -> Rows:
        rows: Rows = {
            table: list(more.get(table, []))
            for table in (
                *(tables.statuses, tables.home, tables.search_texts, tables.status_tags, tables.favourites),
                *(tables.notifications, tables.media, tables.kept_media),
            )
        }
        for number in reversed(numbers):
            status = self._status(number, number % 5 == 1 and number + 1 < numbers.stop)
            rows[tables.statuses].append(status)
            self._hang_on(rows, number, status)
        rows[tables.statuses].sort(key=lambda row: row["id"])
        return rows

    def _hang_on(self, rows: Rows, number: int, status: dict[str, Any]) -> None:
        id, author = status["id"], status["account_id"]
        readers = {*self._people.followers.get(author, []), *([author] if status["local"] else [])}
        rows[tables.home] += [{"account_id": reader, "status_id": id} for reader in readers]
        if status["local"]:
            rows[tables.search_texts].append({"status_id": id, "text": status["text"]})
        if number % 4 == 0:
            rows[tables.status_tags].append({"tag_id": number // 4 % TAGS + 1, "status_id": id})
        if number % 5 == 0:
            rows[tables.favourites].append(
                {
                    "id": id + 1,
                    "account_id": self._random.choice(self._people.members),
                    "status_id": id,
                    "created_at": status["created_at"],
                }
            )
        if number % 10 == 0 or number < _TOLD:
            rows[tables.notifications].append(
                {
                    "id": id + 2,
                    "account_id": author if status["local"] else self._random.choice(self._people.members),
                    "kind": "favourite" if status["local"] else "mention",
                    "from_account_id": self._random.choice(self._people.remote) if status["local"] else author,
                    "status_id": id,
                    "created_at": status["created_at"],
                    "group_key": f"favourite-{id}" if status["local"] else None,
                }
            )
        if number % 10 == 3:
            rows[tables.media if status["local"] else tables.kept_media].append(_picture(status))

    def _status(self, number: int, answers: bool) -> dict[str, Any]:
        local = number % 3 == 0
        at = self._now - (number + 1) * _MINUTE
        id = at << SHIFT
        older = (at - _MINUTE) << SHIFT
        stranger = number % len(self._people.remote)
        uri = None if local else f"{people.actor(stranger, self._port)}/statuses/{number}"
        author = self._random.choice(self._people.members) if local else self._people.remote[stranger]
        status = self._written(id, author, at, local)
        pictures = [_shown(id, local)] if number % 10 == 3 else []
        return status | {
            "uri": uri,
            "url": uri,
            "in_reply_to_id": older if answers else None,
            "conversation_id": older if answers else id,
            "favourites_count": int(number % 5 == 0),
            "attachments": pictures,
        }

    def _written(self, id: int, author: int, at: int, local: bool) -> dict[str, Any]:
        words = " ".join(self._random.choices(self._words, k=self._random.randint(8, 60)))
        return {
            "id": id,
            "account_id": author,
            "text": words if local else "",
            "content": f"<p>{words}</p>",
            "visibility": "public",
            "language": "en",
            "local": local,
            "created_at": at,
            "uri": None,
            "url": None,
            "favourites_count": 0,
            "attachments": [],
        }

    def _long_thread(self) -> Rows:
        """One question with many answers, between the other posts."""
        posts, last = [], None
        for number in range(THREAD + 1):
            id = self.thread + (number * _MINUTE << SHIFT)
            author = self._people.members[number % len(self._people.members)]
            post = self._written(id, author, id >> SHIFT, True)
            # Every third goes deeper, the others answer the first.
            parent = None if not number else last if number % 3 == 0 else self.thread
            posts.append(post | {"in_reply_to_id": parent, "conversation_id": self.thread})
            last = id
        return {tables.statuses: posts}


_SIZE = attachments.sizes(1600, 1200)
_HASH = "LEHV6nWB2yk8pyo0adR*.7kCMdnj"


def _floor(number: int) -> int:
    return number // _BATCH * _BATCH


def _shown(id: int, local: bool) -> dict[str, Any]:
    if local:
        meta = {"original": _SIZE, "small": _SIZE}
        own = Attachment("image", "image/jpeg", "A table", id=id + 3, file=f"{id}.jpg", blurhash=_HASH, meta=meta)
        return own.stored()
    return Attachment("image", "image/jpeg", "A table", url=f"http://127.0.0.1:9/pictures/{id}.jpg").stored()


def _picture(status: dict[str, Any]) -> dict[str, Any]:
    id, at = status["id"] + 3, status["created_at"]
    if status["local"]:
        return {
            "id": id,
            "account_id": status["account_id"],
            "status_id": status["id"],
            "purpose": "attachment",
            "state": "ready",
            "kind": "image",
            "file": f"{id}.jpg",
            "small": f"{id}.small.jpg",
            "meta": {"original": _SIZE, "small": _SIZE},
            "blurhash": _HASH,
            "description": "A table",
            "bytes": 300_000,
            "created_at": at,
            "keep_until": at,
        }
    return {
        "id": id,
        "hash": f"{id:064x}",
        "purpose": "attachment",
        "remote_url": f"http://127.0.0.1:9/pictures/{status['id']}.jpg",
        "state": "ready",
        "file": f"{id}.jpg",
        "small": f"{id}.small.jpg",
        "bytes": 300_000,
        "due_at": at,
        "created_at": at,
        "last_used_at": at,
    }
