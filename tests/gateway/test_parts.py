# SPDX-License-Identifier: AGPL-3.0-or-later
"""The small pure parts: limits, pauses, visitors' addresses, redirects, greetings, the gateway's own certificate."""

import asyncio
import ssl
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.gateway import backoff, greeting, identity, redirect, visitor
from appliance.gateway.limits import Bucket, Doorstep, Places
from appliance.system.clock import VirtualClock

# --- limits ---


def test_places_are_limited_for_all_and_for_each_and_given_back() -> None:
    places = Places(3, 2)
    with places.take("a") as first, places.take("a") as second, places.take("a") as third:
        assert (first, second, third) == (True, True, False)
        with places.take("b") as other, places.take("c") as full:
            assert (other, full) == (True, False)
    assert places.taken("a") == 0
    with places.take("c") as again:
        assert again


def test_who_has_no_name_is_counted_to_all_only() -> None:
    places = Places(3, 1)
    with places.take(None) as first, places.take(None) as second, places.take("a") as third, places.take(None) as full:
        assert (first, second, third, full) == (True, True, True, False)


def test_on_the_doorstep_the_longest_there_gives_way() -> None:
    async def wait(doorstep: Doorstep) -> None:
        with doorstep.stand():
            await asyncio.sleep(60)

    async def run() -> list[bool]:
        doorstep = Doorstep(2)
        tasks = []
        for _ in range(4):
            tasks.append(asyncio.create_task(wait(doorstep)))
            await asyncio.sleep(0)
        await asyncio.wait(tasks, timeout=0.01)
        gone = [task.cancelled() for task in tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return gone

    assert asyncio.run(run()) == [True, True, False, False]


def test_a_bucket_gives_a_second_in_advance_and_no_more() -> None:
    clock = VirtualClock()
    bucket = Bucket(1000, clock)
    assert bucket.owed(1000) == 0
    assert bucket.owed(500) == pytest.approx(0.5)
    clock.advance(0.5)
    assert bucket.owed(0) == 0
    clock.advance(100)
    assert bucket.owed(2000) == pytest.approx(1.0)
    assert bucket.total == 3500


# --- pauses ---


def test_knocking_begins_at_once_and_never_stops() -> None:
    pauses = [backoff.pause(failures, refused=False, jitter=0.5) for failures in range(1, 200)]
    assert pauses[:4] == list(backoff.SOON)
    assert pauses == sorted(pauses)
    assert max(pauses) == backoff.SELDOM


def test_a_gateway_that_was_started_again_is_found_again_in_time() -> None:
    """The longest pause after which somebody knocks, in the minutes that a restart takes."""
    assert all(backoff.pause(failures, refused=False, jitter=1.0) < 6.1 for failures in range(1, backoff.OFTEN_FOR + 1))


def test_who_was_told_no_asks_seldom() -> None:
    assert backoff.pause(1, refused=True, jitter=0.0) == backoff.REFUSED


# --- visitors ---


@pytest.mark.parametrize("told", ["8.8.8.8", "11.0.0.9", "185.1.2.3"])
def test_a_visitor_of_the_internet_keeps_the_address(told: str) -> None:
    assert visitor.source(told) == told


@pytest.mark.parametrize(
    "told",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.10", "169.254.1.1", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.9", "::1", "fe80::1", "", "nonsense",
    ],
)  # fmt: skip
def test_nobody_comes_in_the_name_of_somebody_special(told: str) -> None:
    """A gateway that lies must not be able to play a neighbour at home, or this machine itself."""
    assert visitor.source(told) == visitor.NOBODY


# --- port 80 ---

NAMES = {"alice.example.org"}


def ask(head: str) -> str:
    return redirect.answer(head.replace("\n", "\r\n").encode(), NAMES).decode()


def test_pages_are_to_be_asked_for_by_https() -> None:
    assert ask("GET /@a?b=%20c HTTP/1.1\nHost: Alice.example.org:80") == (
        "HTTP/1.1 301 Moved Permanently\r\nLocation: https://alice.example.org/@a?b=%20c\r\n"
        "Content-Length: 0\r\nConnection: close\r\n\r\n"
    )
    assert ask("POST / HTTP/1.1\nhost:alice.example.org").startswith("HTTP/1.1 308 ")


@pytest.mark.parametrize(
    "head",
    [
        "GET / HTTP/1.1\nHost: elsewhere.example.org",
        "GET / HTTP/1.1",
        "GET / HTTP/1.1\nHost: alice.example.org\nHost: alice.example.org",
        "GET / HTTP/1.1\nHost: alice.example.org@evil.example",
        "GET / HTTP/1.1\nHost: alice.example.org/",
        "GET http://evil.example/ HTTP/1.1\nHost: alice.example.org",
        "GET /a b HTTP/1.1\nHost: alice.example.org",
        'GET /"<script> HTTP/1.1\nHost: alice.example.org',
        "GET / HTTP/2\nHost: alice.example.org",
        "get / HTTP/1.1\nHost: alice.example.org",
        "",
    ],
)
def test_what_is_not_for_a_member_is_not_redirected(head: str) -> None:
    answer = ask(head)
    assert "Location" not in answer
    assert answer.startswith("HTTP/1.1 4")


@given(st.binary(max_size=300))
def test_nobody_writes_headers_of_ours(path: bytes) -> None:
    answer = redirect.answer(b"GET /" + path + b" HTTP/1.1\r\nHost: alice.example.org", NAMES)
    assert answer.count(b"\r\n") == (5 if b"Location: " in answer else 4)
    assert answer.count(b"\n") == answer.count(b"\r\n")


# --- greetings ---


def client_hello(name: str | None) -> bytes:
    outgoing = ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.check_hostname = name is not None
    context.verify_mode = ssl.CERT_NONE if name is None else ssl.CERT_REQUIRED
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name).do_handshake()
    return outgoing.read()


def test_the_name_in_a_greeting() -> None:
    assert greeting.server_name(client_hello("Alice.Example.org")) == "alice.example.org"
    assert greeting.server_name(client_hello(None)) is None


@given(st.data())
def test_damaged_greetings_do_no_harm(data: st.DataObject) -> None:
    hello = bytearray(client_hello("alice.example.org"))
    for _ in range(data.draw(st.integers(1, 8))):
        hello[data.draw(st.integers(0, len(hello) - 1))] = data.draw(st.integers(0, 255))
    name = greeting.server_name(bytes(hello[: data.draw(st.integers(0, len(hello)))]))
    assert name is None or name.isprintable()


# --- the gateway's certificate ---


def test_a_certificate_is_known_by_its_fingerprint() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    one, other = identity.make("gw.example.org", now), identity.make("gw.example.org", now)
    assert len(identity.fingerprint(one)) == 32
    assert identity.fingerprint(one) == identity.fingerprint(one) != identity.fingerprint(other)
