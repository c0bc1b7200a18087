# SPDX-License-Identifier: AGPL-3.0-or-later
"""Nonsense at every door: each route of the API, OAuth and federation, with made-up arguments, by all kinds of askers.

No answer is a failure of ours (5xx, but "come back later"), none takes long, and memory does not grow with it.
"""

import gc
import json
import random
import time
from collections import Counter
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from appliance.fediverse.model import Role
from tests.fediverse.conftest import ALL, MakePerson

EXAMPLES = 6  # of each route
SECONDS = 20.0  # a single answer may take; far more than any does
LATER = (501, 503, 504, 507)  # told to come back, or that it is not to be had here
GROWTH = 25_000_000  # bytes that all of it may leave behind: kept answers, compiled queries

# Text as strangers write it: any letters there are, half ones too, and what means something to somebody.
_TEXT = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        (
            *("", " ", "0", "-1", "1", "true", "null", "%00", "\x00", "\ud800", "'; DROP TABLE statuses; --", "9" * 30),
            *(
                "../../etc/passwd",
                "https://[",
                "http://127.0.0.1:1/",
                "acct:x@y",
                "@a@b",
                "#",
                "a" * 3000,
                "2026-13-99",
            ),
            *("1e400", "NaN", "{}", "[]", "<script>", "\u202e", "🏳️‍🌈", "urn:ietf:wg:oauth:2.0:oob", "public", "home"),
        )
    ),
)
_NUMBER = st.one_of(st.integers(-(2**70), 2**70), st.floats(allow_nan=True))
_VALUE = st.recursive(
    st.one_of(_TEXT, _NUMBER, st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_TEXT, inner, max_size=4)),
    max_leaves=8,
)
# Names that some route listens to, so that what is made up arrives somewhere.
_NAMES = st.sampled_from(
    (
        *("id", "id[]", "status", "limit", "max_id", "min_id", "since_id", "q", "type", "types[]", "resolve", "acct"),
        *("account_id", "status_ids[]", "rule_ids[]", "comment", "category", "forward", "title", "context[]", "phrase"),
        *("keywords_attributes[0][keyword]", "poll[options][]", "poll[expires_in]", "choices[]", "media_ids[]"),
        *("scheduled_at", "visibility", "language", "sensitive", "in_reply_to_id", "quoted_status_id", "domain"),
        *("severity", "ip", "expires_in", "email", "keys[]", "start_at", "end_at", "frequency", "name", "local"),
        *("username", "password", "agreement", "reason", "grant_type", "client_id", "client_secret", "code", "scope"),
        *("redirect_uri", "redirect_uris", "client_name", "scopes", "token", "home[last_read_id]", "timeline[]"),
        *("subscription[endpoint]", "subscription[keys][p256dh]", "subscription[keys][auth]", "data[alerts][mention]"),
        *(
            "display_name",
            "note",
            "fields_attributes[0][name]",
            "source[privacy]",
            "locked",
            "duration",
            "url",
            "offset",
        ),
        *("resource", "rel", "page", "any[]", "all[]", "none[]", "action", "text", "report_id", "replies_policy"),
    )
)
_ARGUMENTS = st.dictionaries(st.one_of(_NAMES, _TEXT), _VALUE, max_size=8)
_ACTIVITY = st.fixed_dictionaries(
    {},
    optional={
        "@context": _VALUE,
        "id": st.one_of(_TEXT, st.just("https://far.example/1"), _VALUE),
        "type": st.one_of(
            st.sampled_from(
                (
                    *("Create", "Update", "Delete", "Follow", "Accept", "Reject", "Undo", "Like", "Announce", "Block"),
                    *("Flag", "Move", "Add", "Remove", "EmojiReact"),
                )
            ),
            _VALUE,
        ),
        "actor": st.one_of(st.just("https://far.example/users/rick"), _VALUE),
        "object": _VALUE,
        "to": _VALUE,
        "cc": _VALUE,
        "target": _VALUE,
        "signature": _VALUE,
    },
)


