# SPDX-License-Identifier: AGPL-3.0-or-later
"""What happens on one box is told on the other while it happens, to an unmodified client."""

import json
from typing import Any

from mastodon import StreamListener
from playwright.sync_api import Browser

from tests.end_to_end.boxes import Pair
from tests.end_to_end.waiting import eventually


class Ear(StreamListener):  # type: ignore[misc]
    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []

    def on_update(self, status: Any) -> None:
        self.heard.append(("update", status["uri"]))

    def on_status_update(self, status: Any) -> None:
        self.heard.append(("edit", status["uri"]))

    def on_delete(self, status_id: Any) -> None:
        self.heard.append(("delete", str(status_id)))

    def on_notification(self, notification: Any) -> None:
        self.heard.append((notification["type"], notification["account"]["acct"]))


def test_a_follower_elsewhere_is_told_at_once(pair: Pair) -> None:
    a, b = pair.a, pair.b
    found = b.app.search(f"@{a.handle}", resolve=True)["accounts"][0]
    b.app.account_follow(found["id"])
    eventually("B follows A", lambda: b.app.account_relationships(found["id"])[0]["following"])
    assert b.app.stream_healthy()
    ear = Ear()
    stream = b.app.stream_user(ear, run_async=True, timeout=60)
    try:
        posted = a.app.status_post(f"@{b.handle} look here")
        eventually("the post is told", lambda: ("update", posted["uri"]) in ear.heard)
        eventually("the mention is told", lambda: ("mention", a.handle) in ear.heard)
        a.app.status_update(posted["id"], f"@{b.handle} look there")
        eventually("the edit is told", lambda: ("edit", posted["uri"]) in ear.heard)
        (seen,) = [each for each in b.app.timeline_home() if each["uri"] == posted["uri"]]
        a.app.status_delete(posted["id"])
        eventually("the end is told", lambda: ("delete", str(seen["id"])) in ear.heard)
    finally:
        stream.close()


def test_a_browser_listens_with_its_own_websocket(pair: Pair, browser: Browser) -> None:
    """Browsers can hand over a token only as a protocol."""
    b = pair.b
    address = f"{b.app.instance_v2().configuration.urls.streaming}/api/v1/streaming?stream=user"
    context = browser.new_context()
    try:
        page = context.new_page()
        protocol = page.evaluate(
            """([address, token]) => new Promise((opened, failed) => {
                window.heard = [];
                const socket = new WebSocket(address, token);
                socket.onmessage = (message) => window.heard.push(JSON.parse(message.data));
                socket.onopen = () => opened(socket.protocol);
                socket.onerror = () => failed("refused");
            })""",
            [address, b.app.access_token],
        )
        assert protocol == b.app.access_token
        posted = b.app.status_post("heard in a browser")
        (told,) = eventually("the post is told", lambda: page.evaluate("window.heard"))
        assert (told["stream"], told["event"]) == (["user"], "update")
        assert json.loads(told["payload"])["id"] == str(posted["id"])
    finally:
        context.close()
