# SPDX-License-Identifier: AGPL-3.0-or-later
"""OAuth scopes, and which of them cover which: https://docs.joinmastodon.org/api/oauth-scopes/"""

from collections.abc import Iterable

from appliance.fediverse.oauth.errors import OAuthError

_READ = (
    *("accounts", "blocks", "bookmarks", "collections", "favourites", "filters", "follows", "lists"),
    *("mutes", "notifications", "search", "statuses"),
)
_ADMIN = (
    *("accounts", "reports", "domain_allows", "domain_blocks", "ip_blocks", "email_domain_blocks"),
    "canonical_email_blocks",
)
_WRITE = (
    *("accounts", "blocks", "bookmarks", "collections", "conversations", "favourites", "filters"),
    *("follows", "lists", "media", "mutes", "notifications", "reports", "statuses"),
)
DEFAULT = "read"
# `follow` is the old name for what these grant.
_FOLLOW = frozenset(f"{verb}:{thing}" for verb in ("read", "write") for thing in ("blocks", "follows", "mutes"))
ALL = (
    "read",
    *(f"read:{thing}" for thing in _READ),
    "write",
    *(f"write:{thing}" for thing in _WRITE),
    "follow",
    "push",
    "profile",
    "admin:read",
    *(f"admin:read:{thing}" for thing in _ADMIN),
    "admin:write",
    *(f"admin:write:{thing}" for thing in _ADMIN),
)


def parse(text: str) -> tuple[str, ...]:
    """Scopes separated by spaces or pluses, each once. Raises OAuthError invalid_scope."""
    scopes = tuple(dict.fromkeys(text.replace("+", " ").split())) or (DEFAULT,)
    if any(scope not in ALL for scope in scopes):
        raise OAuthError("invalid_scope", "The requested scope is invalid, unknown, or malformed.")
    return scopes


def covers(granted: Iterable[str], wanted: str) -> bool:
    """Whether one of the granted scopes is the wanted one or holds it."""
    held = set(granted)
    return wanted in held or wanted.rpartition(":")[0] in held or ("follow" in held and wanted in _FOLLOW)


def within(requested: Iterable[str], registered: Iterable[str]) -> bool:
    held = tuple(registered)
    return all(covers(held, scope) for scope in requested)
