# SPDX-License-Identifier: AGPL-3.0-or-later
"""What happens on one box is told on the other while it happens, to an unmodified client."""

from typing import Any

from mastodon import StreamListener

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
