# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the fediverse server gets to see of the console through the web server of the image, and what it may answer."""

import http.client
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests import debian
from tests.image.machine import free_port
from tests.repository import ROOT

CADDYFILE = (ROOT / "image/overlay/etc/caddy/Caddyfile").read_text()
OWNERS = "hearth_console_=the.owners-session"

needs_caddy = pytest.mark.skipif(not debian.available(), reason="caddy comes from Debian")


class Server(BaseHTTPRequestHandler):
    """Console and fediverse server in one: repeats the cookies it was given, and tries to set the console's."""

    def do_GET(self) -> None:
        said = "; ".join(self.headers.get_all("Cookie") or ()).encode()
        self.send_response(200)
        for cookie in (OWNERS, f"={OWNERS}", "hearth_session=members"):
            self.send_header("Set-Cookie", f"{cookie}; Path=/")
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        pass


class Streams(BaseHTTPRequestHandler):
    """What serves streams: repeats the cookies, and says a word to who asks for a WebSocket."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.close_connection = True
        if self.headers.get("Upgrade") == "websocket":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            self.wfile.write(b"word")
            return
        self.send_response(200)
        self.send_header("Set-Cookie", OWNERS)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(f"streams {self.headers.get('Cookie', '')}".encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """The ports of the home network's listener and of the public one."""
    folder: Path = tmp_path_factory.mktemp("web")
    loopback = ("127.0.0.1", 0)
    with ThreadingHTTPServer(loopback, Server) as behind, ThreadingHTTPServer(loopback, Streams) as streams:
        threading.Thread(target=streams.serve_forever, daemon=True).start()
        threading.Thread(target=behind.serve_forever, daemon=True).start()
        ports = {"home": free_port(), "public": free_port()}
        text = CADDYFILE.replace("\nhttp://:80 {", f"\nhttp://127.0.0.1:{ports['home']} {{")
        text = text.replace("\nhttp://:8080 {", f"\nhttp://127.0.0.1:{ports['public']} {{")
        text = text.replace("_port 8080", f"_port {ports['public']}")
        for port in ("8443", "8444"):
            text = text.replace(port, str(free_port()))
        for port in (8081, 8082):
            text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{behind.server_port}")
        text = text.replace("127.0.0.1:8083", f"127.0.0.1:{streams.server_port}")
        (folder / "Caddyfile").write_text(text)
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
        environment |= {"HEARTH_WEB_RUNTIME": str(folder), "HEARTH_WEB_SITES": str(folder)}
        caddy = [debian.program("caddy", "usr/bin/caddy"), "run", "--config", str(folder / "Caddyfile")]
        with (folder / "log").open("w") as log, subprocess.Popen(caddy, env=environment, stderr=log) as process:
            try:
                _wait(ports["public"])
                yield ports
            finally:
                process.terminate()
                behind.shutdown()
                streams.shutdown()


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            ask(port, "/")
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("caddy does not answer")


def ask(port: int, path: str, cookie: str = "") -> tuple[str, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        return answer.read().decode(), answer.headers
    finally:
        connection.close()


@needs_caddy
@pytest.mark.parametrize("cookies", [OWNERS, f"hearth_session=x; {OWNERS}", f"{OWNERS};hearth_session=x"])
@pytest.mark.parametrize("listener", ["home", "public"])
def test_the_consoles_session_is_kept_from_the_fediverse_server(web: dict[str, int], listener: str, cookies: str):
    said, _ = ask(web[listener], "/@anna", cookies)
    assert "owners" not in said
    assert ("hearth_session=x" in said) == ("hearth_session=x" in cookies)


@needs_caddy
def test_the_console_gets_it(web: dict[str, int]):
    assert ask(web["home"], "/settings", OWNERS)[0] == OWNERS


@needs_caddy
@pytest.mark.parametrize("listener", ["home", "public"])
def test_the_fediverse_server_sets_no_cookie_of_the_consoles(web: dict[str, int], listener: str):
    set_cookies = ask(web[listener], "/@anna")[1].get_all("Set-Cookie") or []
    assert "hearth_session=members; Path=/" in set_cookies
    assert [each for each in set_cookies if "hearth_console_" in each] == []


@needs_caddy
def test_its_pages_run_no_script_of_theirs_in_the_consoles_origin(web: dict[str, int]):
    policies = ask(web["home"], "/@anna")[1].get_all("Content-Security-Policy") or []
    # A browser obeys all of them.
    assert sorted(policies) == ["default-src 'none'", f"script-src http://127.0.0.1:{web['home']}/design/"]
    assert ask(web["home"], "/settings")[1].get_all("Content-Security-Policy") == ["default-src 'none'"]


@pytest.mark.parametrize("service", ["console", "fediverse"])
def test_who_stands_behind_it_takes_its_word_for_where_a_request_comes_from(service: str):
    units = ROOT / "image/overlay/usr/lib/systemd/system"
    assert "\nEnvironment=HEARTH_BEHIND_PROXY=1\n" in (units / f"hearth-{service}.service.d/proxy.conf").read_text()


def test_both_listeners_hand_on_to_the_fediverse_server_alike():
    _, _, sites = CADDYFILE.partition("\n(fediverse) {")
    snippet, _, sites = sites.partition("\n}\n")
    assert 'header_up Cookie "hearth_console_[^;]*"' in snippet
    assert 'header_down Set-Cookie "hearth_console_"' in snippet
    assert "8082" not in sites
    assert "8083" not in sites
    assert sites.count("import fediverse") == 2
    public, _, home = sites.partition("\n(home) {")
    assert public.count("import fediverse") == home.count("import fediverse") == 1


@needs_caddy
@pytest.mark.parametrize("listener", ["home", "public"])
def test_streams_are_the_companions_and_see_no_cookies(web: dict[str, int], listener: str):
    for path in ("/api/v1/streaming", "/api/v1/streaming/user?access_token=x", "/.well-known/hearth/here/x"):
        said, headers = ask(web[listener], path, f"hearth_session=x; {OWNERS}")
        assert said == "streams "
        assert headers.get_all("Set-Cookie") is None
    assert ask(web[listener], "/api/v1/streamings")[0] == ""


@needs_caddy
@pytest.mark.parametrize("listener", ["home", "public"])
def test_a_socket_passes_through(web: dict[str, int], listener: str):
    with socket.create_connection(("127.0.0.1", web[listener]), timeout=10) as client:
        lines = (
            "GET /api/v1/streaming?stream=user HTTP/1.1",
            "Host: 127.0.0.1",
            "Connection: Upgrade",
            "Upgrade: websocket",
        )
        client.sendall("\r\n".join([*lines, "", ""]).encode())
        answer = b""
        while not answer.endswith(b"word"):
            piece = client.recv(4096)
            assert piece, answer
            answer += piece
    assert answer.startswith(b"HTTP/1.1 101 ")
