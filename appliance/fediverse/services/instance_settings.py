# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the instance says of itself: title, description, rules, who may join, and its name for ever."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from appliance import internet_name
from appliance.errors import BadInput, HearthError
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import instance, rules
from appliance.fediverse.model import Registration
from appliance.fediverse.services import email_blocks, server_blocks, server_policy

KEYS = (
    *("title", "description", "rules", "registration", "max_characters", "authorized_fetch", "origin"),
    *("extended_description", "privacy_policy", "terms", "contact_email", "federation"),
)
MAX_TITLE = 100
MAX_DESCRIPTION = 5000
MAX_DOCUMENT = 50_000
MAX_RULES = 50
MAX_RULE = 300
CHARACTERS, MAX_CHARACTERS = 500, 5000

_DOCUMENTS = ("extended_description", "privacy_policy", "terms")
_OPEN_FEDERATION = "open"

# What C0 and C1 controls but line breaks, and code points that are no characters, would do on somebody's screen
# nobody knows; lone surrogates can't even be stored.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_MAX_CHARACTERS = sa.select(instance.c.value).where(instance.c.key == "max_characters")

_AUTHORIZED_FETCH = sa.select(instance.c.value).where(instance.c.key == "authorized_fetch")


@dataclass(frozen=True)
class Rule:
    id: int
    text: str


@dataclass(frozen=True)
class InstanceSettings:
    """`title` is empty until set-up is done, and registration closed until then. `origin` is None until the
    instance has its name on the internet. `changed_at` is when a document was written, in milliseconds, by its key."""

    title: str
    description: str
    rules: tuple[Rule, ...]
    registration: Registration
    origin: str | None
    max_characters: int = CHARACTERS
    extended_description: str = ""
    privacy_policy: str = ""
    terms: str = ""
    contact_email: str = ""
    limited_federation: bool = False
    changed_at: Mapping[str, int] = field(default_factory=dict)
    authorized_fetch: bool = False  # posts and people are shown only to servers that say who they are

    @property
    def rules_text(self) -> str:
        """One rule per line, as `instance.set` takes them."""
        return "\n".join(rule.text for rule in self.rules)


def get(tx: Tx) -> InstanceSettings:
    stored = {row.key: row.value for row in tx.all(sa.select(instance))}
    title = str(stored.get("title") or "")
    registration = Registration(stored.get("registration", Registration.INVITE.value))
    return InstanceSettings(
        title=title,
        description=str(stored.get("description") or ""),
        rules=tuple(Rule(row.id, row.text) for row in tx.all(sa.select(rules).order_by(rules.c.position))),
        registration=registration if title else Registration.CLOSED,
        origin=stored.get("origin"),
        max_characters=int(stored.get("max_characters", CHARACTERS)),
        extended_description=str(stored.get("extended_description") or ""),
        privacy_policy=str(stored.get("privacy_policy") or ""),
        terms=str(stored.get("terms") or ""),
        contact_email=str(stored.get("contact_email") or ""),
        limited_federation=stored.get("federation") == server_policy.LIMITED_FEDERATION,
        changed_at={key: int(stored.get(f"{key}_changed_at") or 0) for key in _DOCUMENTS},
        authorized_fetch=stored.get("authorized_fetch") is True,
    )


def media_secret(tx: Tx) -> bytes:
    """Made with the database, and the same as long as it lasts."""
    return str(tx.execute(sa.select(instance.c.value).where(instance.c.key == "media_secret")).scalar_one()).encode()


def max_characters(tx: Tx) -> int:
    """How long a post may be; asked with each."""
    stored = tx.execute(_MAX_CHARACTERS).scalar_one_or_none()
    return CHARACTERS if stored is None else int(stored)


def authorized_fetch(tx: Tx) -> bool:
    """Asked with every document."""
    return tx.execute(_AUTHORIZED_FETCH).scalar_one_or_none() is True


def as_texts(settings: InstanceSettings) -> dict[str, str]:
    """Every key with its value as `instance.set` takes it."""
    return {
        "title": settings.title,
        "description": settings.description,
        "rules": settings.rules_text,
        "registration": settings.registration.value,
        "max_characters": str(settings.max_characters),
        "authorized_fetch": "on" if settings.authorized_fetch else "off",
        "origin": settings.origin or "",
        "extended_description": settings.extended_description,
        "privacy_policy": settings.privacy_policy,
        "terms": settings.terms,
        "contact_email": settings.contact_email,
        "federation": server_policy.LIMITED_FEDERATION if settings.limited_federation else _OPEN_FEDERATION,
    }


def put(tx: Tx, key: str, value: str) -> None:
    """Check and store one value. Raises BadInput; for a second origin HearthError origin-is-final."""
    if key == "title":
        _store(tx, key, _text(value, "title", MAX_TITLE, lines=False))
    elif key == "description":
        _store(tx, key, _text(value, "description", MAX_DESCRIPTION))
    elif key == "rules":
        _store_rules(tx, value)
    elif key == "registration":
        _store(tx, key, _registration(value).value)
    elif key == "max_characters":
        _store(tx, key, _characters(value))
    elif key == "authorized_fetch":
        _store(tx, key, _switch(value, key))
    elif key == "origin":
        _store_origin(tx, value)
    elif key in _DOCUMENTS:
        _store(tx, key, _text(value, key.replace("_", " "), MAX_DOCUMENT))
        _store(tx, f"{key}_changed_at", tx.now_ms)
    elif key == "contact_email":
        _store(tx, key, _email(value))
    elif key == "federation":
        _store_federation(tx, value)
    else:
        raise unknown_key()


