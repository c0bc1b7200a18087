# SPDX-License-Identifier: AGPL-3.0-or-later
"""Encryption of pushes: RFC 8291, and the draft before it that apps which ask for no standard still expect.

Both agree on a secret by ECDH between the receiver's key and one made for this message, and encrypt one record with
AES-128-GCM. They differ in what is hashed along, and in where salt and key are written.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_CURVE = ec.SECP256R1()
_RECORD = 4096
_LAST_RECORD = b"\x02"
_NO_PADDING = b"\x00\x00"


@dataclass(frozen=True)
class Receiver:
    """The receiver's public key (an uncompressed point) and authentication secret, in base64url."""

    public_key: str
    auth: str


@dataclass(frozen=True)
class Encrypted:
    """A body, and the headers that say how to read it; `crypto_key` is to be joined by the sender's own."""

    body: bytes
    headers: Mapping[str, str]
    crypto_key: str = ""


@dataclass(frozen=True)
class Chance:
    """What is made anew for each message."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(_CURVE))
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(16))


def is_receiver(receiver: Receiver) -> bool:
    """Whether these are keys at all: a point of the curve, and 16 bytes."""
    try:
        _public(receiver)
        return len(decode(receiver.auth)) == 16
    except ValueError:
        return False


def standard(text: bytes, receiver: Receiver, chance: Chance | None = None) -> Encrypted:
    """As RFC 8291 wants it."""
    chance = chance or Chance()
    theirs, ours = _point(_public(receiver)), _point(chance.key.public_key())
    shared = _extract(decode(receiver.auth), chance.key.exchange(ec.ECDH(), _public(receiver)))
    secret = _extract(chance.salt, _expand(shared, b"WebPush: info\x00" + theirs + ours, 32))
    key, nonce = _key(secret, b"aes128gcm\x00"), _nonce(secret, b"")
    head = chance.salt + _RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours
    body = head + AESGCM(key).encrypt(nonce, text + _LAST_RECORD, None)
    return Encrypted(body, {"Content-Encoding": "aes128gcm"})


def draft(text: bytes, receiver: Receiver, chance: Chance | None = None) -> Encrypted:
    """As the fourth draft of it wants it ("aesgcm")."""
    chance = chance or Chance()
    theirs, ours = _point(_public(receiver)), _point(chance.key.public_key())
    shared = _extract(decode(receiver.auth), chance.key.exchange(ec.ECDH(), _public(receiver)))
    secret = _extract(chance.salt, _expand(shared, b"Content-Encoding: auth\x00", 32))
    context = b"P-256\x00" + b"".join(len(each).to_bytes(2, "big") + each for each in (theirs, ours))
    key, nonce = _key(secret, b"aesgcm\x00" + context), _nonce(secret, context)
    body = AESGCM(key).encrypt(nonce, _NO_PADDING + text, None)
    headers = {"Content-Encoding": "aesgcm", "Encryption": f"salt={encode(chance.salt)}"}
    return Encrypted(body, headers, f"dh={encode(ours)}")


def encode(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """base64url, or plain base64 as some apps give it. Raises ValueError."""
    plain = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def _public(receiver: Receiver) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, decode(receiver.public_key))


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _key(secret: bytes, info: bytes) -> bytes:
    return _expand(secret, b"Content-Encoding: " + info, 16)


def _nonce(secret: bytes, info: bytes) -> bytes:
    return _expand(secret, b"Content-Encoding: nonce\x00" + info, 12)


def _extract(salt: bytes, material: bytes) -> bytes:
    """HKDF-Extract (RFC 5869)."""
    return hmac.digest(salt, material, hashlib.sha256)


def _expand(secret: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand for what fits into one block."""
    return hmac.digest(secret, info + b"\x01", hashlib.sha256)[:length]
