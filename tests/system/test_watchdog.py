# SPDX-License-Identifier: AGPL-3.0-or-later
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from appliance.system.watchdog import HttpWatchdog


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def bind() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_server_that_answers_feeds_the_watchdog(bind: str) -> None:
    fed: list[bool] = []
    assert HttpWatchdog(bind, "/health", interval=1, alive=lambda: fed.append(True)).check()
    assert fed == [True]


def test_a_server_that_fails_or_is_gone_does_not(bind: str) -> None:
    fed: list[bool] = []
    assert not HttpWatchdog(bind, "/broken", interval=1, alive=lambda: fed.append(True)).check()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        gone = f"127.0.0.1:{unused.getsockname()[1]}"
        assert not HttpWatchdog(gone, "/health", interval=1, alive=lambda: fed.append(True)).check()
    assert fed == []


def test_it_goes_on_by_itself(bind: str) -> None:
    fed = threading.Event()
    watchdog = HttpWatchdog(bind, "/health", interval=0.01, alive=fed.set)
    watchdog.start()
    assert fed.wait(10)
    watchdog.stop()


def test_one_answer_that_is_missing_is_asked_for_again_before_it_is_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service manager's patience is two intervals."""
    answers = iter([True, False, False, True])
    pauses: list[float | None] = []
    watchdog = HttpWatchdog("127.0.0.1:1", "/health", interval=30.0, alive=lambda: None)

    def wait(_event: threading.Event, pause: float | None = None) -> bool:
        pauses.append(pause)
        return len(pauses) == 5

    monkeypatch.setattr(watchdog, "check", lambda: next(answers))
    monkeypatch.setattr(threading.Event, "wait", wait)
    watchdog._run()
    assert pauses == [30, 30, 5, 5, 30]