def unknown_key() -> BadInput:
    return BadInput("The instance has no such setting.", f"There are: {', '.join(KEYS)}.", key="unknown-key")


def _text(value: str, name: str, limit: int, *, lines: bool = True) -> str:
    text = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not lines:
        text = " ".join(text.split())
    if len(text) > limit:
        what = "The rules together are" if name == "rules" else f"The {name} is"
        raise BadInput(f"{what} longer than {limit} characters.", "Make it shorter.", key=f"bad-{name}")
    if _UNPRINTABLE.search(text):
        raise BadInput(f"The {name} holds characters that can't be shown.", "Type it anew.", key=f"bad-{name}")
    if name == "title" and not text:
        raise BadInput("The title is empty.", "Give the instance a name.", key="bad-title")
    return text


def _registration(value: str) -> Registration:
    try:
        return Registration(value)
    except ValueError:
        choices = ", ".join(mode.value for mode in Registration)
        raise BadInput("Nobody knows this way to join.", f"Choose one of: {choices}.", key="bad-registration") from None


def _characters(value: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", value) or not CHARACTERS <= int(value) <= MAX_CHARACTERS:
        raise BadInput(
            f"A post may have {CHARACTERS} to {MAX_CHARACTERS} characters at most.",
            "Choose a number between these.",
            key="bad-max_characters",
        )
    return int(value)


def _email(value: str) -> str:
    address = value.strip()
    if address and not email_blocks.is_address(address):
        raise BadInput("That is no e-mail address.", "It looks like name@example.org.", key="bad-contact-email")
    return address


def _store_federation(tx: Tx, value: str) -> None:
    """Which servers there are is written into the accounts of them all."""
    if value not in (_OPEN_FEDERATION, server_policy.LIMITED_FEDERATION):
        raise BadInput("Nobody knows this way to federate.", "Choose one of: open, limited.", key="bad-federation")
    _store(tx, "federation", value)
    server_blocks.enforce_limits(tx)


def _switch(value: str, key: str) -> bool:
    if value.strip().lower() not in ("on", "off"):
        raise BadInput("That is neither on nor off.", "Choose one of: on, off.", key=f"bad-{key.replace('_', '-')}")
    return value.strip().lower() == "on"


def _store_rules(tx: Tx, value: str) -> None:
    """Rules that stay keep their id: apps refer to them by it."""
    texts = [" ".join(line.split()) for line in _text(value, "rules", MAX_RULES * (MAX_RULE + 1)).split("\n")]
    texts = list(dict.fromkeys(text for text in texts if text))
    if len(texts) > MAX_RULES:
        raise BadInput(f"There are more than {MAX_RULES} rules.", "Fewer are kept better.", key="bad-rules")
    for number, text in enumerate(texts, start=1):
        if len(text) > MAX_RULE:
            raise BadInput(f"Rule {number} is longer than {MAX_RULE} characters.", "Make it shorter.", key="bad-rules")
    known = {row.text: row.id for row in tx.all(sa.select(rules))}
    tx.execute(sa.delete(rules))
    for position, text in enumerate(texts):
        tx.execute(sa.insert(rules).values(id=known.get(text) or tx.next_id(), position=position, text=text))


def _store_origin(tx: Tx, value: str) -> None:
    origin = parse_origin(value)
    stored = get(tx).origin
    if stored == origin:
        return
    if stored is not None:
        raise HearthError(
            "origin-is-final",
            f"The instance is called {urlsplit(stored).netloc} for ever.",
            "Other servers know its people by that name, so it can't be changed.",
            status=409,
        )
    _store(tx, "origin", origin)


def parse_origin(value: str) -> str:
    """`https://NAME` from a name or an https address. Raises BadInput for what is no name on the internet."""
    refusal = BadInput(
        "That is not a name on the internet.", "It looks like hearth.example.org, without a port.", key="bad-origin"
    )
    name = value.strip().lower().removeprefix("https://").removesuffix("/")
    try:
        ascii_name = name.encode("idna").decode() if not name.isascii() else name
        if ascii_name != name and ascii_name.encode().decode("idna") != name:
            raise refusal  # letters that would silently become others
    except UnicodeError:
        raise refusal from None
    if not internet_name.is_well_formed(ascii_name) or not internet_name.is_public(ascii_name):
        raise refusal
    return f"https://{ascii_name}"


def _store(tx: Tx, key: str, value: Any) -> None:
    changed = tx.execute(sa.update(instance).where(instance.c.key == key).values(value=value))
    if changed.rowcount == 0:
        tx.execute(sa.insert(instance).values(key=key, value=value))
