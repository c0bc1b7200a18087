# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from flask.testing import FlaskClient

from appliance.fediverse.context import Context
from appliance.fediverse.mastodon_api.apps import APPS_FREE
from appliance.fediverse.oauth import apps, tokens
from appliance.system.net import Request, VirtualNet
from tests.fediverse.conftest import MARKS, Person

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b"[1]", b'"text"', b"null", b"\xff\xfe", b'{"a":' * 2000 + b"1" + b"}" * 2000, b"[" * 100_000],
)
def test_a_body_that_is_not_a_json_object_is_refused_and_nothing_is_posted(anna: Person, body: bytes) -> None:
    response = anna.ask("POST", "/api/v1/statuses", data=body, headers=JSON)
    assert response.status_code in (400, 422)
    assert response.json is not None
    assert "error" in response.json
    assert anna.get(f"/api/v1/accounts/{anna.id}/statuses") == []


def test_a_long_name_is_not_repeated_for_all_that_it_holds(stranger: FlaskClient) -> None:
    response = stranger.post("/oauth/token", json={"k" * 50_000: [{"a": 1}] * 100})
    assert response.status_code == 400
    assert "parsing" in response.text


def test_a_form_with_very_many_parts_of_one_item_is_answered(stranger: FlaskClient) -> None:
    body = "&".join(f"a[][{number}]=" for number in range(60_000))
    response = stranger.post("/oauth/token", data=body, content_type="application/x-www-form-urlencoded")
    assert response.json is not None
    assert response.json["error"] == "unsupported_grant_type"


@pytest.mark.parametrize("name", ["any", "all", "none"])
def test_a_stranger_who_asks_for_a_hashtag_of_many_marks_is_answered(
    stranger: FlaskClient, name: str, put_in_order: list[int]
) -> None:
    response = stranger.get("/api/v1/timelines/tag/tea", json={name: [f"a{MARKS}"] * 20})
    assert (response.status_code, response.json) == (200, [])
    assert sum(put_in_order) < 10_000


@pytest.mark.parametrize(
    "kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_ten_megabytes_are_too_much(anna: Person, kind: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="status"\r\n\r\n' + b"x" * 10_000_000
    response = anna.ask("POST", "/api/v1/statuses", data=body, headers={"Content-Type": kind})
    assert response.status_code == 413
    assert response.json is not None
    assert "megabyte" in response.json["error"]


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer wrong", "Basic x", "Bearer \xff", "bearer " + "x" * 5000]
)
def test_wrong_tokens_are_told_so(stranger: FlaskClient, header: str) -> None:
    response = stranger.get("/api/v1/timelines/home", headers={"Authorization": header})
    assert response.status_code == 401
    assert response.json == {"error": "The access token is invalid"}


def test_a_form_with_a_body_of_invalid_utf8_is_no_traceback(anna: Person) -> None:
    response = anna.ask(
        "POST",
        "/api/v1/statuses",
        data=b"status=%ff%fe%00",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert response.status_code == 422


def test_other_sites_may_ask_the_api_but_get_no_pages(stranger: FlaskClient) -> None:
    preflight = stranger.options("/api/v1/statuses", headers={"Origin": "https://app.example"})
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    assert "Link" in stranger.get("/api/v1/instance").headers["Access-Control-Expose-Headers"]
    for path in ("/", "/oauth/authorize", "/login"):
        assert "Access-Control-Allow-Origin" not in stranger.get(path).headers


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/accounts/{}/statuses?tagged=%00",
        "/api/v1/accounts/search?q=%ED%A0%80",
        "/api/v1/accounts/lookup?acct=@",
        "/api/v1/accounts/lookup?acct=@@@",
        "/api/v1/accounts/relationships?id[]=abc&id[]=" + "9" * 40,
        "/api/v1/timelines/tag/%00",
        "/api/v1/notifications?types[]=%00",
        "/api/v2/search?q=https://[",
        "/api/v2/search?q=%00&resolve=true",
        "/api/v2/search?q=x&offset=-1&limit=-1&type=none",
    ],
)
def test_strange_questions_are_answered_in_json(anna: Person, path: str) -> None:
    response = anna.ask("GET", path.format(anna.id))
    assert response.status_code in (200, 404, 422)
    assert response.json is not None


def test_strangers_cannot_fill_the_disk_with_apps(stranger: FlaskClient) -> None:
    form = {"client_name": "App", "redirect_uris": "app://x"}
    answers = [stranger.post("/api/v1/apps", data=form) for _ in range(APPS_FREE + 1)]
    assert {answer.status_code for answer in answers[:-1]} == {200}
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_a_question_without_a_body_may_say_it_is_json(anna: Person) -> None:
    assert anna.ask("GET", "/api/v1/timelines/home", headers=JSON).status_code == 200


@pytest.mark.parametrize("sent", [{"json": {"only_media": True}}, {"data": {"only_media": "true"}}])
def test_nobody_can_change_with_a_body_what_others_are_answered(
    anna: Person, stranger: FlaskClient, sent: dict[str, object]
) -> None:
    anna.toot("Hello")
    stranger.get("/api/v1/timelines/public", **sent)  # type: ignore[arg-type]
    answer = stranger.get("/api/v1/timelines/public").json
    assert answer is not None
    assert len(answer) == 1


@pytest.mark.parametrize("header", ["Basic eDp4", "x", None])
def test_strangers_can_not_make_us_ask_other_servers(
    stranger: FlaskClient, context: Context, header: str | None
) -> None:
    headers = {"Authorization": header} if header else {}
    assert stranger.get("/api/v1/accounts/lookup?acct=cy@far.example", headers=headers).status_code == 404
    assert _asked(context) == []


def test_an_app_without_a_member_can_not_make_us_ask_other_servers(stranger: FlaskClient, context: Context) -> None:
    with context.database.write() as tx:
        app, _ = apps.register(tx, apps.NewApp("Tests", (apps.OUT_OF_BAND,), "read"))
        token = tokens.issue(tx, app.id, None, ("read",)).secret.reveal()
    headers = {"Authorization": f"Bearer {token}"}
    assert stranger.get("/api/v1/accounts/lookup?acct=cy@far.example", headers=headers).status_code == 404
    assert _asked(context) == []


def test_members_are_found_elsewhere(anna: Person, context: Context) -> None:
    anna.refused(404, "GET", "/api/v1/accounts/lookup?acct=cy@far.example")
    assert _asked(context) != []


def _asked(context: Context) -> list[Request]:
    assert isinstance(context.net, VirtualNet)
    return context.net.asked


def test_a_question_with_a_body_is_answered_by_it_and_not_kept_for_others(anna: Person, bob: Person) -> None:
    path = "/api/v1/accounts"
    for who, times in ((anna, 2), (bob, 1)):
        for _ in range(times):
            answer = anna.ask("GET", path, json={"id": [str(who.id)]})
            assert [each["id"] for each in answer.json or ()] == [str(who.id)]
    assert anna.get(path) == []
