# SPDX-License-Identifier: AGPL-3.0-or-later
import base64
import hashlib
from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.fediverse.db.database import Database
from appliance.fediverse.oauth import apps, authorize, tokens
from appliance.fediverse.oauth.apps import OUT_OF_BAND
from appliance.fediverse.oauth.errors import OAuthError
from appliance.fediverse.oauth.scopes import covers
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import MARKS, ORIGIN, MakePerson, Person

REDIRECT = "app://back"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def client_app(stranger: FlaskClient) -> Any:
    return _register(stranger)


def _register(client: FlaskClient, **more: Any) -> Any:
    wanted = {"client_name": "App", "redirect_uris": f"{REDIRECT}\n{OUT_OF_BAND}", "scopes": "read write"} | more
    response = client.post("/api/v1/apps", data=wanted)
    assert response.status_code == 200, response.text
    return response.json


def _request(app: Any, **more: str) -> dict[str, str]:
    return {
        "client_id": app["client_id"],
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "read write",
    } | more


def _code(database: Database, account_id: int, arguments: dict[str, str]) -> str:
    with database.write() as tx:
        return authorize.issue_code(tx, authorize.parse(tx, arguments), account_id).reveal()


def _exchange(client: FlaskClient, app: Any, real_code: str, **more: str) -> Any:
    form = {
        "grant_type": "authorization_code",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "redirect_uri": REDIRECT,
        "code": real_code,
    } | more
    return client.post("/oauth/token", data=form)


def test_a_code_becomes_a_token_that_opens_the_api(
    stranger: FlaskClient, client_app: Any, anna: Person, database: Database
) -> None:
    code = _code(database, anna.id, _request(client_app, code_challenge=CHALLENGE, code_challenge_method="S256"))
    answer = _exchange(stranger, client_app, code, code_verifier=VERIFIER)
    assert answer.status_code == 200
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["scope"] == "read write"
    assert answer.headers["Cache-Control"] == "no-store"
    headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
    me = stranger.get("/api/v1/accounts/verify_credentials", headers=headers)
    assert me.json is not None
    assert me.json["username"] == "anna"


def test_a_code_works_once(stranger: FlaskClient, client_app: Any, anna: Person, database: Database) -> None:
    code = _code(database, anna.id, _request(client_app))
    assert _exchange(stranger, client_app, code).status_code == 200
    again = _exchange(stranger, client_app, code)
    assert (again.status_code, again.json["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_verifier": "w" * 50},
        {"code_verifier": ""},
        {"code_verifier": VERIFIER, "redirect_uri": OUT_OF_BAND},
        {"code_verifier": VERIFIER, "code": "guessed"},
    ],
)
def test_a_code_with_something_wrong_is_refused(
    stranger: FlaskClient, client_app: Any, anna: Person, database: Database, wrong: dict[str, str]
) -> None:
    code = _code(database, anna.id, _request(client_app, code_challenge=CHALLENGE, code_challenge_method="S256"))
    answer = _exchange(stranger, client_app, code, **wrong)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


def test_a_code_tried_with_the_wrong_verifier_is_spent(
    stranger: FlaskClient, client_app: Any, anna: Person, database: Database
) -> None:
    code = _code(database, anna.id, _request(client_app, code_challenge=CHALLENGE, code_challenge_method="S256"))
    _exchange(stranger, client_app, code, code_verifier="w" * 50)
    assert _exchange(stranger, client_app, code, code_verifier=VERIFIER).status_code == 400


def test_a_code_of_one_app_is_worth_nothing_to_another(
    stranger: FlaskClient, client_app: Any, anna: Person, database: Database
) -> None:
    code = _code(database, anna.id, _request(client_app))
    assert _exchange(stranger, _register(stranger), code).json["error"] == "invalid_grant"


def test_a_code_expires(
    stranger: FlaskClient, client_app: Any, anna: Person, database: Database, clock: VirtualClock
) -> None:
    code = _code(database, anna.id, _request(client_app))
    clock.advance(601)
    assert _exchange(stranger, client_app, code).json["error"] == "invalid_grant"


def test_a_wrong_client_secret_is_refused(
    stranger: FlaskClient, client_app: Any, anna: Person, database: Database
) -> None:
    code = _code(database, anna.id, _request(client_app))
    answer = _exchange(stranger, client_app, code, client_secret="wrong")
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert _exchange(stranger, client_app, code).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"redirect_uri": "app://elsewhere"}, "invalid_request"),
        ({"redirect_uri": REDIRECT + "/x"}, "invalid_request"),
        ({"client_id": "guessed"}, "invalid_client"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "read follow"}, "invalid_scope"),
        ({"scope": "admin:write"}, "invalid_scope"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
    ],
)
def test_a_wrong_question_gets_no_page(client_app: Any, database: Database, wrong: dict[str, str], key: str) -> None:
    with database.read() as tx, pytest.raises(OAuthError) as refused:
        authorize.parse(tx, _request(client_app, **wrong))
    assert refused.value.key == key


