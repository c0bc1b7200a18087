# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every admin endpoint, tried by everybody who may not."""

from appliance.fediverse.mastodon_api import admin
from appliance.fediverse.mastodon_api.routing import Route
from appliance.fediverse.model import Role
from tests.fediverse.conftest import ALL, MakePerson, Person
from tests.fediverse.mastodon_api.admin.conftest import EVERYTHING

ROUTES = [route for module in admin.MODULES for route in module.ROUTES]
# What a moderator has no permission for, by Mastodon's own default.
_FOR_THE_OWNER = ("domain_blocks", "domain_allows", "ip_blocks", "email_domain_blocks", "canonical_email_blocks")


def _path(route: Route) -> str:
    return route.path.replace("<", "{").replace(">", "}").format_map({}.fromkeys(_names(route), "1"))


def _names(route: Route) -> list[str]:
    return [part[1:-1] for part in route.path.split("/") if part.startswith("<")]


def test_only_staff_with_the_scope_come_in(make_person: MakePerson, anna: Person) -> None:
    olga, bob = make_person("olga", ALL, role=Role.OWNER), make_person("bob", EVERYTHING)
    for route in ROUTES:
        path = _path(route)
        assert anna.client.open(path, method=route.method).status_code == 401, path
        # A member's app without the scope; the owner's app without it; a member whose app has it all the same.
        assert "outside the authorized scopes" in anna.refused(403, route.method, path)
        assert "outside the authorized scopes" in olga.refused(403, route.method, path)
        assert bob.refused(403, route.method, path) == "This action is not allowed", path


def test_reading_is_not_writing(make_person: MakePerson) -> None:
    reading, writing = (make_person("olga", f"admin:{verb}", role=Role.OWNER) for verb in ("read", "write"))
    for route in ROUTES:
        other = writing if route.scopes[0].startswith("admin:read") else reading
        other.refused(403, route.method, _path(route))


def test_a_moderator_does_not_keep_servers_and_addresses_out(mo: Person) -> None:
    for route in ROUTES:
        status = mo.ask(route.method, _path(route)).status_code
        deleting = route.method == "DELETE" and "accounts" in route.path
        forbidden = deleting or any(name in route.path for name in _FOR_THE_OWNER)
        assert (status == 403) == forbidden, (route.method, route.path, status)


def test_nonsense_is_refused_in_words(olga: Person) -> None:
    nonsense = {
        **dict.fromkeys(("type", "severity", "domain", "ip", "category", "email", "frequency"), "�� x"),
        "keys": ["x", "tag_uses", "instance_accounts"],
        "start_at": "yesterday",
        "end_at": [],
        "limit": "x",
        "report_id": "x",
        "rule_ids": ["x"],
        "canonical_email_hash": "%",
        "expires_in": "later",
    }
    query = "limit=x&status=x&origin=x&local=x&resolved=x&account_id=x&max_id=x"
    for route in ROUTES:
        for sent in ({}, {"json": nonsense}) if route.method != "GET" else ({"query_string": query}, {}):
            answer = olga.ask(route.method, _path(route), **sent)
            assert answer.status_code in (200, 400, 403, 404, 422), (route.path, answer.text)
            assert answer.json is not None


def test_roles_say_what_they_may(olga: Person, mo: Person, make_person: MakePerson) -> None:
    bob = make_person("bob")
    roles = [each.get("/api/v1/accounts/verify_credentials")["role"] for each in (olga, mo, bob)]
    assert [role["name"] for role in roles] == ["Owner", "Moderator", ""]
    assert [int(role["permissions"]) & 0x410 for role in roles] == [0x410, 0x410, 0]
    assert int(roles[0]["permissions"]) & 1, "the owner bypasses all permissions"
