# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta
from typing import Any

import pytest

from appliance.fediverse.db.database import Database
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import statuses, visits
from appliance.fediverse.services.remote import RemoteStatus
from appliance.fediverse.urls import Urls
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import Person
from tests.fediverse.mastodon_api.admin.conftest import MakeRemote


@pytest.fixture
def days(clock: VirtualClock) -> dict[str, str]:
    today = clock.now().date()
    return {"start_at": (today - timedelta(days=2)).isoformat(), "end_at": f"{today.isoformat()}T12:00:00Z"}


def _total(who: Person, days: dict[str, str], key: str, **more: Any) -> tuple[str, list[str]]:
    (found,) = who.post("/api/v1/admin/measures", {"keys": [key], **days, **more})
    assert found["key"] == key
    return found["total"], [each["value"] for each in found["data"]]


def test_measures_count_day_by_day(
    mo: Person, anna: Person, bob: Person, days: dict[str, str], clock: VirtualClock
) -> None:
    first = anna.toot("Tea #tea")
    bob.post(f"/api/v1/statuses/{first['id']}/favourite")
    bob.post(f"/api/v1/statuses/{first['id']}/reblog")
    bob.toot("Yes #tea", in_reply_to_id=first["id"])
    bob.post("/api/v1/reports", {"account_id": str(anna.id)})
    assert _total(mo, days, "new_users") == ("3", ["0", "0", "3"])
    assert _total(mo, days, "interactions") == ("3", ["0", "0", "3"])
    assert _total(mo, days, "opened_reports") == ("1", ["0", "0", "1"])
    assert _total(mo, days, "resolved_reports")[0] == "0"
    assert int(_total(mo, days, "active_users")[0]) >= 2
    clock.advance(3 * 24 * 3600)
    today = clock.now().date()
    later = {"start_at": (today - timedelta(days=2)).isoformat(), "end_at": today.isoformat()}
    (found,) = mo.post("/api/v1/admin/measures", {"keys": ["new_users"], **later})
    assert (found["total"], found["previous_total"]) == ("0", "3")


def test_measures_of_a_tag_and_of_a_server(
    mo: Person, anna: Person, days: dict[str, str], database: Database, urls: Urls, make_remote: MakeRemote
) -> None:
    rick = make_remote("rick")
    anna.toot("Tea #tea")
    anna.toot("More #tea")
    with database.write() as tx:
        note = RemoteStatus("https://far.example/n/1", "<p>x</p>", Visibility.PUBLIC, tx.now_ms, tags=("tea",))
        statuses.receive(tx, urls, rick, note)
        from sqlalchemy import select

        from appliance.fediverse.db.tables import tags

        tag_id = str(tx.execute(select(tags.c.id).where(tags.c.name == "tea")).scalar_one())
    for key, total in (("tag_uses", "3"), ("tag_accounts", "2"), ("tag_servers", "2")):
        assert _total(mo, days, key, **{key: {"id": tag_id}})[0] == total, key
    for key, total in (("instance_accounts", "1"), ("instance_statuses", "1"), ("instance_follows", "0")):
        assert _total(mo, days, key, **{key: {"domain": "far.example"}})[0] == total, key
    nothing = mo.post("/api/v1/admin/measures", {"keys": ["tag_uses", "instance_accounts", "nonsense"], **days})
    assert nothing == [], "what is not said of what is left out"


def test_dimensions_tell_what_is_used_most(mo: Person, anna: Person, days: dict[str, str]) -> None:
    for language in ("de", "de", "en"):
        anna.toot("Tea", language=language)
    keys = ["languages", "sources", "servers", "space_usage", "software_versions"]
    found = {each["key"]: each["data"] for each in mo.post("/api/v1/admin/dimensions", {"keys": keys, **days})}
    assert [(each["key"], each["human_key"], each["value"]) for each in found["languages"]] == [
        ("de", "German", "2"),
        ("en", "English", "1"),
    ]
    assert found["sources"] == [{"key": "Tests", "human_key": "Tests", "value": "3"}]
    assert found["servers"] == []
    assert int(found["space_usage"][0]["value"]) > 0
    assert found["software_versions"][0]["human_key"] == "Hearth"


def test_retention_follows_those_who_joined_together(
    mo: Person, anna: Person, bob: Person, database: Database, clock: VirtualClock
) -> None:
    start = clock.now().date()
    for _ in range(2):
        clock.advance(24 * 3600)
        with database.write() as tx:
            visits.note(tx, anna.id)
    with database.write() as tx:
        visits.note(tx, bob.id)
    form = {"start_at": start.isoformat(), "end_at": clock.now().date().isoformat(), "frequency": "day"}
    cohorts = mo.post("/api/v1/admin/retention", form)
    assert [each["value"] for each in cohorts[0]["data"]] == ["3", "1", "2"]
    assert [each["rate"] for each in cohorts[0]["data"]] == [1.0, 0.3333, 0.6667]
    assert [len(each["data"]) for each in cohorts] == [3, 2, 1]
    (monthly, *_) = mo.post("/api/v1/admin/retention", form | {"frequency": "month"})
    assert (monthly["frequency"], monthly["data"][0]["value"]) == ("month", "3")


@pytest.mark.parametrize("which", ["measures", "dimensions", "retention"])
@pytest.mark.parametrize(
    "period",
    [
        {},
        {"start_at": "2026-01-02"},
        {"start_at": "2026-01-02", "end_at": "2026-01-01"},
        {"start_at": "0001-01-01", "end_at": "2026-01-01"},
        {"start_at": "x", "end_at": "9999-99-99"},
    ],
)
def test_a_period_that_is_none_is_refused(mo: Person, which: str, period: dict[str, str]) -> None:
    assert "start_at" in mo.refused(400, "POST", f"/api/v1/admin/{which}", json=period)
