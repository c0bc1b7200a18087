# SPDX-License-Identifier: AGPL-3.0-or-later
"""The name on the internet, as people type it. Whether it may be had is the supervisor's to say."""

from appliance.errors import BadInput

_EXAMPLE = "It looks like our-house.example.org."


def answer(where: str, name: str, *, agreed: bool) -> str:
    """What the form says: "" for home only, else the name in ASCII. Raises BadInput no-choice, bad-name, not-agreed."""
    if where == "home":
        return ""
    if where != "internet":
        raise BadInput("Choose one of the two.", "", key="no-choice")
    host = host_name(name)
    if not agreed:
        raise BadInput("Say that you know the name is for ever.", "", key="not-agreed")
    return host


def host_name(typed: str) -> str:
    """Without https://, path or capitals, other letters as punycode (RFC 3490). Raises BadInput bad-name."""
    host = typed.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/").rstrip(".")
    if not host:
        raise BadInput("The name is missing.", _EXAMPLE, key="bad-name")
    try:
        ascii_name = host.encode("idna").decode()
    except UnicodeError:
        raise BadInput("That can't be a name on the internet.", _EXAMPLE, key="bad-name") from None
    labels = ascii_name.split(".")
    if len(labels) < 2 or not all(label.replace("-", "").isalnum() for label in labels) or labels[-1].isdigit():
        raise BadInput("That is not a name on the internet.", _EXAMPLE, key="bad-name")
    return ascii_name