class Doors:
    """Every route with somebody to knock at it: a stranger, a member, the owner."""

    def __init__(self, app: flask.Flask, make_person: MakePerson) -> None:
        self._client: FlaskClient = app.test_client()
        owner = make_person("olga", f"{ALL} admin:read admin:write", role=Role.OWNER)
        member = make_person("anna")
        self._known = [str(member.id), str(owner.id), member.toot("Hello @olga #tea")["id"], "anna", "olga", "1", "0"]
        self._tokens = [None, "nonsense", member.token, owner.token]
        self.routes = sorted(
            (method, rule.rule)
            for rule in app.url_map.iter_rules()
            for method in rule.methods or ()
            if method not in ("HEAD", "OPTIONS") and not rule.rule.startswith(("/static", "/design", "/pages"))
        )
        self.answers: Counter[int] = Counter()

    def knock(self, method: str, rule: str, arguments: dict[str, Any], pick: random.Random) -> TestResponse:
        path = "/".join(self._filled(part, pick) for part in rule.split("/"))
        headers = {}
        if token := pick.choice(self._tokens):
            headers["Authorization"] = f"Bearer {token}"
        sent: dict[str, Any] = {"query_string": _flat(arguments)}
        if method != "GET":
            as_json = {"data": json.dumps(arguments), "content_type": "application/json"}
            sent = pick.choice((as_json, {"data": _flat(arguments)}, {"data": b"\xff{" + repr(arguments).encode()}))
        began = time.monotonic()
        response = self._client.open(path, method=method, headers=headers, **sent)
        response.get_data()
        response.close()
        self._judge(f"{method} {path} {arguments!r}", response, time.monotonic() - began)
        return response

    def deliver(self, body: bytes, path: str, headers: dict[str, str]) -> None:
        response = self._client.post(path, data=body, headers=headers)
        self._judge(f"POST {path} {body[:300]!r}", response, 0.0)

    def _judge(self, told: str, response: TestResponse, seconds: float) -> None:
        self.answers[response.status_code] += 1
        assert response.status_code < 500 or response.status_code in LATER, f"{told}: {response.text[:500]}"
        assert seconds < SECONDS, told
        if response.status_code >= 400 and response.request.path.startswith("/api/"):
            assert response.json is not None, told
            assert "error" in response.json, told

    def _filled(self, part: str, pick: random.Random) -> str:
        if not part.startswith("<"):
            return part
        return pick.choice((*self._known, "x", "-1", "9" * 25, "%00", "%ED%A0%80", "..", "@", "a" * 300))


@pytest.fixture
def doors(app: flask.Flask, make_person: MakePerson) -> Doors:
    app.testing = False  # what fails is answered, as on a box
    return Doors(app, make_person)


@pytest.mark.timeout(120)
def test_no_door_breaks_and_memory_does_not_grow(doors: Doors) -> None:
    _try_all(doors, 1)  # what is made once: compiled queries, kept answers
    gc.collect()
    before = _resident()
    _try_all(doors, EXAMPLES)
    gc.collect()
    assert _resident() - before < GROWTH
    assert {200, 401, 403, 404, 422} <= set(doors.answers), "else nothing of it arrived anywhere"


@pytest.mark.timeout(60)
@settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(activity=_ACTIVITY, raw=st.one_of(st.none(), st.binary(max_size=200)), signature=st.one_of(st.none(), _TEXT))
def test_no_inbox_breaks(doors: Doors, activity: Any, raw: bytes | None, signature: str | None) -> None:
    body = json.dumps(activity).encode() if raw is None else raw
    headers = {"Content-Type": "application/activity+json", "Date": "Sun, 22 Nov 2026 10:00:00 GMT"}
    if signature is not None:
        written = signature.encode("ascii", "ignore").decode().replace("\n", "").replace("\r", "")
        headers["Signature"] = (
            f'keyId="https://far.example/users/rick#main-key",headers="{written}",signature="{written}"'
        )
    for path in ("/inbox", "/users/anna/inbox", "/actor/inbox"):
        doors.deliver(body, path, headers)


def _try_all(doors: Doors, examples: int) -> None:
    # What breaks is told as it was: making it smaller would knock at every door again and again.
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(arguments=_ARGUMENTS, seed=st.integers(0, 2**32))
    def knock(arguments: dict[str, Any], seed: int) -> None:
        pick = random.Random(seed)
        for method, rule in doors.routes:
            doors.knock(method, rule, arguments, pick)

    knock()


def _flat(arguments: dict[str, Any]) -> dict[str, str]:
    """As a form has it; half letters can't even be sent in one."""
    return {_sendable(name): _sendable(str(value)) for name, value in arguments.items()}


def _sendable(text: str) -> str:
    return text.encode(errors="replace").decode()


def _resident() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096
