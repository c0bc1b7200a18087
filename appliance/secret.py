# SPDX-License-Identifier: AGPL-3.0-or-later
"""A string that does not print: passwords, tokens and keys travel as this."""

import hmac
from typing import NoReturn


class Secret:
    """Holds a secret text; only `reveal()` gives it out, so a log line or traceback can't."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def matches(self, other: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self._text.encode(), other.encode())

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "Secret(****)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets are not pickled")
