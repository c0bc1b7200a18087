# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTP Message Signatures (RFC 9421) with Content-Digest (RFC 9530), as far as servers of the fediverse use them.

Taken is one signature over plain components by an RSA key (`rsa-v1_5-sha256`). It must cover the method, all of the
address and, of a POST, the digest, and say when it was made. Parameters of components are not understood and refused.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

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

ALGORITHM = "rsa-v1_5-sha256"
_LABEL = r"[a-z*][a-z0-9_.*-]*"
_INPUT = re.compile(
    rf'\s*({_LABEL})=(\((?: *"[^"\\]+")* *\)(?:;[a-z*][a-z0-9_.*-]*=(?:"[^"\\]*"|-?\d{{1,15}}))*)\s*(?:,|$)'
)
_COMPONENT = re.compile(r'"([^"]+)"')
_PARAMETER = re.compile(r';([a-z*][a-z0-9_.*-]*)=(?:"([^"]*)"|(-?\d+))')
_BYTES = re.compile(rf"\s*({_LABEL})=:([A-Za-z0-9+/=]*):\s*(?:,|$)")
_HASHES = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


@dataclass(frozen=True)
class Input:
    """One member of Signature-Input. `written` is the member's value as it came, which is signed too."""

    written: str
    covered: tuple[str, ...]
    key_id: str
    created: int
    expires: int | None


def sign(key: RSAPrivateKey, key_id: str, message: Message, now: datetime, origin: str) -> dict[str, str]:
    """The headers to send: those of `message`, with digest and signature. `origin` is whom it goes to."""
    headers = dict(message.headers)
    covered = ["@method", "@target-uri"]
    if message.method == "POST":
        headers["content-digest"] = content_digest(message.body)
        covered += ["content-digest", "content-type"]
    covered += [name for name in message.headers if name == "collection-synchronization"]
    names = " ".join(f'"{name}"' for name in covered)
    written = f'({names});created={int(now.timestamp())};keyid="{key_id}";alg="{ALGORITHM}"'
    text = _text(Message(message.method, message.target, headers), tuple(covered), written, origin)
    headers["signature-input"] = f"sig1={written}"
    headers["signature"] = f"sig1=:{base64.b64encode(keys.make(key, text)).decode()}:"
    return headers


def read(message: Message, now: datetime, origin: str) -> Signature:
    """`origin` is ours. Raises BadSignature."""
    label, found = _parse(message.headers["signature-input"])
    value = _byte_sequences(message.headers.get("signature", "")).get(label)
    if value is None:
        raise BadSignature("The request is not signed.")
    covered = set(found.covered)
    whole = "@target-uri" in covered or _covers_parts(covered, message)
    if "@method" not in covered or not whole or (message.method == "POST" and "content-digest" not in covered):
        raise BadSignature("The signature does not cover what it must: method, target and digest.")
    check_age(from_seconds(found.created), now, found.expires)
    if "content-digest" in covered and not _digest_fits(message):
        raise BadSignature("The digest is not that of the body.")
    return Signature(Form.RFC9421, found.key_id, value, _text(message, found.covered, found.written, origin))


def content_digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def _covers_parts(covered: set[str], message: Message) -> bool:
    asked = "?" not in message.target or "@query" in covered
    return bool({"@authority", "host"} & covered) and ("@request-target" in covered or ("@path" in covered and asked))


def _parse(header: str) -> tuple[str, Input]:
    """The first signature. Raises BadSignature."""
    match = _INPUT.match(header) if len(header) <= MAX_HEADER else None
    if match is None:
        raise BadSignature("The Signature-Input header cannot be read.")
    names, _, parameters = match[2].partition(")")
    found: dict[str, str] = {}
    for name, text, number in _PARAMETER.findall(parameters):
        if name in found:
            raise BadSignature("The Signature-Input header cannot be read.")
        found[name] = text or number
    covered = tuple(_COMPONENT.findall(names))
    if len(set(covered)) != len(covered) or "@signature-params" in covered:
        raise BadSignature("The Signature-Input header cannot be read.")
    if found.get("alg", ALGORITHM) != ALGORITHM:
        raise BadSignature("This kind of signature is not known here.")
    try:
        expires = int(found["expires"]) if "expires" in found else None
        return match[1], Input(match[2], covered, found["keyid"], int(found["created"]), expires)
    except (KeyError, ValueError):
        raise BadSignature("The signature must say whose it is and when it was made.") from None


def _byte_sequences(header: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    position = 0
    while position < len(header) <= MAX_HEADER:
        match = _BYTES.match(header, position)
        if match is None or match[1] in found:
            raise BadSignature("The Signature header cannot be read.")
        try:
            found[match[1]] = base64.b64decode(match[2], validate=True)
        except binascii.Error:
            raise BadSignature("The Signature header cannot be read.") from None
        position = match.end()
    return found


def _digest_fits(message: Message) -> bool:
    """Every digest that is understood here must fit, and one must be."""
    header = message.headers.get("content-digest", "")
    known = {name: value for name, value in _byte_sequences(header).items() if name in _HASHES}
    return bool(known) and all(
        hmac.compare_digest(value, _HASHES[name](message.body).digest()) for name, value in known.items()
    )


def _text(message: Message, covered: tuple[str, ...], written: str, origin: str) -> bytes:
    lines = [f'"{name}": {_component(name, message, origin)}' for name in covered]
    return "\n".join([*lines, f'"@signature-params": {written}']).encode()


def _component(name: str, message: Message, origin: str) -> str:
    parts = urlsplit(origin)
    path, _, query = message.target.partition("?")
    derived = {
        "@method": message.method,
        "@target-uri": f"{origin}{message.target}",
        "@authority": parts.netloc.lower(),
        "@scheme": parts.scheme,
        "@request-target": message.target,
        "@path": path,
        "@query": f"?{query}",
    }
    if name in derived:
        return derived[name]
    if name == "host" and message.headers.get("host", "").lower() != parts.netloc.lower():
        raise BadSignature("The request was signed for another host.")
    if name.startswith("@") or name not in message.headers:
        raise BadSignature(f"The signature covers {name[:100]}, which is missing.")
    return message.headers[name].strip()