def test_passwords_are_no_grant(stranger: FlaskClient, client_app: Any) -> None:
    answer = _exchange(stranger, client_app, "", grant_type="password", username="anna", password="x")
    assert (answer.status_code, answer.json["error"]) == (400, "unsupported_grant_type")


def test_an_apps_own_token_is_nobodys(stranger: FlaskClient, client_app: Any) -> None:
    answer = _exchange(stranger, client_app, "", grant_type="client_credentials", scope="read")
    headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
    app = stranger.get("/api/v1/apps/verify_credentials", headers=headers)
    assert app.json is not None
    assert app.json["name"] == "App"
    assert stranger.get("/api/v1/timelines/home", headers=headers).status_code == 422


def test_revoked_tokens_are_dead_and_only_their_app_revokes_them(stranger: FlaskClient, client_app: Any) -> None:
    token = _exchange(stranger, client_app, "", grant_type="client_credentials").json["access_token"]
    other = _register(stranger)
    form = {"token": token, "client_id": other["client_id"], "client_secret": other["client_secret"]}
    assert stranger.post("/oauth/revoke", data=form).status_code == 403
    form = {"token": token, "client_id": client_app["client_id"], "client_secret": client_app["client_secret"]}
    assert stranger.post("/oauth/revoke", data=form).status_code == 200
    assert stranger.post("/oauth/revoke", data=form).status_code == 200
    headers = {"Authorization": f"Bearer {token}"}
    assert stranger.get("/api/v1/apps/verify_credentials", headers=headers).status_code == 401


def test_basic_authentication_of_apps(stranger: FlaskClient, client_app: Any) -> None:
    answer = stranger.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(client_app["client_id"], client_app["client_secret"]),
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("granted", "wanted", "held"),
    [
        ("read", "read:statuses", True),
        ("read:statuses", "read:statuses", True),
        ("read:statuses", "read:accounts", False),
        ("read:statuses", "read", False),
        ("write", "read:statuses", False),
        ("follow", "write:follows", True),
        ("follow", "write:statuses", False),
    ],
)
def test_which_scope_holds_which(granted: str, wanted: str, held: bool) -> None:
    assert covers([granted], wanted) is held


@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        ("read", "POST", "/api/v1/statuses", 403),
        ("write:favourites", "POST", "/api/v1/statuses", 403),
        ("write:statuses", "POST", "/api/v1/statuses", 422),
        ("write", "GET", "/api/v1/timelines/home", 403),
        ("read:accounts", "GET", "/api/v1/timelines/home", 403),
        ("read:statuses", "GET", "/api/v1/timelines/home", 200),
        ("read:statuses", "GET", "/api/v1/notifications", 403),
        ("profile", "GET", "/api/v1/accounts/verify_credentials", 200),
        ("profile", "GET", "/api/v1/preferences", 403),
        ("follow", "GET", "/api/v1/blocks", 200),
    ],
)
def test_scopes_are_enforced(make_person: MakePerson, scopes: str, method: str, path: str, status: int) -> None:
    assert make_person("anna", scopes).ask(method, path).status_code == status


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uris": "javascript:alert(1)"},
        {"redirect_uris": "no-scheme"},
        {"redirect_uris": ""},
        {"redirect_uris": "https://far.example/a b"},
        {"redirect_uris": "https://far.example/#x"},
        {"redirect_uris": "https://bank.example@far.example/"},
        {"redirect_uris": "https://far.example;script-src,*/"},
        {"redirect_uris": "HTTPS:///far.example"},
        {"client_name": " "},
        {"client_name": "x" * 100},
        {"scopes": "everything"},
        {"website": "javascript:alert(1)"},
        {"client_name": "nul\0"},
    ],
)
def test_bad_apps_are_refused(stranger: FlaskClient, wrong: dict[str, str]) -> None:
    form = {"client_name": "App", "redirect_uris": REDIRECT} | wrong
    assert stranger.post("/api/v1/apps", data=form).status_code in (400, 422)


def test_an_address_of_many_marks_is_refused_before_it_is_taken_apart(
    stranger: FlaskClient, put_in_order: list[int]
) -> None:
    form = {"client_name": "App", "redirect_uris": f"https://a{MARKS}"}
    assert stranger.post("/api/v1/apps", data=form).status_code == 422
    assert sum(put_in_order) < 2000


