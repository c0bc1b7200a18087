# SPDX-License-Identifier: AGPL-3.0-or-later
"""What needs no token must not be shown more for one that is good for little."""

import pytest
from flask.testing import FlaskClient

from tests.fediverse.conftest import MakePerson, Person


@pytest.mark.parametrize("scopes", ["profile", "push write", "read:lists"])
def test_a_token_for_something_else_shows_nothing_that_its_member_may_see(
    make_person: MakePerson, bob: Person, stranger: FlaskClient, scopes: str
) -> None:
    anna = make_person("anna", scopes)
    status_id = bob.toot("for your eyes @anna", visibility="direct", poll={"options": ["a", "b"], "expires_in": 600})[
        "id"
    ]
    poll_id = bob.get(f"/api/v1/statuses/{status_id}")["poll"]["id"]
    for path in (
        *(f"statuses/{status_id}{part}" for part in ("", "/context", "/history", "/card")),
        *(f"statuses/{status_id}/{part}" for part in ("favourited_by", "reblogged_by")),
        *(f"accounts/{bob.id}{part}" for part in ("", "/statuses", "/followers", "/following", "/endorsements")),
        *("accounts/lookup?acct=bob", f"accounts?id[]={bob.id}", f"statuses?id[]={status_id}"),
        *(f"polls/{poll_id}", "timelines/public", "timelines/tag/tea"),
    ):
        assert anna.refused(403, "GET", f"/api/v1/{path}") == "This action is outside the authorized scopes", path
    assert stranger.get(f"/api/v1/accounts/{bob.id}/statuses").json == []


def test_a_token_for_just_that_shows_it(make_person: MakePerson, bob: Person) -> None:
    anna = make_person("anna", "read:statuses")
    status_id = bob.toot("for your eyes @anna", visibility="direct")["id"]
    assert anna.get(f"/api/v1/statuses/{status_id}")["id"] == status_id
    assert [each["id"] for each in anna.get(f"/api/v1/accounts/{bob.id}/statuses")] == [status_id]
    anna.refused(403, "GET", f"/api/v1/accounts/{bob.id}")
