# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from appliance.fediverse import barred
from appliance.fediverse.db.database import Database
from appliance.fediverse.services import ip_blocks
from appliance.fediverse.services.ip_blocks import Change, Severity
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import Person

ELSEWHERE = "203.0.113.5"


def _ask(
    client: FlaskClient, path: str = "/api/v1/instance/rules", address: str = ELSEWHERE, **more: Any
) -> TestResponse:
    return client.open(path, environ_base={"REMOTE_ADDR": address}, **more)


def _left(response: TestResponse) -> int:
    return int(response.headers["X-RateLimit-Remaining"])


def test_each_answer_says_what_is_left_and_when_it_begins_anew(stranger: FlaskClient) -> None:
    first, second = _ask(stranger), _ask(stranger)
    assert first.headers["X-RateLimit-Limit"] == "300"
    assert (_left(first), _left(second)) == (299, 298)
    assert first.headers["X-RateLimit-Reset"].endswith(".000000Z")


def test_with_nothing_left_it_is_refused_until_the_window_ends(stranger: FlaskClient, clock: VirtualClock) -> None:
    for _ in range(300):
        assert _ask(stranger).status_code == 200
    refused = _ask(stranger)
    assert (refused.status_code, refused.json) == (429, {"error": "Too many requests"})
    assert _left(refused) == 0
    assert 0 < int(refused.headers["Retry-After"]) <= 300
    assert refused.headers["Access-Control-Allow-Origin"] == "*", "an app on a page must be able to read it"
    assert _ask(stranger, address="203.0.113.6").status_code == 200, "others are not kept waiting"
    clock.advance(300)
    assert _ask(stranger).status_code == 200


def test_a_token_is_counted_wherever_it_is_used(anna: Person, bob: Person) -> None:
    headers = {"Authorization": f"Bearer {anna.token}"}
    assert _left(_ask(anna.client, headers=headers)) == 299
    assert _left(_ask(anna.client, address="203.0.113.77", headers=headers)) == 298
    assert _left(_ask(bob.client, headers={"Authorization": f"Bearer {bob.token}"})) == 299


def test_guessed_tokens_are_counted_by_address(stranger: FlaskClient) -> None:
    path = "/api/v1/timelines/home"
    for number in range(300):
        assert _ask(stranger, path, headers={"Authorization": f"Bearer guess{number}"}).status_code == 401
    for number in range(300):
        _ask(stranger, path, headers={"Authorization": f"Bearer more{number}"})
    assert _ask(stranger, path, headers={"Authorization": "Bearer yet another"}).status_code == 429


def test_a_token_written_in_other_ways_is_still_that_token(anna: Person) -> None:
    for left, said in enumerate(("Bearer ", "bearer ", "BEARER    ", "Bearer \t")):
        assert _left(_ask(anna.client, headers={"Authorization": f"{said}{anna.token}"})) == 299 - left


def test_what_is_no_token_gives_nobody_more(stranger: FlaskClient) -> None:
    for left, said in enumerate(("Basic YTpi", "one", "two", "203.0.113.99", "Bearer ")):
        assert _left(_ask(stranger, headers={"Authorization": said})) == 299 - left
    assert _left(_ask(stranger, address="203.0.113.99")) == 299, "nobody's allowance is used up by others"


def test_tokens_that_nothing_looks_at_are_guesses(stranger: FlaskClient) -> None:
    for path in ("/oauth/token", "/api/v1/nothing"):
        answers = [
            _ask(stranger, path, f"2001:db8:{len(path)}::{number}", headers={"Authorization": f"Bearer {number}"})
            for number in range(601)
        ]
        assert answers[-1].status_code == 429, path


def test_neighbours_in_one_ipv6_network_are_one(stranger: FlaskClient) -> None:
    assert _left(_ask(stranger, address="2001:db8::1")) == 299
    assert _left(_ask(stranger, address="2001:db8::2")) == 298
    assert _left(_ask(stranger, address="2001:db8:0:1::2")) == 299


def test_deleting_and_joining_are_counted_more_narrowly(anna: Person) -> None:
    headers = {"Authorization": f"Bearer {anna.token}"}
    answers = [_ask(anna.client, "/api/v1/statuses/1", method="DELETE", headers=headers) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [404] * 30 + [429]
    assert answers[0].headers["X-RateLimit-Limit"] == "30"
    answers = [_ask(anna.client, "/api/v1/accounts", method="POST", headers=headers) for _ in range(6)]
    assert answers[-1].status_code == 429


def test_this_machine_itself_is_never_kept_waiting(stranger: FlaskClient) -> None:
    answers = [_ask(stranger, address="127.0.0.1") for _ in range(400)]
    assert {answer.status_code for answer in answers} == {200}
    assert _left(answers[-1]) == 300


def test_pages_and_preflights_are_not_counted(stranger: FlaskClient) -> None:
    assert "X-RateLimit-Limit" not in _ask(stranger, "/about").headers
    assert "X-RateLimit-Limit" not in _ask(stranger, "/api/v1/instance", method="OPTIONS").headers


def test_who_is_barred_is_not_answered_at_all(stranger: FlaskClient, database: Database, clock: VirtualClock) -> None:
    assert _ask(stranger).status_code == 200
    with database.write() as tx:
        ip_blocks.add(tx, Change("203.0.113.0/24", Severity.NO_ACCESS, expires_in=600))
    clock.advance(barred.SECONDS)
    for path in ("/api/v1/instance", "/", "/users/anna", "/inbox", "/.well-known/webfinger", "/oauth/token", "/health"):
        assert _ask(stranger, path).status_code == 403, path
    assert _ask(stranger, address="198.51.100.1").status_code == 200
    assert _ask(stranger, address="::ffff:203.0.113.9").status_code == 403
    clock.advance(601)
    assert _ask(stranger).status_code == 200
