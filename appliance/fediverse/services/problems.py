# SPDX-License-Identifier: AGPL-3.0-or-later
"""All that is wrong with a form at once, for apps that show it field by field.

The codes are those of https://docs.joinmastodon.org/methods/accounts/#create
"""

from dataclasses import dataclass

from appliance.errors import BadInput


@dataclass(frozen=True)
class Problem:
    code: str
    description: str


Problems = dict[str, list[Problem]]


class Invalid(BadInput):
    """A form with problems, by field."""

    def __init__(self, problems: Problems) -> None:
        super().__init__(in_words(problems), "")
        self.problems = problems


def too_long(most: int) -> Problem:
    return Problem("ERR_TOO_LONG", f"is too long (maximum is {most} characters)")


def in_words(problems: Problems) -> str:
    told = [f"{_words(field)} {each.description}" for field, several in problems.items() for each in several]
    return f"Validation failed: {', '.join(told)}"


def details(problems: Problems) -> dict[str, list[dict[str, str]]]:
    """As apps are told."""
    return {
        field: [{"error": each.code, "description": each.description} for each in several]
        for field, several in problems.items()
    }


def _words(field: str) -> str:
    """What is wrong with the whole and no field of it is named "base"."""
    return field.replace("_", " ").capitalize() if field != "base" else "There"
