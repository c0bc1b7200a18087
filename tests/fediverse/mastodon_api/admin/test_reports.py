# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import activities, deliveries
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import instance_settings, reports, statuses
from appliance.fediverse.services.remote import RemoteStatus
from appliance.fediverse.urls import Urls
from tests.fediverse.conftest import ORIGIN, MakePerson, Person
from tests.fediverse.mastodon_api.admin.conftest import MakeRemote

REPORTS = "/api/v1/admin/reports"


def _report(who: Person, target: int, **more: Any) -> Any:
    return who.post("/api/v1/reports", {"account_id": str(target), **more})


def test_a_report_reaches_the_moderators(mo: Person, olga: Person, anna: Person, bob: Person) -> None:
    status = bob.toot("Something bad")
    filed = _report(anna, bob.id, status_ids=[status["id"]], comment="look", category="spam")
    assert (filed["category"], filed["comment"], filed["status_ids"]) == ("spam", "look", [status["id"]])
    assert (filed["action_taken"], filed["forwarded"], filed["rule_ids"]) == (False, False, None)
    assert filed["target_account"]["acct"] == "bob"
    for moderator in (mo, olga):
        (told,) = moderator.get("/api/v1/notifications?types[]=admin.report")
        assert (told["report"], told["account"]["acct"]) == (filed, "anna")
        (listed,) = moderator.get(REPORTS)
        assert (listed["account"]["username"], listed["target_account"]["username"]) == ("anna", "bob")
        assert [each["id"] for each in listed["statuses"]] == [status["id"]]
    assert bob.get("/api/v1/notifications") == [], "nobody is told that she was reported"


def test_each_report_is_told(mo: Person, anna: Person, bob: Person) -> None:
    for comment in ("one", "two"):
        _report(anna, bob.id, comment=comment)
    assert len(mo.get("/api/v1/notifications?types[]=admin.report")) == 2


def test_statuses_of_others_or_that_one_may_not_see_are_left_out(anna: Person, bob: Person, carol: Person) -> None:
    hidden = bob.toot("For nobody", visibility="direct")
    other = carol.toot("Mine")
    filed = _report(anna, bob.id, status_ids=[hidden["id"], other["id"], "1", "x"])
    assert filed["status_ids"] == []


def test_rules_that_were_broken(mo: Person, anna: Person, bob: Person, database: Database) -> None:
    with database.write() as tx:
        instance_settings.put(tx, "rules", "Be kind\nNo spam")
        rules = [str(rule.id) for rule in instance_settings.get(tx).rules]
    filed = _report(anna, bob.id, rule_ids=rules[:1], category="spam")
    assert (filed["category"], filed["rule_ids"]) == ("violation", rules[:1])
    (listed,) = mo.get(REPORTS)
    assert [rule["text"] for rule in listed["rules"]] == ["Be kind"]
    for wrong in ({"category": "violation"}, {"rule_ids": ["1"]}):
        sentence = anna.refused(422, "POST", "/api/v1/reports", json={"account_id": str(bob.id), **wrong})
        assert sentence == "Validation failed: Rule ids does not reference valid rules"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 404),
        ({"account_id": "1"}, 404),
        ({"account_id": "me", "category": "x"}, 422),
        ({"comment": "x" * 1001}, 422),
    ],
)
def test_a_report_of_nobody_or_too_long_is_refused(
    anna: Person, bob: Person, form: dict[str, str], status: int
) -> None:
    if "comment" in form:
        form = form | {"account_id": str(bob.id)}
    anna.refused(status, "POST", "/api/v1/reports", json=form)


def test_reporting_needs_its_scope(make_person: MakePerson) -> None:
    make_person("dora", "read write:statuses").refused(403, "POST", "/api/v1/reports", json={"account_id": "1"})


