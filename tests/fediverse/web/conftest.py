# SPDX-License-Identifier: AGPL-3.0-or-later
"""A set-up instance with its owner Ada, and browsers to look at it with."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from appliance.config import Config
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.model import Role
from appliance.fediverse.services import instance_settings, members
from appliance.fediverse.services.keys import KeyPair
from appliance.secret import Secret
from appliance.system.clock import VirtualClock
from appliance.system.net import VirtualNet

PASSWORD = "four unrelated words here"


class Fields(HTMLParser):
    """The names and values of the inputs of each form, by the form's action."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self._form: dict[str, str] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form":
            self._form = self.forms.setdefault(found.get("action") or "", {})
        elif tag == "input" and self._form is not None and found.get("name"):
            self._form.setdefault(found["name"] or "", found.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


@dataclass
class Browser:
    """Fetches pages and sends the forms in them, as a person does."""

    client: FlaskClient
    address: str = "192.0.2.1"

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, environ_base={"REMOTE_ADDR": self.address}, **more)

    def post(self, path: str, data: dict[str, Any], **more: Any) -> TestResponse:
        return self.client.post(path, data=data, environ_base={"REMOTE_ADDR": self.address}, **more)

    def send(self, page: str, action: str, **data: str) -> TestResponse:
        """Open `page`, fill in its form with this `action` and send it."""
        found = Fields(self.get(page).text).forms
        assert action in found, f"{page} has no form for {action}, only {sorted(found)}"
        return self.post(action, {**found[action], **data})

    def log_in(self, username: str = "ada", password: str = PASSWORD, **more: str) -> TestResponse:
        return self.send("/login", "/login", username=username, password=password, **more)

    def cookie(self, name: str) -> str | None:
        found = self.client.get_cookie(name)
        return found.value if found else None


@pytest.fixture(autouse=True)
def _quick_keys(keys: KeyPair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Making an RSA key takes longer than the rest of a test."""
    monkeypatch.setattr("appliance.fediverse.services.accounts.make_key_pair", lambda: keys)


@pytest.fixture
def context(config: Config, database: Database, clock: VirtualClock) -> Context:
    """As on a box that is set up and has no name yet."""
    with database.write() as tx:
        instance_settings.put(tx, "title", "The Kitchen Table")
        members.create(tx, "ada", Secret(PASSWORD), role=Role.OWNER)
    return Context(database, clock, VirtualNet(), config, None)


@pytest.fixture
def browser(app: Flask) -> Callable[..., Browser]:
    """Call it for one more browser."""
    return lambda address="192.0.2.1": Browser(app.test_client(), address)


@pytest.fixture
def stranger(browser: Callable[..., Browser]) -> Browser:
    return browser()


@pytest.fixture
def ada(browser: Callable[..., Browser]) -> Browser:
    """The owner, logged in."""
    one = browser()
    assert one.log_in().status_code == 303
    return one


@pytest.fixture
def text_of() -> Callable[[TestResponse], str]:
    """What a page says, without its tags."""
    return lambda response: " ".join(re.sub(r"<[^>]+>", " ", response.text).split())
