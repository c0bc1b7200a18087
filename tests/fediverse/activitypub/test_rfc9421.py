# SPDX-License-Identifier: AGPL-3.0-or-later
import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from appliance.fediverse.activitypub import signatures
from appliance.fediverse.activitypub.signatures import BadSignature, Form, Message, keys
from appliance.fediverse.services.keys import KeyPair

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AT = int(NOW.timestamp())
ORIGIN = "https://near.example"
KEY = "https://far.example/users/a#main-key"
BODY = b'{"type": "Like"}'


def signed(pair: KeyPair, method: str = "POST") -> Message:
    bare = Message(method, "/inbox?a=b", {"host": "near.example", "content-type": "application/activity+json"}, BODY)
    key = signatures.private_key(pair.private.reveal())
    headers = signatures.sign(key, KEY, bare, NOW, ORIGIN, Form.RFC9421)
    return Message(method, bare.target, headers, BODY)


def by_hand(pair: KeyPair, covered: dict[str, str], parameters: str, **headers: str) -> Message:
    """Signed as the RFC's section 2.5 has it, and not by what is tested."""
    names = " ".join(f'"{name}"' for name in covered)
    lines = [f'"{name}": {value}' for name, value in covered.items()] + [f'"@signature-params": ({names}){parameters}']
    value = base64.b64encode(
        keys.make(signatures.private_key(pair.private.reveal()), "\n".join(lines).encode())
    ).decode()
    own = {"signature-input": f"sig=({names}){parameters}", "signature": f"sig=:{value}:"}
    return Message("POST", "/inbox", {"host": "near.example", **own, **headers}, BODY)


def digest() -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(BODY).digest()).decode()}:"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_there_and_back(keys: KeyPair, method: str) -> None:
    signature = signatures.read(signed(keys, method), NOW, ORIGIN)
    assert (signature.form, signature.key_id) == (Form.RFC9421, KEY)
    assert signatures.verify(signature, keys.public)


@pytest.mark.parametrize("change", ["method", "target", "origin", "content-type"])
def test_any_change_shows(keys: KeyPair, change: str) -> None:
    message = signed(keys)
    method, target, headers, origin = message.method, message.target, dict(message.headers), ORIGIN
    match change:
        case "method":
            method = "PUT"
        case "target":
            target = "/inbox?a=c"
        case "origin":
            origin = "https://third.example"
        case _:
            headers[change] = "text/html"
    signature = signatures.read(Message(method, target, headers, BODY), NOW, origin)
    assert not signatures.verify(signature, keys.public)


def test_a_changed_body_shows(keys: KeyPair) -> None:
    message = signed(keys)
    with pytest.raises(BadSignature):
        signatures.read(Message("POST", message.target, message.headers, b"{}"), NOW, ORIGIN)


@pytest.mark.parametrize("hours", [-13, 2])
def test_the_moment_must_be_near(keys: KeyPair, hours: int) -> None:
    with pytest.raises(BadSignature):
        signatures.read(signed(keys), NOW - timedelta(hours=hours), ORIGIN)


def test_parts_of_the_address_count_together_as_the_whole(keys: KeyPair) -> None:
    covered = {"@method": "POST", "@authority": "near.example", "@path": "/inbox", "content-digest": digest()}
    message = by_hand(keys, covered, f';created={AT};keyid="{KEY}"', **{"content-digest": digest()})
    assert signatures.verify(signatures.read(message, NOW, ORIGIN), keys.public)


@pytest.mark.parametrize("left_out", ["@method", "@target-uri", "content-digest"])
def test_what_must_be_covered(keys: KeyPair, left_out: str) -> None:
    covered = {"@method": "POST", "@target-uri": f"{ORIGIN}/inbox", "content-digest": digest()}
    del covered[left_out]
    with pytest.raises(BadSignature):
        signatures.read(
            by_hand(keys, covered, f';created={AT};keyid="{KEY}"', **{"content-digest": digest()}), NOW, ORIGIN
        )


@pytest.mark.parametrize(
    "parameters",
    [
        "",
        f";created={AT}",
        f';keyid="{KEY}"',
        f';created={AT};keyid="{KEY}";alg="hmac-sha256"',
        f';created={AT};keyid="{KEY}";keyid="{KEY}"',
        f';created={AT};expires={AT - 1};keyid="{KEY}"',
        f';created=99999999999999999999;keyid="{KEY}"',
        f';created=999999999999999;keyid="{KEY}"',
        f';created={AT};keyid="{KEY}";;',
    ],
)
def test_parameters_that_do_not_do(keys: KeyPair, parameters: str) -> None:
    covered = {"@method": "POST", "@target-uri": f"{ORIGIN}/inbox", "content-digest": digest()}
    with pytest.raises(BadSignature):
        signatures.read(by_hand(keys, covered, parameters, **{"content-digest": digest()}), NOW, ORIGIN)


@pytest.mark.parametrize(
    "headers",
    [
        {"signature-input": ""},
        {"signature-input": "nonsense"},
        {"signature-input": 'sig1=("@method";req);created=1;keyid="a"'},
        {"signature-input": 'sig1=("@method" "@method");created=1;keyid="a"'},
        {"signature-input": "sig1=(" + '"a" ' * 5000 + ")"},
        {"signature": ""},
        {"signature": "sig1=:!:"},
        {"signature": "sig1=:a:"},
        {"signature": "other=:YWJj:"},
        {"signature": "sig1=:YWJj:, sig1=:YWJj:"},
        {"content-digest": ""},
        {"content-digest": "md5=:YWJj:"},
        {"content-digest": f"{digest()}, sha-512=:YWJj:"},
    ],
)
def test_headers_that_cannot_be_believed(keys: KeyPair, headers: dict[str, str]) -> None:
    message = signed(keys)
    with pytest.raises(BadSignature):
        signatures.read(Message("POST", message.target, {**message.headers, **headers}, BODY), NOW, ORIGIN)