def test_a_report_is_handled(mo: Person, olga: Person, anna: Person, bob: Person) -> None:
    one = f"{REPORTS}/{_report(anna, bob.id)['id']}"
    assert mo.post(f"{one}/assign_to_self")["assigned_account"]["username"] == "mo"
    assert olga.post(f"{one}/assign_to_self")["assigned_account"]["username"] == "olga"
    assert mo.post(f"{one}/unassign")["assigned_account"] is None
    assert mo.ask("PUT", one, json={"category": "legal"}).json == mo.get(one)
    assert mo.get(one)["category"] == "legal"
    resolved = mo.post(f"{one}/resolve")
    assert (resolved["action_taken"], resolved["action_taken_by_account"]["username"]) == (True, "mo")
    assert olga.post(f"{one}/resolve")["action_taken_by_account"]["username"] == "mo", "resolved once"
    assert (mo.get(REPORTS), len(mo.get(f"{REPORTS}?resolved=true"))) == ([], 1)
    assert mo.post(f"{one}/reopen")["action_taken_at"] is None
    mo.refused(404, "GET", f"{REPORTS}/123")


def test_reports_are_found_by_who_and_whom(mo: Person, anna: Person, bob: Person, carol: Person) -> None:
    _report(anna, bob.id)
    _report(bob, carol.id)
    assert [each["account"]["username"] for each in mo.get(f"{REPORTS}?account_id={anna.id}")] == ["anna"]
    found = mo.get(f"{REPORTS}?target_account_id={carol.id}")
    assert [each["target_account"]["username"] for each in found] == ["carol"]
    assert 'rel="next"' in mo.ask("GET", f"{REPORTS}?limit=1").headers["Link"]


def test_what_is_done_to_an_account_answers_its_reports(mo: Person, anna: Person, bob: Person, carol: Person) -> None:
    first, second = _report(anna, bob.id), _report(carol, bob.id)
    action = f"/api/v1/admin/accounts/{bob.id}/action"
    mo.post(action, {"type": "none", "report_id": first["id"]})
    assert [each["id"] for each in mo.get(REPORTS)] == [second["id"]], "a word alone answers the one it is about"
    mo.post(action, {"type": "silence"})
    assert mo.get(REPORTS) == []
    mo.refused(404, "POST", action, json={"type": "none", "report_id": "1"})


def test_a_report_is_forwarded_by_the_instance_itself(
    anna: Person, database: Database, urls: Urls, make_remote: MakeRemote
) -> None:
    rick = make_remote("rick")
    with database.write() as tx:
        note = RemoteStatus("https://far.example/n/1", "<p>bad</p>", Visibility.PUBLIC, tx.now_ms)
        status_id = statuses.receive(tx, urls, rick, note)
    filed = _report(anna, rick, forward=True, status_ids=[str(status_id)], comment="please look")
    assert filed["forwarded"] is True
    with database.read() as tx:
        (row,) = tx.all(sa.select(activities.c.body, activities.c.account_id, deliveries.c.inbox).join(deliveries))
    body = json.loads(row.body)
    assert (body["type"], body["actor"], body["content"]) == ("Flag", f"{ORIGIN}/actor", "please look")
    assert body["object"] == ["https://far.example/users/rick", "https://far.example/n/1"]
    assert row.account_id is None
    assert "anna" not in row.body, "who reported is not told"


def test_without_forwarding_nothing_leaves(anna: Person, database: Database, make_remote: MakeRemote) -> None:
    _report(anna, make_remote("rick"))
    with database.read() as tx:
        assert tx.all(sa.select(activities)) == []


def test_reports_from_elsewhere_are_taken_once_and_only_if_wanted(
    olga: Person, anna: Person, bob: Person, database: Database, make_remote: MakeRemote
) -> None:
    status, other = anna.toot("Hm"), bob.toot("Other")
    actor = make_remote("far.example")
    with database.write() as tx:
        ids = [int(status["id"]), int(other["id"])]
        for _ in range(2):
            reports.receive(tx, actor, anna.id, comment="x" * 9000, status_ids=ids, uri="https://far.example/flags/1")
        assert reports.receive(tx, actor, actor, comment="") is None, "only members here are reported here"
    (listed,) = olga.get(REPORTS)
    assert (listed["account"]["domain"], len(listed["comment"])) == ("far.example", 5000)
    assert [each["id"] for each in listed["statuses"]] == [status["id"]]
    olga.post("/api/v1/admin/domain_blocks", {"domain": "far.example", "severity": "noop", "reject_reports": True})
    with database.write() as tx:
        assert reports.receive(tx, actor, anna.id, comment="again") is None
