# SPDX-License-Identifier: AGPL-3.0-or-later
"""Context: the doors and facts that every request needs, passed in once when the app is made."""

import ipaddress
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from appliance.config import Config
from appliance.errors import HearthError
from appliance.fediverse.db.database import Database
from appliance.fediverse.media.store import Store
from appliance.fediverse.services import instance_settings
from appliance.fediverse.urls import Urls
from appliance.system.clock import Clock
from appliance.system.files import Files, SystemFiles

if TYPE_CHECKING:
    import flask

    from appliance.system.net import Net

WAITS = 2  # threads of a process, which has four, that may wait for the companion at once
_EXTENSION = "hearth"


@dataclass(frozen=True)
class Context:
    """`origin` is the instance's name for ever, or None while it has none: then nothing leaves the box.
    `media_secret` is for `Urls`."""

    database: Database
    clock: Clock
    net: "Net"
    config: Config
    origin: str | None
    media_secret: bytes = b""
    files: Files = field(default_factory=SystemFiles)
    waits: threading.Semaphore = field(default_factory=lambda: threading.BoundedSemaphore(WAITS))

    @property
    def store(self) -> Store:
        return Store(self.config.fediverse_state / "media", self.files)

    def urls(self, request_host_url: str | None = None) -> Urls:
        """The addresses of our things; without a name they start with what the asker called us."""
        if self.origin:
            return Urls(self.origin, True, self.media_secret)
        return Urls((request_host_url or "http://localhost").rstrip("/"), False, self.media_secret)

    def streaming_url(self, urls: Urls) -> str:
        """Where streams are: under the same name where a web server stands before both, else at a port of their own."""
        parts = urlsplit(urls.origin)
        host = parts.netloc
        if not self.config.behind_proxy:
            name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
            host = f"{name}:{self.config.streaming_bind.rpartition(':')[2]}"
        return f"{'wss' if parts.scheme == 'https' else 'ws'}://{host}"

    def attach(self, app: "flask.Flask") -> None:
        app.extensions[_EXTENSION] = self


def context() -> Context:
    """The context of the app that serves this request."""
    from flask import current_app  # not above: the companion serves no Flask app, and need not carry it

    return cast(Context, current_app.extensions[_EXTENSION])


def request_urls() -> Urls:
    from flask import request

    return context().urls(request.host_url)


def database_url(config: Config) -> str:
    """SQLAlchemy's form of it; it may hold a password."""
    if config.database_url:
        return config.database_url.reveal().replace("postgresql:", "postgresql+psycopg:", 1)
    return f"sqlite:///{config.fediverse_state / 'database.sqlite'}"


def origin(config: Config, database: Database) -> str | None:
    """The origin to federate under: the one the instance was given for ever, or a laptop's; None while it has none.

    Raises HearthError if the development setting names anything but loopback.
    """
    if config.development_origin:
        return _development_origin(config.development_origin)
    with database.read() as tx:
        return instance_settings.get(tx).origin


def media_secret(database: Database) -> bytes:
    with database.read() as tx:
        return instance_settings.media_secret(tx)


def _development_origin(text: str) -> str:
    parts = urlsplit(text)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme != "http" or not port or not _is_loopback(parts.hostname or "") or parts.path not in ("", "/"):
        raise HearthError(
            "bad-development-origin",
            f"HEARTH_DEVELOPMENT_ORIGIN is {text}, which is not this machine itself.",
            "Give it as http://127.0.0.1:PORT, or leave it out.",
        )
    return f"http://{parts.netloc}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
