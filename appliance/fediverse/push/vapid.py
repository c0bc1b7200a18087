# SPDX-License-Identifier: AGPL-3.0-or-later
"""VAPID (RFC 8292): a signed word to the push service of who sends, so that it can tell senders apart."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from appliance.fediverse.push.encryption import Encrypted, decode, encode
from appliance.secret import Secret

VALID = timedelta(hours=12)  # 24 are allowed; clocks differ


@dataclass(frozen=True)
class Sender:
    """The instance: its key pair, and an address under which somebody answers for it."""

    public_key: str
    private_key: Secret
    contact: str

    def headers(self, endpoint: str, message: Encrypted, now: datetime, *, standard: bool) -> Mapping[str, str]:
        """All that a message to this endpoint is sent with."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + VALID).timestamp()),
            "sub": self.contact,
        }
        token, key = self._token(claims), encode(decode(self.public_key))
        if standard:
            return {**message.headers, "Authorization": f"vapid t={token}, k={key}"}
        crypto_key = ";".join(each for each in (message.crypto_key, f"p256ecdsa={key}") if each)
        return {**message.headers, "Authorization": f"WebPush {token}", "Crypto-Key": crypto_key}

    def _token(self, claims: Mapping[str, object]) -> str:
        """A JSON Web Token, signed by ES256 (RFC 7518, 3.4)."""
        key = load_pem_private_key(self.private_key.reveal().encode(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the key for pushes is of another kind")
        said = ".".join(encode(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
        r, s = decode_dss_signature(key.sign(said.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{said}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
