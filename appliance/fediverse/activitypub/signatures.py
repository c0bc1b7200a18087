# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTP signatures as Mastodon speaks them: draft-cavage-http-signatures-12, RSA with SHA-256.

`hs2019` names no algorithm of its own and means the key's usual one, which among these servers is the same
RSASSA-PKCS1-v1_5 with SHA-256. Every POST must sign `(request-target)`, `host`, `digest` and its date.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from appliance.errors import Refused

# A delivery may wait in a queue for hours, and clocks differ a little.
MAX_AGE = timedelta(hours=12)
MAX_AHEAD = timedelta(hours=1)
KEY_BITS = range(2048, 8192 + 1)
_MAX_HEADER = 4096
_PARAMETER = re.compile(r'\s*([a-zA-Z]+)=(?:"([^"]*)"|(\d+))\s*(?:,|$)')
_ALGORITHMS = ("", "rsa-sha256", "hs2019")
_TARGET, _CREATED, _EXPIRES = "(request-target)", "(created)", "(expires)"


class BadSignature(Refused):
    """The request does not prove who sent it."""

    def __init__(self, sentence: str) -> None:
        super().__init__("bad-signature", sentence, "Sign the request anew.", status=401)


@dataclass(frozen=True)
class Message:
    """What is signed of a request. `target` is path and query as sent; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Signature:
    key_id: str
    signed: tuple[str, ...]
    value: bytes
    created: int | None = None
    expires: int | None = None


def sign(private_key: RSAPrivateKey, key_id: str, message: Message, now: datetime) -> dict[str, str]:
    """The headers to send: those of `message` (`host` must be among them), with date, digest and signature."""
    headers = {**message.headers, "date": format_datetime(now.astimezone(UTC), usegmt=True)}
    names = [_TARGET, "host", "date"]
    if message.method == "POST":
        headers["digest"] = digest(message.body)
        names += ["digest", "content-type"]
    text = _signed_text(Message(message.method, message.target, headers), Signature(key_id, tuple(names), b""))
    value = base64.b64encode(private_key.sign(text, PKCS1v15(), SHA256())).decode()
    headers["signature"] = f'keyId="{key_id}",algorithm="rsa-sha256",headers="{" ".join(names)}",signature="{value}"'
    return headers


def parse(header: str | None) -> Signature:
    """Read the Signature header. Raises BadSignature."""
    if not header or len(header) > _MAX_HEADER:
        raise BadSignature("The request is not signed.")
    found: dict[str, str] = {}
    position = 0
    while position < len(header):
        match = _PARAMETER.match(header, position)
        if match is None or match[1] in found:
            raise BadSignature("The Signature header cannot be read.")
        found[match[1]] = match[2] if match[2] is not None else match[3]
        position = match.end()
    if found.get("algorithm", "").lower() not in _ALGORITHMS:
        raise BadSignature("This kind of signature is not known here.")
    try:
        return Signature(
            key_id=found["keyId"],
            signed=tuple(found.get("headers", "date").lower().split()),
            value=base64.b64decode(found["signature"], validate=True),
            created=int(found["created"]) if "created" in found else None,
            expires=int(found["expires"]) if "expires" in found else None,
        )
    except (KeyError, ValueError, binascii.Error):
        raise BadSignature("The Signature header cannot be read.") from None


def check(signature: Signature, message: Message, now: datetime, host: str) -> None:
    """All that can be known without the key: what is signed, for whom, when, and the body's digest.

    Raises BadSignature.
    """
    wanted = {_TARGET, "host"} | ({"digest"} if message.method == "POST" else set())
    if not wanted <= set(signature.signed) or not {"date", _CREATED} & set(signature.signed):
        raise BadSignature("The signature does not cover what it must: request target, host, date and digest.")
    if message.headers.get("host", "").lower() != host.lower():
        raise BadSignature("The request was signed for another host.")
    moment = _moment(signature, message)
    if moment < now - MAX_AGE or moment > now + MAX_AHEAD:
        raise BadSignature("The signature is too old, or from the future.")
    if signature.expires is not None and signature.expires < now.timestamp():
        raise BadSignature("The signature has expired.")
    if "digest" in signature.signed and not _digest_fits(message):
        raise BadSignature("The digest is not that of the body.")


def verify(signature: Signature, message: Message, public_key_pem: str) -> bool:
    """Whether the owner of this key made the signature."""
    key = public_key(public_key_pem)
    if key is None:
        return False
    try:
        key.verify(signature.value, _signed_text(message, signature), PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def digest(body: bytes) -> str:
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


# Reading a key costs more than checking a signature with it, so the busiest ones stay read.
@lru_cache(maxsize=1024)
def public_key(pem: str) -> RSAPublicKey | None:
    """The key, or None if it is not an RSA key of a sensible size."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size in KEY_BITS else None


@lru_cache(maxsize=64)
def private_key(pem: str) -> RSAPrivateKey:
    """Raises ValueError."""
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA key")
    return key


def _moment(signature: Signature, message: Message) -> datetime:
    if _CREATED in signature.signed and signature.created is not None:
        return _from_seconds(signature.created)
    try:
        moment = parsedate_to_datetime(message.headers.get("date", ""))
    except (ValueError, IndexError):
        raise BadSignature("The Date header cannot be read.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _from_seconds(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadSignature("The signature is too old, or from the future.") from None


def _digest_fits(message: Message) -> bool:
    for part in message.headers.get("digest", "").split(","):
        algorithm, _, value = part.strip().partition("=")
        if algorithm.lower() == "sha-256":
            return hmac.compare_digest(f"SHA-256={value}".encode(), digest(message.body).encode())
    return False


def _signed_text(message: Message, signature: Signature) -> bytes:
    lines = []
    for name in signature.signed:
        match name:
            case "(request-target)":
                value = f"{message.method.lower()} {message.target}"
            case "(created)":
                value = str(signature.created)
            case "(expires)":
                value = str(signature.expires)
            case _ if name in message.headers:
                value = message.headers[name]
            case _:
                raise BadSignature(f"The signature covers {name}, which is missing.")
        lines.append(f"{name}: {value}")
    return "\n".join(lines).encode()
