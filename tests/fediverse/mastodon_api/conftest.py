# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app on a real port, and Mastodon.py asking it."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import flask
import pytest
from werkzeug.serving import make_server

from tests.fediverse.conftest import Person

Client = Callable[[Person], Any]


@pytest.fixture
def address(app: flask.Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    mastodon = pytest.importorskip("mastodon", reason="Mastodon.py is not in Debian")
    made: list[Any] = []

    def make(person: Person) -> Any:
        made.append(mastodon.Mastodon(access_token=person.token, api_base_url=address, ratelimit_method="throw"))
        return made[-1]

    yield make
    for each in made:
        each.session.close()
