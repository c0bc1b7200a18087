# SPDX-License-Identifier: AGPL-3.0-or-later
"""Apps: programs that act for members. https://docs.joinmastodon.org/methods/apps/"""

import hmac
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import apps, tokens
from appliance.fediverse.oauth import scopes, secrets
from appliance.fediverse.oauth.errors import OAuthError
from appliance.secret import Secret

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
MAX_NAME = 60
MAX_URL = 2000
MAX_REDIRECTS = 10
UNUSED_MILLISECONDS = 30 * 24 * 60 * 60 * 1000
# What a browser would run in our own name instead of leaving it.
_FORBIDDEN_SCHEMES = frozenset(("javascript", "data", "vbscript", "file", "blob", "about", "mailto"))
# Members are shown it and decide by it, and the page's policy names it: so no name before an @, and no signs.
_HOST = re.compile(r"[A-Za-z0-9._-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")

_BY_CLIENT_ID = sa.select(apps).where(apps.c.client_id == sa.bindparam("client_id"))


@dataclass(frozen=True)
class NewApp:
    name: str
    redirect_uris: tuple[str, ...]
    scopes: str = scopes.DEFAULT
    website: str | None = None


@dataclass(frozen=True)
class App:
    id: int
    client_id: str
    name: str
    website: str | None
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    secret_digest: str


def register(tx: Tx, new: NewApp) -> tuple[App, Secret]:
    """The app and its client secret, which is not kept. Raises BadInput, OAuthError."""
    if not new.name.strip() or len(new.name) > MAX_NAME:
        raise BadInput(f"Validation failed: Application name must have 1 to {MAX_NAME} characters", "")
    if not new.redirect_uris or len(new.redirect_uris) > MAX_REDIRECTS:
        raise BadInput("Validation failed: Redirect URI must be given", "")
    for uri in new.redirect_uris:
        _check_redirect(uri)
    if new.website and (len(new.website) > MAX_URL or urlsplit(new.website).scheme not in ("http", "https")):
        raise BadInput("Validation failed: Website must be a valid URL", "")
    granted = scopes.parse(new.scopes)
    client_id, secret = secrets.make().reveal(), secrets.make()
    tx.execute(
        sa.insert(apps).values(
            id=tx.next_id(),
            client_id=client_id,
            client_secret=secrets.digest(secret.reveal()),
            name=new.name.strip(),
            website=new.website or None,
            redirect_uris=list(new.redirect_uris),
            scopes=" ".join(granted),
            created_at=tx.now_ms,
        )
    )
    return find(tx, client_id), secret


def find(tx: Tx, client_id: str) -> App:
    """Raises OAuthError invalid_client."""
    row = tx.one(_BY_CLIENT_ID, {"client_id": client_id})
    if row is None:
        raise _unknown()
    return _app(row)


def by_id(tx: Tx, app_id: int) -> App:
    return _app(tx.execute(sa.select(apps).where(apps.c.id == app_id)).one())


def authenticate(tx: Tx, client_id: str, secret: Secret) -> App:
    """Raises OAuthError invalid_client."""
    app = find(tx, client_id)
    if not hmac.compare_digest(app.secret_digest, secrets.digest(secret.reveal())):
        raise _unknown()
    return app


def prune(tx: Tx) -> None:
    """Forget apps that were registered a while ago and never served a member.

    A token of its own any app gets for the asking: it keeps the app only as long as it is used.
    """
    since = tx.now_ms - UNUSED_MILLISECONDS
    used = sa.func.coalesce(tokens.c.last_used_at, tokens.c.created_at) >= since
    in_use = sa.exists().where(tokens.c.app_id == apps.c.id, used)
    tx.execute(sa.delete(apps).where(apps.c.used_at.is_(None), apps.c.created_at < since, ~in_use))


def _unknown() -> OAuthError:
    return OAuthError(
        "invalid_client",
        "Client authentication failed due to unknown client, no client authentication included, or unsupported "
        "authentication method.",
        status=401,
    )


def _check_redirect(uri: str) -> None:
    # Looked at first: to take a name of very many marks apart takes very long.
    fits = len(uri) <= MAX_URL and uri.isascii() and uri.isprintable() and " " not in uri
    try:
        parts = urlsplit(uri if fits else "")
    except ValueError:
        parts = urlsplit("")
    if not parts.scheme or parts.fragment:
        raise BadInput("Validation failed: Redirect URI must be an absolute URI.", "")
    if parts.scheme in _FORBIDDEN_SCHEMES or (parts.scheme in ("http", "https") and not _HOST.fullmatch(parts.netloc)):
        raise BadInput("Validation failed: Redirect URI is forbidden by the server.", "")


def _app(row: sa.Row[Any]) -> App:
    return App(
        id=row.id,
        client_id=row.client_id,
        name=row.name,
        website=row.website,
        redirect_uris=tuple(row.redirect_uris),
        scopes=tuple(row.scopes.split()),
        secret_digest=row.client_secret,
    )
