# SPDX-License-Identifier: AGPL-3.0-or-later
"""Leave to quote, asked for and given between servers (FEP-044f)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.activitypub.documents import PUBLIC
from appliance.fediverse.db.tables import statuses
from tests.fediverse.activitypub.conftest import ACTIVITY, HERE, Remote
from tests.fediverse.activitypub.test_quotes import follow
from tests.fediverse.conftest import Person

FREE = {"interactionPolicy": {"canQuote": {"automaticApproval": [PUBLIC]}}}


@pytest.fixture
def known(anna: Person, rita: Remote, sent: Any) -> Any:
    """A post of rita's that everybody may quote, as anna sees it."""
    follow(anna, rita)
    rita.send("Create", rita.note("<p>What I said</p>", **FREE))
    sent()
    return anna.get("/api/v1/timelines/home")[0]


def quoting_note(remote: Remote, status: Any, **more: Any) -> Any:
    note = remote.note("<p>Look</p>", quote=status["uri"], **more)
    remote.serve(note["id"], note)
    return note


def test_who_wrote_it_is_asked_and_agrees(anna: Person, bob: Person, rita: Remote, known: Any, sent: Any) -> None:
    assert known["quote_approval"] == {"automatic": ["public"], "manual": [], "current_user": "automatic"}
    rita.send("Follow", f"{HERE}/users/anna")
    sent()
    status = anna.toot("Look", quoted_status_id=known["id"])
    assert status["quote"] == {"state": "pending", "quoted_status": None}
    (request,) = [each for each in sent() if each["type"] == "QuoteRequest"]
    assert (request["object"], request["instrument"]["id"]) == (known["uri"], status["uri"])
    note = request["instrument"]
    assert (note["quote"], note["_misskey_quote"], "quoteAuthorization" in note) == (known["uri"], known["uri"], False)
    assert note["content"].startswith('<p class="quote-inline">RE: <a href="https://far.example/')
    assert anna.toot(f"See {known['url']}", quoted_status_id=known["id"])["content"].startswith("<p>See <a ")
    sent()
    stamp = f"{rita.uri}/stamps/1"
    rita.send("Accept", request, result=stamp)
    assert bob.get(f"/api/v1/statuses/{status['id']}")["quote"]["state"] == "accepted"
    (update,) = sent()
    assert (update["type"], update["object"]["quoteAuthorization"]) == ("Update", stamp)
    rita.send("Delete", stamp)
    assert bob.get(f"/api/v1/statuses/{status['id']}")["quote"]["state"] == "revoked"


def test_the_answer_may_name_the_question_alone(anna: Person, rita: Remote, known: Any, sent: Any) -> None:
    status = anna.toot("Look", quoted_status_id=known["id"])
    (request,) = [each for each in sent() if each["type"] == "QuoteRequest"]
    rita.send("Accept", request["id"], result=f"{rita.uri}/stamps/1")
    assert anna.get(f"/api/v1/statuses/{status['id']}")["quote"]["state"] == "accepted"


def test_a_no_is_a_no(anna: Person, rita: Remote, known: Any, sent: Any) -> None:
    status = anna.toot("Look", quoted_status_id=known["id"])
    (request,) = [each for each in sent() if each["type"] == "QuoteRequest"]
    rita.send("Reject", request)
    assert anna.get(f"/api/v1/statuses/{status['id']}")["quote"] == {"state": "rejected", "quoted_status": None}
    rita.send("Accept", request, result=f"{rita.uri}/stamps/1")
    assert anna.get(f"/api/v1/statuses/{status['id']}")["quote"]["state"] == "rejected"


def test_nobody_agrees_for_another(anna: Person, rita: Remote, mallory: Remote, known: Any, sent: Any) -> None:
    status = anna.toot("Look", quoted_status_id=known["id"])
    (request,) = [each for each in sent() if each["type"] == "QuoteRequest"]
    mallory.send("Accept", request, result=f"{mallory.uri}/stamps/1")
    mallory.send("Accept", request["id"], result=f"{mallory.uri}/stamps/1")
    rita.send("Accept", request, result=f"{mallory.uri}/stamps/1")
    rita.send("Accept", request)
    assert anna.get(f"/api/v1/statuses/{status['id']}")["quote"]["state"] == "pending"


