# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking helpers, good ones and bad ones."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from appliance.errors import BadInput
from appliance.fediverse.protocol import HelperWord, ReachQuestion, ReachReport
from appliance.fediverse.reach.asker import MAX_WORD, MOST_HELPERS, Asker, Found
from appliance.fediverse.reach.helper import ASK
from appliance.fediverse.reach.nonces import Nonces
from appliance.internet.model import PUBLIC_PORTS, Answered
from appliance.system.async_net import AsyncNet
from appliance.system.clock import VirtualClock
from appliance.system.exchange import Request, Response, too_large, too_slow
from appliance.system.guard import NetError
from appliance.system.probe import Knock, VirtualProber

HOME, HOME6 = "11.22.33.44", "2600:1234:5678:9a00::20"
NAME = "a.example.org"
REACHED, SILENT = Answered.REACHED, Answered.SILENT


AT = {4: ["9.9.9.9"], 6: ["2600:99::1"]}


class Helpers(AsyncNet):
    """Played helpers, by host: each is given the request and the nonce in it, and answers."""

    def __init__(self, by_host: dict[str, Callable[[Request, str], Response]]) -> None:
        self.by_host = by_host
        self.asked: list[Request] = []
        self.found: Found | None = None

    async def fetch(self, request: Request) -> Response:
        self.asked.append(request)
        parts = urlsplit(request.url)
        helper = self.by_host.get(parts.hostname or "")
        if helper is None:
            raise NetError("net-failed", "It does not answer.")
        if self.found is not None:
            self.found(parts.hostname or "", 443)
        return helper(request, parse_qs(parts.query)["nonce"][0])

    async def download(self, request: Request, write: Callable[[bytes], object]) -> Response:
        raise NotImplementedError


class World:
    def __init__(self, **helpers: Callable[[Request, str], Response]) -> None:
        self.nonces = Nonces(VirtualClock())
        self.net4 = Helpers({f"{name}.example.net": helper for name, helper in helpers.items()})
        self.net6 = Helpers({})
        found = {version: Found(lambda host, port, version=version: AT[version]) for version in (4, 6)}
        self.net4.found = found[4]
        self.home, self.outside = VirtualProber(), VirtualProber(self.hairpin)
        self.asker = Asker(self.nonces, {4: self.net4, 6: self.net6}, self.home, self.outside, found)

    def hairpin(self, knock: Knock) -> Answered:
        """The router leads its home back."""
        self.nonces.meet(knock.path.rpartition("/")[2], knock.manner.value, "192.168.1.1")
        return REACHED

    def ask(self, *names: str, name: str = NAME) -> ReachReport:
        helpers = tuple(f"{each}.example.net" for each in names)
        return asyncio.run(self.asker.ask(ReachQuestion(name, helpers)))


def says(status: int = 200, **more: Any) -> Callable[[Request, str], Response]:
    word = {"address": HOME, "tcp80": "reached", "tcp443": "silent", "udp443": "refused"} | more
    return lambda request, nonce: Response(status, {}, json.dumps(word).encode(), request.url)


def test_a_helper_is_asked_by_both_kinds_of_address_and_its_word_is_kept() -> None:
    world = World(one=says())
    report = world.ask("one")
    assert report.here == PUBLIC_PORTS
    assert report.words == (HelperWord("one.example.net", HOME, REACHED, SILENT, Answered.REFUSED, (), ("9.9.9.9",)),)
    for net in (world.net4, world.net6):
        (request,) = net.asked
        assert (request.limits.size, request.limits.redirects) == (MAX_WORD, 0)
        assert request.url.startswith(f"https://one.example.net{ASK}?name={NAME}&nonce=")
        assert (request.method, request.follow, request.body) == ("POST", False, b"")
    assert world.net4.asked[0].url != world.net6.asked[0].url


def test_who_came_is_known_without_the_helpers_word() -> None:
    def comes(request: Request, nonce: str) -> Response:
        world.nonces.meet(nonce, "https", "9.9.9.9")
        return says(tcp80="silent", tcp443="silent")(request, nonce)

    world = World(one=comes, two=says())
    report = world.ask("one", "two")
    assert [(word.helper[:3], word.came) for word in report.words] == [("one", ("https",)), ("two", ())]
    assert report.hairpin is True
    (knock,) = world.outside.knocks
    assert (knock.address, knock.port, knock.name) == (HOME, 443, NAME)


def test_the_way_back_home_is_tried_only_where_others_came_in_and_counts_only_if_it_led_here() -> None:
    assert World(one=says()).ask("one").hairpin is None

    def comes(request: Request, nonce: str) -> Response:
        world.nonces.meet(nonce, "http", "9.9.9.9")
        return says()(request, nonce)

    world = World(one=comes)
    world.outside.play = lambda _: SILENT
    assert world.ask("one").hairpin is False
    world.outside.play = lambda _: REACHED  # somebody there who knows how to answer
    assert world.ask("one").hairpin is False


def test_what_does_not_answer_at_home_is_not_asked_about() -> None:
    world = World(one=says())
    world.home.play = lambda knock: REACHED if knock.port == 8080 else Answered.REFUSED
    assert world.ask("one").here == PUBLIC_PORTS[:1]
    assert {(knock.address, knock.port) for knock in world.home.knocks} == {("127.0.0.1", 8080), ("127.0.0.1", 8443)}
    world.home.play = lambda _: Answered.REFUSED
    world.net4.asked.clear()
    assert world.ask("one") == ReachReport()
    assert not world.net4.asked


def raw(body: bytes) -> Callable[[Request, str], Response]:
    return lambda request, nonce: Response(200, {}, body, request.url)


def fails(error: NetError) -> Callable[[Request, str], Response]:
    def fail(request: Request, nonce: str) -> Response:
        raise error

    return fail


@pytest.mark.parametrize(
    "helper",
    [
        fails(too_large()),
        fails(too_slow()),
        says(status=404),
        says(status=302),
        says(address="127.0.0.1"),
        says(address="192.168.1.20"),
        says(address="somewhere"),
        says(address=HOME6),  # not by the way that was asked
        says(address=7),
        says(address=None),
        says(tcp80="perhaps"),
        says(tcp80=True),
        says(tcp443=["reached"]),
        says(udp443={"": ""}),
        raw(b""),
        raw(b"[]"),
        raw(b"null"),
        raw(b"{}"),
        raw(b"[" * 1000),
        raw(b"\xff\xfe"),
        raw(b"<html>reached</html>"),
    ],
)
def test_what_makes_no_sense_is_not_heard_and_harms_no_other_word(helper: Callable[[Request, str], Response]) -> None:
    report = World(bad=helper, good=says()).ask("bad", "good")
    assert [word.helper for word in report.words] == ["good.example.net"]


def test_what_a_newer_helper_adds_is_passed_over() -> None:
    assert len(World(one=says(tcp22="reached", more={})).ask("one").words) == 1


def test_few_are_asked_and_none_twice_and_never_oneself() -> None:
    world = World()
    world.ask("a", "a", *(f"h{number}" for number in range(20)), name="a.example.net")
    hosts = [urlsplit(request.url).hostname for request in world.net4.asked]
    assert hosts == [f"h{number}.example.net" for number in range(MOST_HELPERS)]


@pytest.mark.parametrize("name", ["nonsense", "a.example.org/x", "A b"])
def test_what_is_no_name_is_not_asked_for(name: str) -> None:
    with pytest.raises(BadInput):
        World().ask(name=name)
    world = World()
    asyncio.run(world.asker.ask(ReachQuestion(NAME, ("localhost", "10.0.0.1/x", "x" * 500))))
    assert not world.net4.asked
