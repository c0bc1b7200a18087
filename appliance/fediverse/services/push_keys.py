# SPDX-License-Identifier: AGPL-3.0-or-later
"""The key pair by which push services know this instance (VAPID, RFC 8292): made once, then for ever the same."""

import base64

import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from appliance.fediverse.db.database import Database, Tx
from appliance.fediverse.db.tables import instance
from appliance.secret import Secret

_ROW = "push_keys"


def ensure(database: Database) -> None:
    """Make it if there is none. At the start of each process, so that nobody else has to ask."""
    with database.read() as tx:
        if _stored(tx) is not None:
            return
    with database.write() as tx:
        if _stored(tx) is None:
            tx.execute(sa.insert(instance).values(key=_ROW, value=_make()))


def public_key(tx: Tx) -> str:
    """The uncompressed point in padded base64url, as apps hand it to push services; "" while there is none."""
    value = _stored(tx)
    return "" if value is None else value["public"]


def private_key(tx: Tx) -> Secret | None:
    """PEM, PKCS #8."""
    value = _stored(tx)
    return None if value is None else Secret(value["private"])


def _make() -> dict[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {"public": base64.urlsafe_b64encode(point).decode(), "private": private.decode()}


def _stored(tx: Tx) -> dict[str, str] | None:
    value: dict[str, str] | None = tx.connection.execute(
        sa.select(instance.c.value).where(instance.c.key == _ROW)
    ).scalar_one_or_none()
    return value
