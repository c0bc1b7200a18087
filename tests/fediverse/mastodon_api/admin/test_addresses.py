# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from tests.fediverse.conftest import Person

IPS = "/api/v1/admin/ip_blocks"
DOMAINS = "/api/v1/admin/email_domain_blocks"
MAILBOXES = "/api/v1/admin/canonical_email_blocks"


def test_a_network_is_blocked_changed_and_let_go(olga: Person) -> None:
    made = olga.post(IPS, {"ip": "203.0.113.7/24", "severity": "sign_up_block", "comment": "spam", "expires_in": 3600})
    assert (made["ip"], made["severity"], made["comment"]) == ("203.0.113.0/24", "sign_up_block", "spam")
    assert made["expires_at"] is not None
    changed = olga.ask("PUT", f"{IPS}/{made['id']}", json={"severity": "sign_up_requires_approval"}).json
    assert changed == made | {"severity": "sign_up_requires_approval"}
    assert [each["id"] for each in olga.get(IPS)] == [made["id"]]
    assert olga.get(f"{IPS}/{made['id']}") == changed
    assert olga.ask("DELETE", f"{IPS}/{made['id']}").json == {}
    olga.refused(404, "GET", f"{IPS}/{made['id']}")
    olga.refused(404, "DELETE", f"{IPS}/{made['id']}")


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"severity": "no_access"}, "Validation failed: Ip can't be blank"),
        ({"ip": "203.0.113.0/24"}, "Validation failed: Severity can't be blank"),
        ({"ip": "here", "severity": "no_access"}, "Validation failed: Ip is not a valid IP address"),
        (
            {"ip": "203.0.113.0/24", "severity": "sometimes"},
            "Validation failed: severity is not one of those there are",
        ),
        ({"ip": "127.0.0.0/8", "severity": "no_access"}, "Validation failed: Ip is where you are yourself"),
        ({"ip": "198.51.100.0/24", "severity": "no_access"}, "Validation failed: Ip has already been taken"),
    ],
)
def test_a_block_that_makes_no_sense_is_refused(olga: Person, form: dict[str, str], sentence: str) -> None:
    olga.post(IPS, {"ip": "198.51.100.0/24", "severity": "sign_up_block"})
    assert olga.refused(422, "POST", IPS, json=form) == sentence


def test_nobody_locks_herself_out_by_a_change(olga: Person) -> None:
    made = olga.post(IPS, {"ip": "127.0.0.0/8", "severity": "sign_up_block"})
    olga.refused(422, "PUT", f"{IPS}/{made['id']}", json={"severity": "no_access"})


def test_domains_of_addresses(olga: Person) -> None:
    made = olga.post(DOMAINS, {"domain": "Mail.example"})
    assert made["domain"] == "mail.example"
    assert len(made["history"]) == 7
    assert olga.refused(422, "POST", DOMAINS, json={"domain": "mail.example"}).endswith("has already been taken")
    assert olga.refused(422, "POST", DOMAINS, json={}) == "Validation failed: Domain can't be blank"
    assert olga.get(DOMAINS) == [olga.get(f"{DOMAINS}/{made['id']}")]
    assert olga.ask("DELETE", f"{DOMAINS}/{made['id']}").json == {}
    assert olga.get(DOMAINS) == []


def test_single_addresses_are_known_by_their_hash_alone(olga: Person) -> None:
    made = olga.post(MAILBOXES, {"email": "Test.User+spam@Mail.example"})
    assert len(made["canonical_email_hash"]) == 64
    assert olga.post(f"{MAILBOXES}/test", {"email": "testuser@mail.example"}) == [made]
    assert olga.post(f"{MAILBOXES}/test", {"email": "other@mail.example"}) == []
    assert olga.refused(400, "POST", f"{MAILBOXES}/test", json={}) == "param is missing or the value is empty: email"
    twice = olga.refused(422, "POST", MAILBOXES, json={"canonical_email_hash": made["canonical_email_hash"]})
    assert twice == "Validation failed: Canonical email hash has already been taken"
    olga.refused(422, "POST", MAILBOXES, json={"canonical_email_hash": "abc"})
    assert olga.get(MAILBOXES) == [olga.get(f"{MAILBOXES}/{made['id']}")]
    assert olga.ask("DELETE", f"{MAILBOXES}/{made['id']}").json == {}
    olga.refused(404, "GET", f"{MAILBOXES}/{made['id']}")
