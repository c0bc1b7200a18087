# SPDX-License-Identifier: AGPL-3.0-or-later
"""The name on the internet, as people type it. Whether it may be had is the supervisor's to say."""

from collections.abc import Mapping

from appliance.console.guard import text
from appliance.errors import BadInput, HearthError
from appliance.internet.model import Held
from appliance.secret import Secret
from appliance.status import Box
from appliance.supervisor.protocol import NameHold

_EXAMPLE = "It looks like our-house.example.org."


_WAYS = {"internet": Held.OWN, "dynamic": Held.DYNAMIC, "gateway": Held.GATEWAY}
# A field's name on the page, and how long what is typed there may be.
FIELDS = {"where": 20, "name": 300, "provider": 40, "login": 300, "zone": 300, "server": 300, "agreed": 10}


def given() -> dict[str, str]:
    """What the form holds, but for its secrets."""
    return {name: text(name, limit=limit) for name, limit in FIELDS.items()}


def answer(form: Mapping[str, str], secrets: Mapping[str, str], *, final: str = "") -> NameHold | None:
    """What the form says, None for home only. `final` is the name that can't be changed any more.

    Raises BadInput no-choice, bad-name, not-agreed.
    """
    if form["where"] == "home" and not final:
        return None
    held = _WAYS.get(form["where"])
    if held is None:
        raise BadInput("Choose one of these.", "", key="no-choice")
    name = "" if held is Held.GATEWAY else final or host_name(form["name"])
    if not final and not form["agreed"]:
        raise BadInput("Say that you know the name is for ever.", "", key="not-agreed")
    secret = {Held.DYNAMIC: "secret", Held.GATEWAY: "invitation"}.get(held)
    typed = secrets.get(secret, "").strip() if secret else ""
    return NameHold(
        held,
        name,
        provider=form["provider"],
        login=form["login"],
        zone=form["zone"],
        server=form["server"],
        secret=Secret(typed) if typed else None,
    )


def where(box: Box) -> str:
    """The choice that stands for what was chosen."""
    if not box.address:
        return "" if box.address is None else "home"
    return next(way for way, held in _WAYS.items() if held is box.name_held)


def field(error: HearthError) -> str:
    """The field that an error belongs at."""
    if error.key.startswith("bad-name-"):
        return error.key.removeprefix("bad-name-")
    fields = {"no-choice": "where", "not-agreed": "agreed", "unknown-provider": "provider"}
    return fields.get(error.key, "invitation" if error.key == "bad-invitation" else "name")


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
