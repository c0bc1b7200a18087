# SPDX-License-Identifier: AGPL-3.0-or-later
"""The power fails in the middle of a burst of posts: what was answered exists, and arrives exactly once."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from mastodon import Mastodon, MastodonError

from tests.end_to_end.boxes import Pair, Side
from tests.end_to_end.panel import Panel
from tests.end_to_end.waiting import eventually

WRITERS = 4
ANSWERED_BEFORE_THE_CUT = 25


def test_pulled_power_loses_nothing_that_was_answered(pair: Pair) -> None:
    """By the front panel: every service is killed at once, then started again."""
    a = pair.a
    panel = Panel(a.box)

    def cut() -> None:
        panel.pull_the_power()
        panel.give_power()

    _burst_and_check(pair, "power", cut)


def test_a_killed_hearth_run_loses_nothing_that_was_answered(pair: Pair) -> None:
    """SIGKILL of `hearth run`, then the same command again with the same state."""
    a = pair.a

    def cut() -> None:
        a.box.kill()
        a.box.start()

    _burst_and_check(pair, "kill", cut)


def _burst_and_check(pair: Pair, word: str, cut: Callable[[], None]) -> None:
    a, b = pair.a, pair.b
    a_seen_by_b = b.app.search(f"@{a.handle}", resolve=True)["accounts"][0]
    b.app.account_follow(a_seen_by_b["id"])
    eventually("B follows A", lambda: b.app.account_relationships(a_seen_by_b["id"])[0]["following"])

    burst = Burst(a, word)
    burst.start()
    eventually("the burst is under way", lambda: len(burst.answered) >= ANSWERED_BEFORE_THE_CUT, seconds=60)
    cut()
    burst.stop()
    a.box.wait_until_up()

    lost = [uri for status_id, uri in burst.answered.items() if not _exists(a, status_id)]
    assert not lost, f"{len(lost)} of {len(burst.answered)} answered posts are gone: {lost[:5]}"

    ours = {status["uri"] for status in _all_statuses(a.app, a.account_id, word)}
    assert set(burst.answered.values()) <= ours

    def everything_arrived() -> bool:
        theirs = {status["uri"] for status in _home(b, word)}
        missing = ours - theirs
        assert not missing, f"{len(missing)} of {len(ours)} have not arrived"
        return True

    eventually("every post reaches B", everything_arrived, seconds=60)
    counted = Counter(status["uri"] for status in _home(b, word))
    assert {uri: count for uri, count in counted.items() if count != 1} == {}
    assert set(counted) == ours, "B has posts that A does not have"


class Burst:
    """Several connections posting as fast as they are answered; `answered` maps ids to URIs."""

    def __init__(self, side: Side, word: str) -> None:
        self.answered: dict[Any, str] = {}
        self._side = side
        self._word = word
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(n,), daemon=True) for n in range(WRITERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(timeout=30)
            assert not thread.is_alive(), "a post was neither answered nor refused for 30 s"

    def _write(self, writer: int) -> None:
        app = Mastodon(
            access_token=self._side.app.access_token, api_base_url=self._side.box.instance, request_timeout=20
        )
        number = 0
        while not self._ended.is_set():
            number += 1
            try:
                posted = app.status_post(f"{self._word} writer {writer} number {number}")
            except MastodonError:
                self._ended.wait(0.05)  # the box is off, or was cut off while answering
                continue
            self.answered[posted["id"]] = posted["uri"]


def _exists(side: Side, status_id: Any) -> bool:
    try:
        return bool(side.app.status(status_id))
    except MastodonError:
        return False


def _all_statuses(app: Mastodon, account_id: Any, word: str) -> list[Any]:
    return _matching(app, app.account_statuses(account_id, limit=40), word)


def _home(side: Side, word: str) -> list[Any]:
    return _matching(side.app, side.app.timeline_home(limit=40), word)


def _matching(app: Mastodon, page: Any, word: str) -> list[Any]:
    found = []
    while page:
        found += [status for status in page if f"{word} writer" in status["content"]]
        page = app.fetch_next(page)
    return found
