# SPDX-License-Identifier: AGPL-3.0-or-later
"""Random tokens, handed out once and kept as their SHA-256."""

import hashlib
import secrets

from appliance.secret import Secret


def make() -> Secret:
    return Secret(secrets.token_urlsafe(32))


def digest(token: str) -> str:
    """What is stored. Lone surrogates can't be in a token of ours, so they may become anything."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
