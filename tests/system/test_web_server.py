# SPDX-License-Identifier: AGPL-3.0-or-later
"""How it serves is tried where it is used: tests/console/test_main.py and tests/fediverse/test_main.py."""

from collections.abc import Iterable
from typing import Any

import pytest

from appliance.system import notify
from appliance.system.patience import PatientWorker
from appliance.system.web_server import WebServer


def _app(environment: Any, start: Any) -> Iterable[bytes]:
    start("200 OK", [])
    return [b""]


def test_what_an_older_gunicorn_does_not_know_is_left_out() -> None:
    server = WebServer(_app, "127.0.0.1:10777", status="Here.", no_such_setting=1, threads=3)
    assert (server.cfg.address, server.cfg.threads) == ([("127.0.0.1", 10777)], 3)
    assert issubclass(server.cfg.worker_class, PatientWorker)


def test_it_says_that_it_is_ready_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(notify, "ready", said.append)
    server = WebServer(_app, "127.0.0.1:10777", status="Here.", ready=lambda: said.append("prepared"))
    server.cfg.when_ready(None)
    assert said == ["prepared", "Here."]
