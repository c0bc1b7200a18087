# SPDX-License-Identifier: AGPL-3.0-or-later
"""People: 50 members and 5 000 people elsewhere on 500 hosts, and who follows whom.

The first of each host signs what it sends with a key of its own. Each member follows ten members and forty of those
signers; everybody elsewhere follows the last member, who is famous, and nobody else here, so that what the others
write measures no deliveries.
"""

import hashlib
import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from appliance.fediverse.db import tables
from tests.repository import ROOT

MEMBERS = 50
HOSTS = 500
PER_HOST = 10
FRIENDS = 10
SIGNERS_FOLLOWED = 40
SHIFT = 16  # of ids, see appliance.fediverse.db.ids
DAY = 24 * 60 * 60 * 1000
SCOPES = "read write follow push"
_KEYS = ROOT / "build/bench-keys.json"  # they take half a minute to make


@dataclass(frozen=True)
class Signer:
    actor: str
    key: rsa.RSAPrivateKey


@dataclass(frozen=True)
class People:
    """`tokens` are bearer tokens of the members, in their order."""

    members: tuple[int, ...]
    remote: tuple[int, ...]
    tokens: tuple[str, ...]
    signers: tuple[Signer, ...]
    followers: dict[int, list[int]]  # those among the members

    @property
    def famous(self) -> str:
        """The token of who has followers everywhere."""
        return self.tokens[-1]


def host(number: int, port: int) -> str:
    """All of them are this machine."""
    return f"127.1.{number // 250}.{number % 250 + 1}:{port}"


def make(engine: sa.Engine, port: int) -> People:
    """`port` is the one that all hosts listen on."""
    chance = random.Random(1)
    keys = _keys()
    now = int(time.time() * 1000)
    first = ((now - 400 * DAY) << SHIFT) + 1
    members = tuple(first + number for number in range(MEMBERS))
    remote = tuple(first + 1000 + number for number in range(HOSTS * PER_HOST))
    tokens = tuple(f"bench-token-{number:03}-{'x' * 30}" for number in range(MEMBERS))
    app_id = first + 50_000
    pairs = [
        *(
            (member, other)
            for member in members
            for other in chance.sample([m for m in members if m != member], FRIENDS)
        ),
        *(
            (member, remote[(number * HOSTS // MEMBERS + step) % HOSTS * PER_HOST])
            for number, member in enumerate(members)
            for step in range(SIGNERS_FOLLOWED)
        ),
    ]
    rows: dict[sa.Table, list[dict[str, Any]]] = {
        tables.accounts: [
            *(_member(number, id, keys[0]) for number, id in enumerate(members)),
            *(_stranger(number, id, port, keys, now) for number, id in enumerate(remote)),
        ],
        tables.members: [_membership(id) for id in members],
        tables.apps: [_app(app_id)],
        tables.tokens: [_token(app_id + 1 + number, app_id, id, tokens[number]) for number, id in enumerate(members)],
        tables.follows: [
            {"id": first + 100_000 + number, "follower_id": a, "followee_id": b, "state": "accepted", "created_at": now}
            for number, (a, b) in enumerate([*pairs, *((id, members[-1]) for id in remote)])
        ],
    }
    with engine.begin() as connection:
        for table, values in rows.items():
            for columns in _alike(values):
                connection.execute(sa.insert(table), columns)
    followers: dict[int, list[int]] = {}
    for follower, followee in pairs:
        followers.setdefault(followee, []).append(follower)
    signers = tuple(Signer(actor(number * PER_HOST, port), keys[number]) for number in range(HOSTS))
    return People(members, remote, tokens, signers, followers)


def actor(number: int, port: int) -> str:
    return f"http://{host(number // PER_HOST, port)}/users/stranger{number}"


def _alike(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Rows with the same columns together, as one statement takes them."""
    kinds: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        kinds.setdefault(tuple(row), []).append(row)
    return list(kinds.values())


def _keys() -> list[rsa.RSAPrivateKey]:
    """One for each host, made once."""
    if not _KEYS.exists():
        with ThreadPoolExecutor() as pool:
            made = list(pool.map(lambda _: _private_pem(rsa.generate_private_key(65537, 2048)), range(HOSTS)))
        _KEYS.parent.mkdir(exist_ok=True)
        _KEYS.write_text(json.dumps(made))
    pems = json.loads(_KEYS.read_text())
    # They are our own, and looking at each in depth takes long.
    keys = [serialization.load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True) for pem in pems]
    return [key for key in keys if isinstance(key, rsa.RSAPrivateKey)]


def _private_pem(key: rsa.RSAPrivateKey) -> str:
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(*form).decode()


def _public_pem(key: rsa.RSAPrivateKey) -> str:
    form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(*form).decode()


def _member(number: int, id: int, key: rsa.RSAPrivateKey) -> dict[str, Any]:
    name = f"member{number:02}"
    return {
        "id": id,
        "username": name,
        "username_key": name,
        "display_name": f"Member {number}",
        "fields": [],
        "public_key": _public_pem(key),
        "private_key": _private_pem(key),
        "created_at": id >> SHIFT,
    }


def _membership(id: int) -> dict[str, Any]:
    return {
        "account_id": id,
        "password": "!",
        "role": "member",
        "state": "active",
        "preferences": {},
        "created_at": id >> SHIFT,
    }


def _stranger(number: int, id: int, port: int, keys: list[rsa.RSAPrivateKey], now: int) -> dict[str, Any]:
    name, uri = f"stranger{number}", actor(number, port)
    return {
        "id": id,
        "username": name,
        "domain": host(number // PER_HOST, port),
        "username_key": name,
        "display_name": f"Stranger {number}",
        "fields": [],
        "uri": uri,
        "url": uri,
        "inbox": f"{uri}/inbox",
        "shared_inbox": f"http://{host(number // PER_HOST, port)}/inbox",
        "followers_uri": f"{uri}/followers",
        "key_id": f"{uri}#main-key",
        "public_key": _public_pem(keys[number // PER_HOST]),
        "created_at": id >> SHIFT,
        "fetched_at": now,
    }


def _app(id: int) -> dict[str, Any]:
    return {
        "id": id,
        "client_id": "bench",
        "client_secret": "!",
        "name": "Bench",
        "redirect_uris": ["urn:ietf:wg:oauth:2.0:oob"],
        "used_at": id >> SHIFT,
        "scopes": SCOPES,
        "created_at": id >> SHIFT,
    }


def _token(id: int, app_id: int, account_id: int, token: str) -> dict[str, Any]:
    return {
        "id": id,
        "hash": hashlib.sha256(token.encode()).hexdigest(),
        "app_id": app_id,
        "account_id": account_id,
        "scopes": SCOPES,
        "created_at": id >> SHIFT,
    }
