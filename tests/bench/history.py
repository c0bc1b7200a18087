# SPDX-License-Identifier: AGPL-3.0-or-later
"""History: a database as a group of friends has after a while, made by bulk inserts.

50 members and 200 people elsewhere; a third of the statuses are by members. Each member follows ten members and
ten people elsewhere; nobody elsewhere follows anybody here, so posting measures no other server's speed. Status
number i is i minutes old, so that growing adds what is older.
"""

import hashlib
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from appliance.fediverse.db import tables

MEMBERS = 50
REMOTE = 200
FOLLOWED = 10
_BATCH = 5_000
_MINUTE = 60_000
_SHIFT = 16  # of ids, see appliance.fediverse.db.ids

_WORDS = (
    "bread garden river morning lamp neighbour kettle bicycle rain paper window apple harbour song letter market "
    "cloud stone winter table book yellow walk friend bridge evening train soup forest chair candle village"
)


@dataclass(frozen=True)
class People:
    """`tokens` are bearer tokens of the members, in their order; the remote actor signs with `key`."""

    members: tuple[int, ...]
    remote: tuple[int, ...]
    tokens: tuple[str, ...]
    actor: str
    key: rsa.RSAPrivateKey


class History:
    def __init__(self, database: Path) -> None:
        self._engine = sa.create_engine(f"sqlite:///{database}")
        self._random = random.Random(1)
        self._words = _WORDS.split()
        self._now = int(time.time() * 1000)
        self._made = 0
        self._follows: dict[int, list[int]] = {}
        self._app_id = 0

    def people(self) -> People:
        """Members with tokens, people elsewhere, and who follows whom."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        public = (
            key.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )
        first = ((self._now - 400 * 24 * 60 * _MINUTE) << _SHIFT) + 1
        members = tuple(first + number for number in range(MEMBERS))
        remote = tuple(first + 1000 + number for number in range(REMOTE))
        tokens = tuple(f"bench-token-{number:03}-{'x' * 30}" for number in range(MEMBERS))
        self._app_id = first + 5000
        follows = list(self._choose_follows(members, remote, first + 10_000))
        with self._engine.begin() as connection:
            connection.execute(
                sa.insert(tables.accounts), [_member(i, id, public, private) for i, id in enumerate(members)]
            )
            connection.execute(sa.insert(tables.accounts), [_stranger(i, id, public) for i, id in enumerate(remote)])
            connection.execute(
                sa.insert(tables.members),
                [
                    {
                        "account_id": id,
                        "password": "!",
                        "role": "member",
                        "state": "active",
                        "preferences": {},
                        "created_at": id >> _SHIFT,
                    }
                    for id in members
                ],
            )
            connection.execute(sa.insert(tables.apps), [self._app()])
            connection.execute(
                sa.insert(tables.tokens),
                [
                    {
                        "id": self._app_id + 1 + number,
                        "hash": hashlib.sha256(tokens[number].encode()).hexdigest(),
                        "app_id": self._app_id,
                        "account_id": id,
                        "scopes": "read write follow",
                        "created_at": id >> _SHIFT,
                    }
                    for number, id in enumerate(members)
                ],
            )
            connection.execute(sa.insert(tables.follows), follows)
        for row in follows:
            self._follows.setdefault(row["followee_id"], []).append(row["follower_id"])
        self._members, self._remote = members, remote
        return People(members, remote, tokens, _actor(0), key)

    def grow(self, statuses: int) -> None:
        """Add older statuses until there are as many, then bring counters and statistics up to date."""
        while self._made < statuses:
            numbers = range(self._made, min(self._made + _BATCH, statuses))
            self._add([self._status(number) for number in numbers])
            self._made = numbers.stop
        with self._engine.begin() as connection:
            mine = sa.select(sa.func.count()).where(tables.statuses.c.account_id == tables.accounts.c.id)
            connection.execute(sa.update(tables.accounts).values(statuses_count=mine.scalar_subquery()))
            connection.execute(
                sa.update(tables.sequence).values(last=sa.func.max(tables.sequence.c.last, self._now << _SHIFT))
            )
        with self._engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        self._engine.dispose()

    def _choose_follows(
        self, members: tuple[int, ...], remote: tuple[int, ...], first: int
    ) -> Iterator[dict[str, Any]]:
        for number, member in enumerate(members):
            others = [other for other in members if other != member]
            # Everybody follows the first stranger, whose signed posts the bench sends.
            chosen = [*self._random.sample(others, FOLLOWED), remote[0], *self._random.sample(remote[1:], FOLLOWED - 1)]
            for place, followee in enumerate(chosen):
                yield {
                    "id": first + number * 100 + place,
                    "follower_id": member,
                    "followee_id": followee,
                    "state": "accepted",
                    "created_at": first >> _SHIFT,
                }

    def _add(self, rows: list[dict[str, Any]]) -> None:
        home = [
            {"account_id": reader, "status_id": row["id"]}
            for row in rows
            for reader in {*self._follows.get(row["account_id"], []), *([row["account_id"]] if row["local"] else [])}
        ]
        home.sort(key=lambda row: (row["account_id"], row["status_id"]))
        favourites = [
            {
                "id": row["id"] + 1,
                "account_id": self._random.choice(self._members),
                "status_id": row["id"],
                "created_at": row["created_at"],
            }
            for row in rows[::5]
        ]
        with self._engine.begin() as connection:
            connection.execute(sa.insert(tables.statuses), rows)
            connection.execute(sa.insert(tables.home), home)
            connection.execute(sa.insert(tables.favourites), favourites)

    def _status(self, number: int) -> dict[str, Any]:
        local = number % 3 == 0
        at = self._now - (number + 1) * _MINUTE
        id = at << _SHIFT
        words = " ".join(self._random.choices(self._words, k=self._random.randint(8, 60)))
        uri = None if local else f"{_actor(number % REMOTE)}/statuses/{number}"
        return {
            "id": id,
            "account_id": self._random.choice(self._members) if local else self._remote[number % REMOTE],
            "uri": uri,
            "url": uri,
            "text": words if local else "",
            "content": f"<p>{words}</p>",
            "visibility": "public",
            "language": "en",
            "conversation_id": id,
            "attachments": [],
            "favourites_count": int(number % 5 == 0),
            "local": local,
            "created_at": at,
        }

    def _app(self) -> dict[str, Any]:
        return {
            "id": self._app_id,
            "client_id": "bench",
            "client_secret": "!",
            "name": "Bench",
            "redirect_uris": ["urn:ietf:wg:oauth:2.0:oob"],
            "scopes": "read write follow",
            "created_at": self._app_id >> _SHIFT,
        }


def _actor(number: int) -> str:
    return f"http://127.0.0.1:9/users/stranger{number}"


def _member(number: int, id: int, public: str, private: str) -> dict[str, Any]:
    name = f"member{number:02}"
    return {
        "id": id,
        "username": name,
        "username_key": name,
        "display_name": f"Member {number}",
        "fields": [],
        "public_key": public,
        "private_key": private,
        "created_at": id >> _SHIFT,
    }


def _stranger(number: int, id: int, public: str) -> dict[str, Any]:
    name, uri = f"stranger{number}", _actor(number)
    return {
        "id": id,
        "username": name,
        "domain": "127.0.0.1:9",
        "username_key": name,
        "display_name": f"Stranger {number}",
        "fields": [],
        "uri": uri,
        "url": uri,
        "inbox": f"{uri}/inbox",
        "shared_inbox": "http://127.0.0.1:9/inbox",
        "followers_uri": f"{uri}/followers",
        "key_id": f"{uri}#main-key",
        "public_key": public,
        "created_at": id >> _SHIFT,
        "fetched_at": int(time.time() * 1000),
    }
