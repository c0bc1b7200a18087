# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTP signatures in the two forms that are spoken: the old draft (`cavage`) and RFC 9421 (`rfc9421`).

Both are made with the actor's RSA key. Which form another server understands is learned host by host, and the old one
is what every server understands.
"""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from appliance.fediverse.activitypub.signatures import cavage, keys, rfc9421
from appliance.fediverse.activitypub.signatures.keys import private_key, public_key
from appliance.fediverse.activitypub.signatures.message import BadSignature, Form, Message, Signature

__all__ = ["BadSignature", "Form", "Message", "Signature", "private_key", "public_key", "read", "sign", "verify"]


def sign(
    key: RSAPrivateKey, key_id: str, message: Message, now: datetime, origin: str = "", form: Form = Form.CAVAGE
) -> dict[str, str]:
    """The headers to send: those of `message` (`host` must be among them) and those that prove who sends it.

    `origin` is scheme and host of whom it goes to, which only RFC 9421 signs.
    """
    if form is Form.RFC9421:
        return rfc9421.sign(key, key_id, message, now, origin)
    return cavage.sign(key, key_id, message, now)


def read(message: Message, now: datetime, origin: str) -> Signature:
    """All that can be known without the key: what is signed, for whom, when, and the body's digest.

    `origin` is ours. Raises BadSignature.
    """
    if "signature-input" in message.headers:
        return rfc9421.read(message, now, origin)
    return cavage.read(message, now, origin.partition("://")[2])


def verify(signature: Signature, public_key_pem: str) -> bool:
    """Whether the owner of this key made the signature."""
    return keys.made_by(public_key_pem, signature.value, signature.text)
