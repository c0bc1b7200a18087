# SPDX-License-Identifier: AGPL-3.0-or-later
"""The key pair that an account of ours signs its activities with."""

from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from appliance.secret import Secret


@dataclass(frozen=True)
class KeyPair:
    """PEM: SubjectPublicKeyInfo and PKCS #8."""

    public: str
    private: Secret


def make_key_pair() -> KeyPair:
    """RSA with 2048 bits: what every server of the fediverse can verify. Takes up to seconds on a small board."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return KeyPair(public.decode(), Secret(private.decode()))