def test_what_is_not_for_everybody_is_named_alone(anna: Person, known: Any, sent: Any) -> None:
    status = anna.toot("Among us", quoted_status_id=known["id"], visibility="private")
    (request,) = [each for each in sent() if each["type"] == "QuoteRequest"]
    assert request["instrument"] == status["uri"]
    assert "Among us" not in json.dumps(request)


@pytest.mark.parametrize(
    ("policy", "approval"),
    [
        ({}, {"automatic": [], "manual": [], "current_user": "denied"}),
        ({"canQuote": {"manualApproval": PUBLIC}}, {"automatic": [], "manual": ["public"], "current_user": "manual"}),
        (
            {"canQuote": {"automaticApproval": ["https://far.example/users/rita/followers"]}},
            {"automatic": ["followers"], "manual": [], "current_user": "automatic"},
        ),
        (
            {"canQuote": {"automaticApproval": "https://far.example/users/rita"}},
            {"automatic": [], "manual": [], "current_user": "denied"},
        ),
        (
            {"canQuote": {"automaticApproval": "https://far.example/lists/1", "manualApproval": 7}},
            {"automatic": ["unsupported_policy"], "manual": [], "current_user": "unknown"},
        ),
        ({"canQuote": "all"}, {"automatic": [], "manual": [], "current_user": "denied"}),
    ],
)
def test_policies_of_elsewhere_are_read(anna: Person, rita: Remote, policy: Any, approval: Any) -> None:
    follow(anna, rita)
    rita.send("Create", rita.note("<p>x</p>", interactionPolicy=policy))
    assert anna.get("/api/v1/timelines/home")[0]["quote_approval"] == approval


def test_others_may_quote_what_is_free(anna: Person, rita: Remote, sent: Any, stranger: Any) -> None:
    status = anna.toot("Mine")
    note = quoting_note(rita, status)
    rita.send("QuoteRequest", status["uri"], instrument=note)
    (answer,) = sent()
    assert (answer["type"], answer["object"]["type"], answer["object"]["instrument"]) == (
        *("Accept", "QuoteRequest"),
        note["id"],
    )
    document = stranger.get(answer["result"].removeprefix(HERE), headers={"Accept": ACTIVITY["content-type"]}).json
    assert (document["type"], document["attributedTo"]) == ("QuoteAuthorization", f"{HERE}/users/anna")
    assert (document["interactingObject"], document["interactionTarget"]) == (note["id"], status["uri"])
    (told,) = anna.get("/api/v1/notifications")
    assert (told["type"], told["status"]["uri"]) == ("quote", note["id"])
    # As it then goes around, with its stamp.
    rita.send("Update", note | {"quoteAuthorization": answer["result"]})
    quoting = anna.get(f"/api/v1/statuses/{told['status']['id']}")
    assert (quoting["quote"]["state"], quoting["quote"]["quoted_status"]["id"]) == ("accepted", status["id"])
    assert anna.get(f"/api/v1/statuses/{status['id']}")["quotes_count"] == 1
    anna.post(f"/api/v1/statuses/{status['id']}/quotes/{quoting['id']}/revoke")
    (gone,) = sent()
    assert (gone["type"], gone["object"]) == ("Delete", answer["result"])
    assert stranger.get(answer["result"].removeprefix(HERE)).status_code == 404
    rita.send("Update", note | {"quoteAuthorization": answer["result"]})
    rita.send("QuoteRequest", status["uri"], instrument=note["id"])
    assert [each["type"] for each in sent()] == ["Reject"]
    assert anna.get(f"/api/v1/statuses/{quoting['id']}")["quote"]["state"] == "revoked"
    # Nor is it had back by quoting nothing in between, or something else.
    other = anna.toot("Another")
    for between in ({name: value for name, value in note.items() if name != "quote"}, note | {"quote": other["uri"]}):
        rita.send("Update", between)
        rita.send("Update", note)
        sent()
        rita.send("QuoteRequest", status["uri"], instrument=note["id"])
        assert [each["type"] for each in sent()] == ["Reject"]
        assert stranger.get(answer["result"].removeprefix(HERE)).status_code == 404
        assert anna.get(f"/api/v1/statuses/{quoting['id']}")["quote"]["state"] == "revoked"


