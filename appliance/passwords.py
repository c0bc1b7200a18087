# SPDX-License-Identifier: AGPL-3.0-or-later
"""Passwords: argon2id verifiers (RFC 9106), the check for weak ones (NIST SP 800-63B, 5.1.1.2), and made-up ones."""

import itertools
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHash, VerificationError

from appliance.errors import BadInput
from appliance.secret import Secret

MIN_LENGTH = 10
MAX_LENGTH = 200

# Second choice of RFC 9106 (section 4) shrunk to what a 512 MB board can spare: 19 MiB, as OWASP advises.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16)
# Verified against when there is no such user, so that both cases take the same time.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5$Zf0lTn7iTzq5nF0mQxJ0n0iF6m7v4kO2sQnZ0cY1m1E"
_COMMON = ("password", "passwort", "qwert", "asdfgh", "letmein", "iloveyou", "welcome", "abc123", "mastodon", "hearth")
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def hash_password(password: Secret) -> str:
    return _HASHER.hash(password.reveal())


def verify(verifier: str | None, password: Secret) -> bool:
    """True if the password fits. Takes as long when there is no verifier."""
    if len(password.reveal()) > MAX_LENGTH or not _is_text(password.reveal()):
        return False
    try:
        return _HASHER.verify(verifier or _NOBODY, password.reveal()) and verifier is not None
    except (VerificationError, InvalidHash):
        return False


def check_strength(password: Secret, *, about: tuple[str, ...] = ()) -> None:
    """Raise BadInput weak-password if the password is easy to guess; `about` are the user's and instance's names."""
    text = password.reveal()
    lowered = text.lower()
    if len(text) < MIN_LENGTH:
        raise _weak(f"The password is shorter than {MIN_LENGTH} characters.")
    if len(text) > MAX_LENGTH:
        raise _weak(f"The password is longer than {MAX_LENGTH} characters.", "Choose a shorter one.")
    if not _is_text(text):
        raise _weak("The password holds what is no character.")
    if len(set(lowered)) < 5 or _is_run(lowered):
        raise _weak("The password repeats itself too much.")
    if lowered.isdigit() and len(lowered) < 16:
        raise _weak("The password is made of digits only.")
    rest = lowered
    for word in (*_COMMON, *(name.lower() for name in about if len(name) >= 3)):
        rest = rest.replace(word, "")
    if len(rest.strip("0123456789!.-_ ")) < 3 and len(rest) < MIN_LENGTH:
        raise _weak("The password is one of those that are tried first.")


def make_password() -> Secret:
    """Four groups of five letters and digits without look-alikes: 98 bits, easy to read aloud."""
    return Secret("-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4)))


def _is_text(text: str) -> bool:
    """False for lone surrogates, which JSON can hold and nothing can store."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _is_run(text: str) -> bool:
    steps = {ord(after) - ord(before) for before, after in itertools.pairwise(text)}
    return len(steps) == 1


def _weak(sentence: str, remedy: str = "Choose a longer one; four unrelated words are good.") -> BadInput:
    return BadInput(sentence, remedy, key="weak-password")
