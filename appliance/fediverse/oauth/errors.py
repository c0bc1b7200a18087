# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an OAuth endpoint refuses with (RFC 6749, section 5.2)."""

from appliance.errors import HearthError


class OAuthError(HearthError):
    """`key` is one of the RFC's error codes, such as invalid_grant."""

    def __init__(self, key: str, sentence: str, *, status: int = 400) -> None:
        super().__init__(key, sentence, status=status)
