# SPDX-License-Identifier: AGPL-3.0-or-later
"""Strangers cannot fill the disk; friends are not held up by them."""

from collections.abc import Callable
from copy import copy
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.activitypub import budget
from appliance.fediverse.activitypub.budget import Budget, Limit, TooMuch, site_of
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import accounts, statuses
from appliance.fediverse.services import follows
from appliance.fediverse.urls import Urls
from appliance.system.clock import VirtualClock

HERE = "http://localhost:10100"
Rows = Callable[[sa.Table], list[sa.Row[Any]]]


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("far.example", "far.example"),
        ("a.b.far.example:8443", "far.example"),
        ("shop.co.uk", "shop.co.uk"),
        ("x.shop.co.uk", "shop.co.uk"),
        ("LOCALHOST:3000", "localhost"),
        ("1.2.3.4", "1.2.3.4"),
        ("[2001::1]", "[2001::1]"),
    ],
)
def test_hosts_of_one_owner_are_one_site(host: str, site: str) -> None:
    assert site_of(host) == site


def spend(purse: Budget, host: str, size: int = 1, *, followed: bool = False) -> bool:
    try:
        purse.spend(host, size, followed=followed)
    except TooMuch:
        return False
    return True


def test_a_site_with_many_hosts_gets_no_more(clock: VirtualClock) -> None:
    purse = Budget(clock)
    taken = sum(spend(purse, f"h{number}.evil.example") for number in range(10_000))
    assert taken == budget.STRANGERS.things
    assert spend(purse, "evil.example", followed=True)
    assert spend(purse, "far.example")
    clock.advance(3601)
    assert spend(purse, "h1.evil.example")


def test_all_strangers_together_get_no_more_either(clock: VirtualClock) -> None:
    purse = Budget(clock)
    taken = sum(spend(purse, f"evil{number}.example") for number in range(10_000))
    assert taken == budget.ALL_STRANGERS.things
    assert spend(purse, "far.example", followed=True)


def test_bytes_count_as_well(clock: VirtualClock) -> None:
    purse = Budget(clock)
    taken = sum(spend(purse, "evil.example", 1024 * 1024) for _ in range(10))
    assert taken == 2


def test_a_stranger_who_mentions_a_member_too_often(
    rita: Any, anna: Any, rows: Rows, monkeypatch: pytest.MonkeyPatch, database: Database, urls: Urls
) -> None:
    monkeypatch.setattr(budget, "STRANGERS", Limit(3, 10**6))
    tag = {"type": "Mention", "href": f"{HERE}/users/anna", "name": "@anna"}
    answers = [rita.post(rita.activity("Create", rita.note("Buy!", tag=[tag]))) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429, 429]
    assert answers[-1].headers["Retry-After"]
    assert len(rows(statuses)) == 3
    like = rita.activity("Like", anna.toot("hello")["uri"])
    assert rita.post(like).status_code == 429
    assert rita.post(rita.activity("Undo", like)).status_code == 202
    rita._clock.advance(61)
    with database.write() as tx:
        rita_id = tx.connection.execute(sa.select(accounts.c.id).where(accounts.c.uri == rita.uri)).scalar_one()
        follows.follow(tx, urls, anna.id, rita_id)
        follows.accept(tx, urls, rita_id, anna.id)
    rita.send("Create", rita.note("Hello, friends"))


def test_taking_back_what_never_was_has_an_end_too(rita: Any, anna: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "TAKEN_BACK", Limit(2, 10**6))
    answers = [rita.post(rita.activity("Delete", f"{rita.uri}/statuses/9{number}")) for number in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 429, 429]
    rita.send("Follow", f"{HERE}/users/anna")


def test_taking_back_has_an_end_for_friends_as_well(
    rita: Any, anna: Any, monkeypatch: pytest.MonkeyPatch, database: Database, urls: Urls
) -> None:
    monkeypatch.setattr(budget, "FOLLOWED", Limit(2, 10**6))
    rita.send("Follow", f"{HERE}/users/anna")
    with database.write() as tx:
        rita_id = tx.connection.execute(sa.select(accounts.c.id).where(accounts.c.uri == rita.uri)).scalar_one()
        follows.follow(tx, urls, anna.id, rita_id)
        follows.accept(tx, urls, rita_id, anna.id)
    rita._clock.advance(61)
    gone = [rita.post(rita.activity("Delete", f"{rita.uri}/statuses/9{number}")) for number in range(2)]
    unknown = [rita.post(rita.activity("Nonsense", f"{rita.uri}/x")) for _ in range(2)]
    assert [answer.status_code for answer in (*gone, *unknown)] == [202, 202, 429, 429]
    rita.send("Create", rita.note("Hello, friends"))


def test_forged_requests_spend_nothing_of_what_others_may_say(
    rita: Any, anna: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "STRANGERS", Limit(3, 10**6))
    rita.send("Follow", f"{HERE}/users/anna")
    for number in range(5):
        ghost = copy(rita)
        ghost.uri = f"https://far.example/users/ghost{number}"
        ghost.key_id = f"{ghost.uri}#main-key"
        assert ghost.post(ghost.activity("Like", f"{HERE}/users/anna/statuses/1")).status_code in (401, 429)
    rita.send("Like", anna.toot("hello")["uri"])
