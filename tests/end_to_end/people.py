# SPDX-License-Identifier: AGPL-3.0-or-later
"""People with a Mastodon app: Mastodon.py, logged in by the authorization-code flow in a browser."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from mastodon import Mastodon
from playwright.sync_api import BrowserContext, Page

from tests.end_to_end.box import Box

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
SCOPES = ["read", "write", "follow"]


def log_in_out_of_band(context: BrowserContext, box: Box, username: str, password: str) -> Mastodon:
    """The page shows the code, and the person types it into the app."""
    app = _register(box, OUT_OF_BAND)
    page = context.new_page()
    url = app.auth_request_url(redirect_uris=OUT_OF_BAND, scopes=SCOPES, state="unused", allow_http=True)
    consent(page, url, username, password)
    code = page.locator(".code").first.inner_text().strip()
    page.close()
    return _with_token(app, code, OUT_OF_BAND)


def log_in_by_redirect(context: BrowserContext, box: Box, username: str, password: str) -> Mastodon:
    """The browser is sent back to an app that waits on loopback."""
    with app_on_this_computer() as (address, visits):
        app = _register(box, address)
        state = secrets.token_urlsafe(8)
        page = context.new_page()
        url = app.auth_request_url(redirect_uris=address, scopes=SCOPES, state=state, allow_http=True)
        consent(page, url, username, password)
        page.wait_for_url(f"{address}?*")
        page.close()
        answers = [parse_qs(urlsplit(visit).query) for visit in visits if visit.startswith("/back")]
        assert [answer["state"] for answer in answers] == [[state]]
        return _with_token(app, answers[0]["code"][0], address)


def consent(page: Page, url: str, username: str, password: str) -> None:
    """Open the app's address, log in if asked to, and allow what the app wants."""
    page.goto(url)
    if page.locator("input[type=password]").count():
        log_in(page, username, password)
    page.locator("button[name=answer][value=grant]").click()


def log_in(page: Page, username: str, password: str) -> None:
    """Fill in the login form that is shown."""
    page.locator("main input[name=username]").fill(username)
    page.locator("main input[type=password]").fill(password)
    page.locator("main input[type=password]").press("Enter")


@contextmanager
def app_on_this_computer() -> Iterator[tuple[str, list[str]]]:
    """An app that waits on loopback for the browser to come back: its redirect URI, and the visits it got."""
    visits: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            visits.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            self.wfile.write(b"You can close this page.")

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/back", visits
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _register(box: Box, redirect_uri: str) -> Mastodon:
    client_id, client_secret = Mastodon.create_app(
        "End-to-end app", scopes=SCOPES, redirect_uris=redirect_uri, api_base_url=box.instance, request_timeout=30
    )
    return Mastodon(client_id=client_id, client_secret=client_secret, api_base_url=box.instance, request_timeout=30)


def _with_token(app: Mastodon, code: str, redirect_uri: str) -> Mastodon:
    app.log_in(code=code, redirect_uri=redirect_uri, scopes=SCOPES, allow_http=True)
    return app