def test_secrets_are_stored_hashed(client_app: Any, anna: Person, database: Database) -> None:
    code = _code(database, anna.id, _request(client_app))
    with database.read() as tx:
        dump = "\n".join(tx.connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
    assert client_app["client_id"] in dump
    for secret in (client_app["client_secret"], anna.token, code):
        assert secret not in dump


def test_metadata_names_the_endpoints(stranger: FlaskClient) -> None:
    answer = stranger.get("/.well-known/oauth-authorization-server")
    assert answer.json is not None
    assert answer.json["token_endpoint"] == f"{ORIGIN}/oauth/token"
    assert answer.json["code_challenge_methods_supported"] == ["S256"]
    assert "password" not in answer.json["grant_types_supported"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_code_that_comes_twice_takes_its_token_back(
    stranger: FlaskClient, client_app: Any, anna: Person, database: Database
) -> None:
    code = _code(database, anna.id, _request(client_app))
    token = _exchange(stranger, client_app, code).json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert stranger.get("/api/v1/timelines/home", headers=headers).status_code == 200
    assert _exchange(stranger, client_app, code).status_code == 400
    assert stranger.get("/api/v1/timelines/home", headers=headers).status_code == 401
    assert _exchange(stranger, client_app, code).status_code == 400


def test_an_app_holds_so_many_tokens_and_no_more(stranger: FlaskClient, client_app: Any, database: Database) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": client_app["client_id"],
        "client_secret": client_app["client_secret"],
    }
    given = [stranger.post("/oauth/token", data=form).json["access_token"] for _ in range(tokens.MAX_TOKENS + 1)]  # type: ignore[index]
    asked = [
        stranger.get("/api/v1/apps/verify_credentials", headers={"Authorization": f"Bearer {token}"}).status_code
        for token in (given[0], given[1], given[-1])
    ]
    assert asked == [401, 200, 200]


def test_apps_that_never_got_a_token_are_forgotten(
    stranger: FlaskClient, client_app: Any, anna: Person, database: Database, clock: VirtualClock
) -> None:
    unused = _register(stranger, client_name="Unused")
    _exchange(stranger, client_app, _code(database, anna.id, _request(client_app)))
    for days, known in ((29, 1), (2, 0)):
        clock.advance(days * 24 * 3600)
        with database.write() as tx:
            apps.prune(tx)
            found = [each for each in (client_app, unused) if _is_known(tx, each["client_id"])]
        assert len(found) == 1 + known


def test_an_apps_own_token_keeps_it_only_as_long_as_it_is_used(
    stranger: FlaskClient, database: Database, clock: VirtualClock
) -> None:
    made = [_register(stranger, client_name=name) for name in ("idle", "busy")]
    given = [
        stranger.post(
            "/oauth/token",
            data={
                "grant_type": "client_credentials",
                "client_id": each["client_id"],
                "client_secret": each["client_secret"],
            },
        ).json
        for each in made
    ]
    clock.advance(29 * 24 * 3600)
    used = {"Authorization": f"Bearer {given[1]['access_token']}"}  # type: ignore[index]
    assert stranger.get("/api/v1/apps/verify_credentials", headers=used).status_code == 200
    clock.advance(2 * 24 * 3600)
    with database.write() as tx:
        apps.prune(tx)
        assert [_is_known(tx, each["client_id"]) for each in made] == [False, True]
    assert stranger.get("/api/v1/apps/verify_credentials", headers=used).status_code == 200


def _is_known(tx: Any, client_id: str) -> bool:
    try:
        return bool(apps.find(tx, client_id))
    except OAuthError:
        return False


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_userinfo_says_who_somebody_is(make_person: MakePerson, method: str) -> None:
    anna = make_person("anna", "profile")
    assert anna.ask(method, "/oauth/userinfo").json == {
        "iss": f"{ORIGIN}/",
        "sub": f"{ORIGIN}/users/anna",
        "name": "",
        "preferred_username": "anna",
        "profile": f"{ORIGIN}/@anna",
        "picture": anna.get("/api/v1/accounts/verify_credentials")["avatar"],
    }
    bob = make_person("bob", "read write")
    assert bob.refused(403, method, "/oauth/userinfo") == "This action is outside the authorized scopes"
    assert bob.client.open("/oauth/userinfo", method=method).json == {"error": "The access token is invalid"}


def test_plain_challenges_are_refused(client_app: Any, database: Database) -> None:
    wrong = {"code_challenge": "v" * 43, "code_challenge_method": "plain"}
    with database.read() as tx, pytest.raises(OAuthError, match="S256"):
        authorize.parse(tx, _request(client_app, **wrong))


@pytest.mark.parametrize(
    ("granted", "wanted", "held"),
    [
        ("admin:read", "admin:read:accounts", True),
        ("admin:read", "admin:write:accounts", False),
        ("admin:read:accounts", "admin:read:reports", False),
        ("read", "admin:read", False),
        ("read", "profile", False),
        ("write", "admin:write:accounts", False),
    ],
)
def test_admin_scopes_are_apart(granted: str, wanted: str, held: bool) -> None:
    assert covers(granted.split(), wanted) is held
