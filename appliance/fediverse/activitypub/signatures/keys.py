# SPDX-License-Identifier: AGPL-3.0-or-later
"""RSA keys in PEM, and what they sign: RSASSA-PKCS1-v1_5 with SHA-256, which all servers of the fediverse have."""

from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

KEY_BITS = range(2048, 8192 + 1)


def made_by(public_key_pem: str, value: bytes, text: bytes) -> bool:
    """Whether the owner of this key signed this text so."""
    key = public_key(public_key_pem)
    if key is None:
        return False
    try:
        key.verify(value, text, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def make(key: RSAPrivateKey, text: bytes) -> bytes:
    return key.sign(text, PKCS1v15(), SHA256())


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
