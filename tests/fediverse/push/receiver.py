# SPDX-License-Identifier: AGPL-3.0-or-later
"""A receiver of pushes that shares no code with the sender: it reads RFC 8291, and the draft before it, on its own."""

import base64
import json
import re
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

P256 = ec.SECP256R1()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


@dataclass
class Browser:
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(P256))
    auth: bytes = b"0123456789abcdef"

    @property
    def point(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def subscription(self, endpoint: str, *, standard: bool = True) -> dict[str, Any]:
        keys = {"p256dh": b64(self.point), "auth": b64(self.auth)}
        return {"endpoint": endpoint, "keys": keys, "standard": standard}

    def read(self, headers: Any, body: bytes) -> bytes:
        if headers["Content-Encoding"] == "aes128gcm":
            return self.read_standard(body)
        return self.read_draft(headers, body)

    def read_standard(self, body: bytes) -> bytes:
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size
        info = b"WebPush: info\x00" + self.point + sender
        secret = hkdf(self.auth, self._shared(sender), info, 32)
        key = hkdf(salt, secret, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = hkdf(salt, secret, b"Content-Encoding: nonce\x00", 12)
        text, delimiter, padding = AESGCM(key).decrypt(nonce, record, None).rpartition(b"\x02")
        assert delimiter
        assert not padding.strip(b"\x00")
        return text

    def read_draft(self, headers: Any, body: bytes) -> bytes:
        salt = unb64(re.search(r"salt=([\w-]+)", headers["Encryption"])[1])  # type: ignore[index]
        sender = unb64(re.search(r"dh=([\w-]+)", headers["Crypto-Key"])[1])  # type: ignore[index]
        secret = hkdf(self.auth, self._shared(sender), b"Content-Encoding: auth\x00", 32)
        context = b"P-256\x00\x00\x41" + self.point + b"\x00\x41" + sender
        key = hkdf(salt, secret, b"Content-Encoding: aesgcm\x00" + context, 16)
        nonce = hkdf(salt, secret, b"Content-Encoding: nonce\x00" + context, 12)
        text = AESGCM(key).decrypt(nonce, body, None)
        return text[2 + int.from_bytes(text[:2], "big") :]

    def _shared(self, sender: bytes) -> bytes:
        return self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(P256, sender))


def claims(headers: Any) -> tuple[dict[str, Any], bytes]:
    """What the sender swears, and by which key; fails if it is not signed so."""
    said = headers["Authorization"]
    if said.startswith("vapid "):
        token = re.search(r"t=([\w.-]+)", said)[1]  # type: ignore[index]
        point = unb64(re.search(r"k=([\w-]+)", said)[1])  # type: ignore[index]
    else:
        token = said.removeprefix("WebPush ")
        point = unb64(re.search(r"p256ecdsa=([\w-]+)", headers["Crypto-Key"])[1])  # type: ignore[index]
    signed, _, signature = token.rpartition(".")
    raw = unb64(signature)
    assert len(raw) == 64
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key = ec.EllipticCurvePublicKey.from_encoded_point(P256, point)
    key.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
    head, body = (json.loads(unb64(part)) for part in signed.split("."))
    assert head == {"typ": "JWT", "alg": "ES256"}
    return body, point