def test_the_post_is_fetched_if_only_named(anna: Person, rita: Remote, sent: Any) -> None:
    status = anna.toot("Mine")
    rita.send("QuoteRequest", status["uri"], instrument=quoting_note(rita, status)["id"])
    assert [each["type"] for each in sent()] == ["Accept"]


def test_what_is_for_few_gets_no_leave(anna: Person, rita: Remote, sent: Any) -> None:
    """Neither its author's stamp nor the post could be read by who is quoted."""
    follow(anna, rita)
    status = anna.toot("Mine")
    sent()
    note = quoting_note(rita, status, to=[f"{rita.uri}/followers"], cc=[])
    rita.send("QuoteRequest", status["uri"], instrument=note)
    rita.send("Create", note)
    rita.send("QuoteRequest", status["uri"], instrument=note | {"to": [PUBLIC]})
    assert [each["type"] for each in sent()] == ["Reject"] * 2
    assert anna.get(f"/api/v1/statuses/{status['id']}")["quotes_count"] == 0


def test_who_quotes_without_asking_is_not_kept(
    anna: Person, rita: Remote, sent: Any, rows: Callable[[sa.Table], list[sa.Row[Any]]]
) -> None:
    """Else strangers could write to the disk and to the federated timeline."""
    for policy in ("nobody", "public"):
        status = anna.toot("Mine", quote_approval_policy=policy)
        note = quoting_note(rita, status)
        rita.send("Create", note)
        rita.send("Update", note)
        rita.send("Create", note | {"quoteAuthorization": f"{HERE}/users/anna/quote_authorizations/1"})
    assert [row.uri for row in rows(statuses) if not row.local] == []
    rita.send("QuoteRequest", status["uri"], instrument=note)
    assert [row.uri for row in rows(statuses) if not row.local] == [note["id"]]


def test_a_block_takes_leave_back(anna: Person, rita: Remote, sent: Any, stranger: Any) -> None:
    status = anna.toot("Mine")
    rita.send("QuoteRequest", status["uri"], instrument=quoting_note(rita, status))
    stamp = sent()[-1]["result"]
    anna.post(f"/api/v1/accounts/{anna.get('/api/v1/notifications')[0]['account']['id']}/block")
    assert [each["object"] for each in sent() if each["type"] == "Delete"] == [stamp]
    assert stranger.get(stamp.removeprefix(HERE)).status_code == 404


def test_who_may_not_is_told_so(anna: Person, rita: Remote, mallory: Remote, sent: Any) -> None:
    closed, free = anna.toot("Mine", quote_approval_policy="followers"), anna.toot("Free")
    sent()
    rita.send("QuoteRequest", closed["uri"], instrument=quoting_note(rita, closed))
    rita.send("QuoteRequest", free["uri"], instrument=f"{rita.uri}/statuses/nowhere")
    rita.send("QuoteRequest", free["uri"], instrument=quoting_note(rita, closed))
    rita.send("QuoteRequest", free["uri"], instrument=rita.note("<p>quotes nothing</p>"))
    foreign = mallory.note("<p>Look</p>", quote=free["uri"])
    rita.send("QuoteRequest", free["uri"], instrument=foreign)
    assert [each["type"] for each in sent()] == ["Reject"] * 4
    assert anna.get("/api/v1/notifications") == []


def test_a_member_is_quoted_with_a_stamp_too(anna: Person, bob: Person, rita: Remote, sent: Any, stranger: Any) -> None:
    follow(bob, rita)
    status = anna.toot("Mine")
    rita.send("Follow", f"{HERE}/users/bob")
    sent()
    quoting = bob.toot("Look", quoted_status_id=status["id"])
    (create,) = [each for each in sent() if each["type"] == "Create"]
    stamp = f"{HERE}/users/anna/quote_authorizations/{quoting['id']}"
    assert (create["object"]["quote"], create["object"]["quoteAuthorization"]) == (status["uri"], stamp)
    document = stranger.get(stamp.removeprefix(HERE), headers={"Accept": ACTIVITY["content-type"]}).json
    assert document["interactingObject"] == quoting["uri"]
    assert stranger.get(f"/users/bob/quote_authorizations/{quoting['id']}").status_code == 404
    assert stranger.get(f"/users/anna/quote_authorizations/{2**70}").status_code == 404
    assert create["object"]["interactionPolicy"] == {"canQuote": {"automaticApproval": [PUBLIC]}}
