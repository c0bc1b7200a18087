# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from appliance.fediverse.activitypub import signatures
from appliance.fediverse.activitypub.signatures import BadSignature, Message, cavage
from appliance.fediverse.activitypub.signatures.cavage import Header
from appliance.fediverse.activitypub.signatures.keys import made_by
from appliance.fediverse.services.keys import KeyPair

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOST = "near.example"
BODY = b'{"type": "Like"}'


def signed(keys: KeyPair, method: str = "POST") -> tuple[Header, Message]:
    bare = Message(method, "/inbox?a=b", {"host": HOST, "content-type": "application/activity+json"}, BODY)
    headers = signatures.sign(signatures.private_key(keys.private.reveal()), "https://far.example/key", bare, NOW)
    return cavage.parse(headers["signature"]), Message(method, bare.target, headers, BODY)


def verified(header: Header, message: Message, public: str) -> bool:
    return made_by(public, header.value, cavage.signed_text(message, header))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_there_and_back(keys: KeyPair, method: str) -> None:
    signature, message = signed(keys, method)
    cavage.check(signature, message, NOW, HOST)
    assert signature.key_id == "https://far.example/key"
    assert verified(signature, message, keys.public)


@pytest.mark.parametrize("change", ["method", "target", "host", "date", "digest", "content-type", "key"])
def test_any_change_shows(keys: KeyPair, change: str) -> None:
    signature, message = signed(keys)
    public = keys.public
    headers = dict(message.headers)
    method, target = message.method, message.target
    if change == "method":
        method = "PUT"
    elif change == "target":
        target = "/inbox?a=c"
    elif change == "key":
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = pem(other.public_key())
    else:
        headers[change] = "Thu, 01 Jan 2026 00:00:01 GMT"
    assert not verified(signature, Message(method, target, headers, BODY), public)


@pytest.mark.parametrize(
    ("hours", "fine"), [(-12.1, False), (-11.9, True), (0, True), (0.9, True), (1.1, False), (-9000, False)]
)
def test_the_date_must_be_near(keys: KeyPair, hours: float, fine: bool) -> None:
    signature, message = signed(keys)
    now = NOW - timedelta(hours=hours)
    if fine:
        cavage.check(signature, message, now, HOST)
    else:
        with pytest.raises(BadSignature):
            cavage.check(signature, message, now, HOST)


HUGE_YEAR = f"Mon, 01 Jan {'9' * 20} 00:00:00 +0000"


@pytest.mark.parametrize(
    "date", ["", "yesterday", "2026-01-01", "Thu, 99 Foo 2026 00:00:00 GMT", "0", "\ud800", HUGE_YEAR]
)
def test_dates_that_cannot_be_read(keys: KeyPair, date: str) -> None:
    signature, message = signed(keys)
    with pytest.raises(BadSignature):
        cavage.check(signature, Message("POST", "/inbox", {**message.headers, "date": date}, BODY), NOW, HOST)


def test_created_stands_for_the_date_and_expires_is_obeyed() -> None:
    names = ("(request-target)", "(created)", "(expires)", "host", "digest")
    headers = {"host": HOST, "digest": cavage.digest(BODY)}
    message = Message("POST", "/inbox", headers, BODY)
    at = int(NOW.timestamp())
    cavage.check(Header("k", names, b"", at, at + 60), message, NOW, HOST)
    for created, expires in ((at - 13 * 3600, None), (at + 7200, None), (at, at - 1), (10**30, None)):
        with pytest.raises(BadSignature):
            cavage.check(Header("k", names, b"", created, expires), message, NOW, HOST)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        'keyId="a"',
        'keyId="a",signature="!"',
        'keyId="a",keyId="b",signature="aa=="',
        'keyId="a",algorithm="hmac-sha256",signature="aaaa"',
        'keyId="a",algorithm="none",signature="aaaa"',
        'keyId="a",signature="aaaa" trailing',
        'keyId="a' + "a" * 5000 + '",signature="aaaa"',
        'keyId="a",created=99999999999999999999999x,signature="aaaa"',
    ],
)
def test_headers_that_cannot_be_read(header: str | None) -> None:
    with pytest.raises(BadSignature):
        cavage.parse(header)


def test_a_covered_header_must_be_there(keys: KeyPair) -> None:
    signature, _ = signed(keys)
    with pytest.raises(BadSignature):
        cavage.signed_text(Message("POST", "/inbox", {"host": HOST}, BODY), signature)


@pytest.mark.parametrize("digest", ["", "SHA-256=", "sha-512=abc", "SHA-256=abc", "MD5=abc,SHA-256=abc"])
def test_the_digest_must_be_that_of_the_body(keys: KeyPair, digest: str) -> None:
    signature, message = signed(keys)
    with pytest.raises(BadSignature):
        cavage.check(signature, Message("POST", "/", {**message.headers, "digest": digest}, BODY), NOW, HOST)


def pem(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def test_only_rsa_keys_of_a_sensible_size() -> None:
    assert signatures.public_key(pem(ec.generate_private_key(ec.SECP256R1()).public_key())) is None
    assert (
        signatures.public_key(pem(rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key())) is None
    )
    assert signatures.public_key("nonsense") is None


def test_a_header_as_mastodon_writes_it() -> None:
    signature = cavage.parse(
        'keyId="https://mastodon.example/users/a#main-key",algorithm="rsa-sha256",'
        'headers="(request-target) host date digest content-type",signature="YWJj"'
    )
    assert signature.signed == ("(request-target)", "host", "date", "digest", "content-type")
    assert signature.value == b"abc"
