# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTP signatures as most servers speak them: draft-cavage-http-signatures-12, RSA with SHA-256.

`hs2019` names no algorithm of its own and means the key's usual one, which among these servers is the same
RSASSA-PKCS1-v1_5 with SHA-256. Every POST must sign `(request-target)`, `host`, `digest` and its date.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from appliance.fediverse.activitypub.signatures import keys
from appliance.fediverse.activitypub.signatures.message import (
    MAX_HEADER,
    BadSignature,
    Form,
    Message,
    Signature,
    check_age,
    from_seconds,
)

_PARAMETER = re.compile(r'\s*([a-zA-Z]+)=(?:"([^"]*)"|(\d+))\s*(?:,|$)')
_ALGORITHMS = ("", "rsa-sha256", "hs2019")
_TARGET, _CREATED, _EXPIRES = "(request-target)", "(created)", "(expires)"


@dataclass(frozen=True)
class Header:
    """What stands in a Signature header."""

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
    names += [name for name in message.headers if name == "collection-synchronization"]
    text = signed_text(Message(message.method, message.target, headers), Header(key_id, tuple(names), b""))
    value = base64.b64encode(keys.make(private_key, text)).decode()
    headers["signature"] = f'keyId="{key_id}",algorithm="rsa-sha256",headers="{" ".join(names)}",signature="{value}"'
    return headers


def parse(header: str | None) -> Header:
    """Read the Signature header. Raises BadSignature."""
    if not header or len(header) > MAX_HEADER:
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
        return Header(
            key_id=found["keyId"],
            signed=tuple(found.get("headers", "date").lower().split()),
            value=base64.b64decode(found["signature"], validate=True),
            created=int(found["created"]) if "created" in found else None,
            expires=int(found["expires"]) if "expires" in found else None,
        )
    except (KeyError, ValueError, binascii.Error):
        raise BadSignature("The Signature header cannot be read.") from None


def read(message: Message, now: datetime, host: str) -> Signature:
    """Raises BadSignature."""
    header = parse(message.headers.get("signature"))
    check(header, message, now, host)
    return Signature(Form.CAVAGE, header.key_id, header.value, signed_text(message, header))


def check(header: Header, message: Message, now: datetime, host: str) -> None:
    """What is signed, for whom, when, and the body's digest. Raises BadSignature."""
    wanted = {_TARGET, "host"} | ({"digest"} if message.method == "POST" else set())
    if not wanted <= set(header.signed) or not {"date", _CREATED} & set(header.signed):
        raise BadSignature("The signature does not cover what it must: request target, host, date and digest.")
    if message.headers.get("host", "").lower() != host.lower():
        raise BadSignature("The request was signed for another host.")
    check_age(_moment(header, message), now, header.expires)
    if "digest" in header.signed and not _digest_fits(message):
        raise BadSignature("The digest is not that of the body.")


def digest(body: bytes) -> str:
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


def _moment(header: Header, message: Message) -> datetime:
    if _CREATED in header.signed and header.created is not None:
        return from_seconds(header.created)
    try:
        moment = parsedate_to_datetime(message.headers.get("date", ""))
    except (ValueError, IndexError, OverflowError):
        raise BadSignature("The Date header cannot be read.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _digest_fits(message: Message) -> bool:
    for part in message.headers.get("digest", "").split(","):
        algorithm, _, value = part.strip().partition("=")
        if algorithm.lower() == "sha-256":
            return hmac.compare_digest(f"SHA-256={value}".encode(), digest(message.body).encode())
    return False


def signed_text(message: Message, header: Header) -> bytes:
    lines = []
    for name in header.signed:
        match name:
            case "(request-target)":
                value = f"{message.method.lower()} {message.target}"
            case "(created)":
                value = str(header.created)
            case "(expires)":
                value = str(header.expires)
            case _ if name in message.headers:
                value = message.headers[name]
            case _:
                raise BadSignature(f"The signature covers {name}, which is missing.")
        lines.append(f"{name}: {value}")
    return "\n".join(lines).encode()
