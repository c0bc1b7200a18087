# SPDX-License-Identifier: AGPL-3.0-or-later
"""How it serves is tried where it is used: tests/console/test_main.py and tests/fediverse/test_main.py."""

import pytest
from flask import Flask, request

from appliance.system import notify
from appliance.system.patience import PatientWorker
from appliance.system.web_server import WebServer


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    app.add_url_rule("/", "who", lambda: f"{request.remote_addr} {request.scheme}")
    return app


def test_what_an_older_gunicorn_does_not_know_is_left_out(app: Flask) -> None:
    server = WebServer(app, "127.0.0.1:10777", status="Here.", behind_proxy=False, no_such_setting=1, threads=3)
    assert (server.cfg.address, server.cfg.threads) == ([("127.0.0.1", 10777)], 3)
    assert issubclass(server.cfg.worker_class, PatientWorker)


def test_it_says_that_it_is_ready_in_its_own_words(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(notify, "ready", said.append)
    server = WebServer(
        app, "127.0.0.1:10777", status="Here.", behind_proxy=False, ready=lambda: said.append("prepared")
    )
    server.cfg.when_ready(None)
    assert said == ["prepared", "Here."]


@pytest.mark.parametrize(("behind_proxy", "asker"), [(True, "203.0.113.9 https"), (False, "127.0.0.1 http")])
def test_only_a_proxy_of_ours_is_believed_and_only_its_own_word(app: Flask, behind_proxy: bool, asker: str) -> None:
    WebServer(app, "127.0.0.1:10777", status="Here.", behind_proxy=behind_proxy)
    headers = {"X-Forwarded-For": "192.0.2.1, 203.0.113.9", "X-Forwarded-Proto": "https"}
    assert app.test_client().get("/", headers=headers).text == asker
