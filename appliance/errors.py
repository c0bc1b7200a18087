# SPDX-License-Identifier: AGPL-3.0-or-later
"""Errors that people meet: a stable key, one sentence, and what to do next."""


class HearthError(Exception):
    """Something a person can be told.

    `key` is stable and meant for programs and translations, `sentence` says what is wrong in plain
    words, `remedy` says what to do next. `status` is the HTTP status a web page answers with.
    """

    def __init__(self, key: str, sentence: str, remedy: str = "", *, status: int = 400) -> None:
        super().__init__(sentence)
        self.key = key
        self.sentence = sentence
        self.remedy = remedy
        self.status = status

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}".strip()

    def to_dict(self) -> dict[str, str | int]:
        return {"key": self.key, "sentence": self.sentence, "remedy": self.remedy, "status": self.status}


class BadInput(HearthError):
    """What was sent does not have the form it must have; nothing was changed."""

    def __init__(self, sentence: str, remedy: str = "Correct it and send it again.", *, key: str = "bad-input") -> None:
        super().__init__(key, sentence, remedy, status=422)


class Refused(HearthError):
    """The asker may not do this."""

    def __init__(self, key: str, sentence: str, remedy: str = "", *, status: int = 403) -> None:
        super().__init__(key, sentence, remedy, status=status)


class Unavailable(HearthError):
    """Another part of the box does not answer now; trying again later is right."""

    def __init__(self, key: str, sentence: str, remedy: str = "Try again in a moment.") -> None:
        super().__init__(key, sentence, remedy, status=503)
