# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import UTC, datetime

import pytest

from appliance.fediverse.delivery.verdict import LONGEST_SECONDS, Outcome, delay, judge
from appliance.system.exchange import Response
from appliance.system.guard import NetError

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DONE),
        (202, Outcome.DONE),
        (204, Outcome.DONE),
        (301, Outcome.RETRY),
        (400, Outcome.DROPPED),
        (401, Outcome.RETRY),
        (403, Outcome.RETRY),
        (404, Outcome.DROPPED),
        (408, Outcome.HOST_DOWN),
        (410, Outcome.GONE),
        (422, Outcome.DROPPED),
        (429, Outcome.HOST_DOWN),
        (500, Outcome.RETRY),
        (503, Outcome.HOST_DOWN),
    ],
)
def test_what_an_answer_means(status: int, outcome: Outcome) -> None:
    assert judge(Response(status), 0, NOW, 0).outcome is outcome


def test_no_answer_means_that_the_host_is_down() -> None:
    verdict = judge(NetError("net-timeout", "That server took too long to answer."), 0, NOW, 0)
    assert (verdict.outcome, verdict.seconds) == (Outcome.HOST_DOWN, 60.0)


def test_patience_grows_to_half_a_day_and_varies() -> None:
    assert [delay(attempts, 0) for attempts in (0, 1, 2, 3)] == [60, 120, 240, 480]
    assert delay(500, 0) == LONGEST_SECONDS
    assert (delay(0, -1), delay(0, 1)) == (48, 72)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("600", 600.0),
        ("5", 60.0),  # our own patience is the least
        ("Thu, 01 Jan 2026 01:00:00 GMT", 3600.0),
        ("Thu, 01 Jan 2015 01:00:00 GMT", 60.0),
        ("999999999999999", LONGEST_SECONDS),
        ("-5", 60.0),
        ("soon", 60.0),
        ("", 60.0),
    ],
)
def test_retry_after_is_honoured_within_reason(header: str, seconds: float) -> None:
    assert judge(Response(429, {"retry-after": header}), 0, NOW, 0).seconds == seconds
