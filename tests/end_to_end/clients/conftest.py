# SPDX-License-Identifier: AGPL-3.0-or-later
"""One box for all clients, set up from a file of answers, with an owner and three members."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from mastodon import Mastodon

from tests.end_to_end import answers
from tests.end_to_end.box import Box
from tests.end_to_end.clients.forms import Visitor
from tests.end_to_end.people import OUT_OF_BAND

PASSWORD = "quiet otters paint fences"
MEMBERS = ("anna", "ben", "cleo")
SCOPES = ["read", "write", "follow", "push", "profile", "admin:read", "admin:write"]


@dataclass
class Place:
    box: Box

    @property
    def url(self) -> str:
        return self.box.instance

    def visitor(self, username: str) -> Visitor:
        """Somebody's browser, logged in."""
        visitor = Visitor()
        password = answers.PASSWORD if username == answers.USERNAME else PASSWORD
        visitor.log_in(self.url, username, password)
        return visitor

    def app(self, username: str) -> Mastodon:
        """Mastodon.py, logged in as an app does it: registration, consent, code, token."""
        client_id, client_secret = Mastodon.create_app(
            "Client tests", scopes=SCOPES, redirect_uris=OUT_OF_BAND, api_base_url=self.url
        )
        app = Mastodon(client_id, client_secret, api_base_url=self.url, request_timeout=60)
        url = app.auth_request_url(redirect_uris=OUT_OF_BAND, scopes=SCOPES, allow_http=True)
        code = self.visitor(username).consent(url)
        app.log_in(code=code, redirect_uri=OUT_OF_BAND, scopes=SCOPES, allow_http=True)
        return app


@pytest.fixture(scope="package")
def place(new_box_for_all: Callable[..., Box]) -> Place:
    box = new_box_for_all("clients").start()
    box.hearth("setup", "--answers", answers.answers_file(box))
    for name in MEMBERS:
        box.hearth("member", "add", name, "--password", stdin=f"{PASSWORD}\n")
    box.hearth("instance", "set", "registration", "open")
    return Place(box)
