# SPDX-License-Identifier: AGPL-3.0-or-later
"""Accounts: the people and bots of this instance and of others."""

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput, HearthError
from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, follows
from appliance.fediverse.model import FollowState
from appliance.fediverse.services import conversations, emojis, profile_fields, server_policy, text
from appliance.fediverse.services.keys import KeyPair, make_key_pair
from appliance.fediverse.services.profile_fields import Field
from appliance.fediverse.services.remote import RemoteAccount
from appliance.fediverse.urls import Urls

MAX_NAME = 30
MAX_NOTE = 500
MAX_DESCRIPTION = 150  # of a picture
MAX_ATTRIBUTION_DOMAINS = 10
_NAME = re.compile(r"[A-Za-z0-9_]{1,30}")
_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")
# Names that would pass for the instance itself.
_RESERVED = frozenset(
    ("abuse", "administrator", "hearth", "instance", "postmaster", "security", "support", "webmaster")
)

_BY_ID = sa.select(accounts).where(accounts.c.id == sa.bindparam("id"))
_BY_URI = sa.select(accounts).where(accounts.c.uri == sa.bindparam("uri"))
_BY_NAME = sa.select(accounts).where(
    accounts.c.username_key == sa.bindparam("name"), accounts.c.domain == sa.bindparam("domain")
)


@dataclass(frozen=True)
class Profile:
    """What a member says of herself, as she typed it; None leaves a thing as it is."""

    display_name: str | None = None
    note: str | None = None
    fields: tuple[tuple[str, str], ...] | None = None
    locked: bool | None = None
    bot: bool | None = None
    discoverable: bool | None = None
    hide_collections: bool | None = None
    indexable: bool | None = None
    attribution_domains: tuple[str, ...] | None = None
    avatar_description: str | None = None
    header_description: str | None = None
    show_media: bool | None = None
    show_media_replies: bool | None = None
    show_featured: bool | None = None


# What is kept as it is given.
_AS_GIVEN = (
    *("display_name", "locked", "bot", "discoverable", "hide_collections", "indexable"),
    *("avatar_description", "header_description", "show_media", "show_media_replies", "show_featured"),
)


def by_id(tx: Tx, account_id: int) -> sa.Row[Any] | None:
    """Any account, suspended and deleted ones too."""
    return tx.one(_BY_ID, {"id": account_id})


def by_uri(tx: Tx, uri: str) -> sa.Row[Any] | None:
    """A remote account by its ActivityPub id."""
    return tx.one(_BY_URI, {"uri": uri})


def find_local(tx: Tx, username: str) -> sa.Row[Any] | None:
    """An account of this instance that is neither suspended nor gone."""
    return _present(tx.one(_BY_NAME, {"name": username.lower(), "domain": ""}))


def find(tx: Tx, urls: Urls, handle: str) -> sa.Row[Any] | None:
    """By "name", "name@host" or "@name@host", among the accounts known here."""
    name, _, host = handle.removeprefix("@").lower().partition("@")
    domain = "" if host == urls.host.lower() else host
    return _present(tx.one(_BY_NAME, {"name": name, "domain": domain}))


def create_local(tx: Tx, username: str, keys: KeyPair | None = None) -> int:
    """Raises BadInput bad-username, HearthError username-taken. A name once used is never given again."""
    if not _NAME.fullmatch(username):
        raise BadInput(
            "A user name has at most 30 letters from a to z, digits and underscores.",
            "Choose another one.",
            key="bad-username",
        )
    name = username.lower()
    if name in _RESERVED or tx.one(_BY_NAME, {"name": name, "domain": ""}):
        raise HearthError("username-taken", "That user name is taken.", "Choose another one.", status=422)
    keys = keys or make_key_pair()
    account_id = tx.next_id()
    tx.execute(
        sa.insert(accounts).values(
            id=account_id,
            username=username,
            username_key=name,
            domain="",
            fields=[],
            public_key=keys.public,
            private_key=keys.private.reveal(),
            created_at=tx.now_ms,
        )
    )
    return account_id


def update_profile(tx: Tx, urls: Urls, account_id: int, profile: Profile) -> None:
    """Raises BadInput when something is too long."""
    values: dict[str, Any] = {name: value for name in _AS_GIVEN if (value := getattr(profile, name)) is not None}
    if profile.bot is not None:
        values["actor_type"] = "Service" if profile.bot else "Person"
    if len(profile.display_name or "") > MAX_NAME:
        raise BadInput(f"Validation failed: Display name is too long (maximum is {MAX_NAME} characters)")
    for name in ("avatar_description", "header_description"):
        if len(values.get(name, "")) > MAX_DESCRIPTION:
            words = name.replace("_", " ").capitalize()
            raise BadInput(f"Validation failed: {words} is too long (maximum is {MAX_DESCRIPTION} characters)")
    if profile.note is not None:
        if text.count(profile.note) > MAX_NOTE:
            raise BadInput(f"Validation failed: Note is too long (maximum is {MAX_NOTE} characters)")
        values |= {"note_source": profile.note, "note": to_html(tx, urls, profile.note)}
    if profile.attribution_domains is not None:
        values["attribution_domains"] = _domains(profile.attribution_domains)
    if profile.fields is not None:
        values["fields"] = _fields(tx, urls, account_id, profile_fields.check(profile.fields))
        profile_fields.want_proofs(tx, account_id, values["fields"])
    if values:
        tx.execute(sa.update(accounts).where(accounts.c.id == account_id).values(**values))
        _use_emojis(tx, account_id)
        outgoing.profile_updated(tx, urls, account_id)


def _use_emojis(tx: Tx, account_id: int) -> None:
    row = by_id(tx, account_id)
    if row is None:
        return
    texts = [row.display_name, row.note_source, *(text for each in row.fields for text in _typed(each))]
    used = emojis.of_local(tx, *texts)
    if used != row.emojis:
        tx.execute(sa.update(accounts).where(accounts.c.id == account_id).values(emojis=used))


def _typed(field: dict[str, Any]) -> tuple[str, str]:
    return str(field["name"]), str(field.get("source", ""))


def to_html(tx: Tx, urls: Urls, source: str) -> str:
    """HTML of a profile text; mentions of accounts known here become links."""
    parsed = text.parse(source)
    found = {handle: row for handle in parsed.handles if (row := find(tx, urls, handle)) is not None}
    return parsed.html({handle: mentioned(row) for handle, row in found.items()})


def mentioned(row: sa.Row[Any]) -> text.Mentioned:
    return text.Mentioned(row.username, f"/@{row.username}" if not row.domain else row.url or row.uri)


def store_remote(tx: Tx, account: RemoteAccount) -> int:
    """Insert an account of another server, or update what is known of it. Raises Refused for a server kept out."""
    known = by_uri(tx, account.uri) or tx.one(
        _BY_NAME, {"name": account.username.lower(), "domain": account.domain.lower()}
    )
    texts = (account.display_name, account.note, *(text for pair in account.fields for text in pair))
    used = emojis.of_remote(tx, account.domain.lower(), account.emojis, *texts)
    values = _remote_values(account) | {"emojis": used, "fetched_at": tx.now_ms, "deleted_at": None}
    if server_policy.rejects_media(tx, account.domain):
        values |= {"avatar_url": None, "header_url": None}
    if known is not None:
        values["fields"] = profile_fields.still_proven(values["fields"], known.fields)
        tx.execute(sa.update(accounts).where(accounts.c.id == known.id).values(**values))
        return int(known.id)
    account_id = tx.next_id()
    created_at = tx.now_ms if account.created_at is None else account.created_at
    values |= server_policy.standing(tx, account.domain)
    tx.execute(sa.insert(accounts).values(id=account_id, created_at=created_at, **values))
    return account_id


def delete_remote(tx: Tx, urls: Urls, uri: str) -> None:
    """The account is gone there: everything of it goes here too. Nothing happens if it is unknown."""
    account = by_uri(tx, uri)
    if account is None:
        return
    conversations.forget_all_by(tx, account.id)
    for ours, theirs, column in (
        (follows.c.follower_id, follows.c.followee_id, accounts.c.following_count),
        (follows.c.followee_id, follows.c.follower_id, accounts.c.followers_count),
    ):
        friends = sa.select(ours).where(theirs == account.id, follows.c.state == FollowState.ACCEPTED.value)
        tx.execute(sa.update(accounts).where(accounts.c.id.in_(friends)).values({column: column - 1}))
    tx.execute(sa.delete(accounts).where(accounts.c.id == account.id))


# Of a RemoteAccount, what is no column as it comes.
_APART = frozenset({"created_at", "emojis"})


def _remote_values(account: RemoteAccount) -> dict[str, Any]:
    fields = [{"name": name, "value": value} for name, value in account.fields]
    values = {name: getattr(account, name) for name in account.__dataclass_fields__ if name not in _APART}
    domain = account.domain.lower()
    return values | {"fields": fields, "domain": domain, "username_key": account.username.lower()}


def _present(row: sa.Row[Any] | None) -> sa.Row[Any] | None:
    return None if row is None or row.suspended_at is not None or row.deleted_at is not None else row


def _fields(tx: Tx, urls: Urls, account_id: int, given: list[tuple[str, str]]) -> list[Field]:
    before = by_id(tx, account_id)
    fields = [profile_fields.typed(name, value, to_html(tx, urls, value)) for name, value in given]
    return profile_fields.still_proven(fields, before.fields if before is not None else ())


def _domains(given: tuple[str, ...]) -> list[str]:
    names = list(dict.fromkeys(name for each in given if (name := each.strip().lower())))
    if len(names) > MAX_ATTRIBUTION_DOMAINS:
        raise BadInput(f"Validation failed: Attribution domains can be {MAX_ATTRIBUTION_DOMAINS} at most")
    if not all(_DOMAIN.fullmatch(name) for name in names):
        raise BadInput("Validation failed: Attribution domains are not all domain names")
    return names
