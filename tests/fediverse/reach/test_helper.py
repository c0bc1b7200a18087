# SPDX-License-Identifier: AGPL-3.0-or-later
"""The public endpoint that tries for others whether they can be reached, and what it refuses to be used for."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from appliance.fediverse.reach.helper import ALL, ASK, AT_ONCE, EACH, WINDOW, Helper
from appliance.fediverse.reach.nonces import HERE, proof
from appliance.internet.model import Answered
from appliance.system.clock import VirtualClock
from appliance.system.probe import Knock, Manner, VirtualProber
from appliance.system.stream_server import Asked, Refusal, StreamServer

NONCE = "0123456789abcdef" * 2
HOME, HOME6 = "11.22.33.44", "2600:1234:5678:9a00::20"


def asked(address: str = HOME, nonce: str = NONCE, name: str = "a.example.org", **more: Any) -> Asked:
    query = {"nonce": nonce, "name": name} | more.pop("query", {})
    return Asked(ASK, query, "helper.example.org", "https", "", (), False, more.pop("method", "POST"), address)


def answer(helper: Helper, question: Asked) -> Refusal:
    return asyncio.run(helper.answer(question))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def prober() -> VirtualProber:
    return VirtualProber()


@pytest.fixture
def helper(prober: VirtualProber, clock: VirtualClock) -> Helper:
    return Helper(prober, clock)


@pytest.mark.parametrize("address", [HOME, HOME6])
def test_the_asker_is_tried_at_its_own_address_and_the_usual_ports(
    helper: Helper, prober: VirtualProber, address: str
) -> None:
    results = {Manner.HTTP: Answered.REACHED, Manner.HTTPS: Answered.OTHER, Manner.QUIC: Answered.SILENT}
    prober.play = lambda knock: results[knock.manner]
    said = answer(helper, asked(address))
    assert said.status == 200
    assert json.loads(said.body) == {"address": address, "tcp80": "reached", "tcp443": "other", "udp443": "silent"}
    assert prober.knocks == [
        Knock(manner, address, port, "a.example.org", HERE + NONCE, proof(NONCE))
        for manner, port in ((Manner.HTTP, 80), (Manner.HTTPS, 443), (Manner.QUIC, 443))
    ]


def test_a_box_without_a_name_is_tried_by_its_address(helper: Helper, prober: VirtualProber) -> None:
    assert answer(helper, asked(name="")).status == 200
    assert {knock.name for knock in prober.knocks} == {""}


@pytest.mark.parametrize(
    "address",
    [
        "", "127.0.0.1", "::1", "192.168.1.1", "10.0.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "fe80::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "2600::1%eth0", "11.22.33.44, 127.0.0.1", "localhost", "x" * 10_000,
        "0x7f000001", "127.1", "11.22.33.44:80",
    ],
)  # fmt: skip
def test_nobody_at_home_and_nobody_strange_is_tried(helper: Helper, prober: VirtualProber, address: str) -> None:
    assert answer(helper, asked(address)).status == 403
    assert not prober.knocks


@pytest.mark.parametrize(
    "question",
    [
        asked(nonce=""),
        asked(nonce="0" * 31),
        asked(nonce="0" * 33),
        asked(nonce="f" * 1_000_000),
        asked(nonce="G" * 32),
        asked(nonce="../" * 10 + "ab"),
        asked(nonce=NONCE[:-1] + "\n"),
        asked(nonce=NONCE[:-1] + "é"),
        asked(name="a"),
        asked(name="a.example.org\r\nX: y"),
        asked(name="a.example.org:22"),
        asked(name="a.example.org/x"),
        asked(name="ä.example.org"),
        asked(name="x" * 300 + ".org"),
        asked(query={"address": "9.9.9.9"}),
        asked(query={"port": "22"}),
    ],
)
def test_what_is_no_question_is_not_answered(helper: Helper, prober: VirtualProber, question: Asked) -> None:
    assert answer(helper, question).status == 400
    assert not prober.knocks


def test_a_page_that_is_only_opened_sets_nothing_off(helper: Helper, prober: VirtualProber) -> None:
    for method in ("GET", "HEAD"):
        assert answer(helper, asked(method=method)).status == 405
    assert not prober.knocks


@pytest.mark.parametrize(("first", "second"), [(HOME, HOME), (HOME6, "2600:1234:5678:9a00:1:2:3:4")])
def test_a_household_may_ask_now_and_then(helper: Helper, clock: VirtualClock, first: str, second: str) -> None:
    found = [answer(helper, asked(first)).status for _ in range(EACH)]
    assert set(found) == {200}
    refused = answer(helper, asked(second))
    assert (refused.status, refused.headers["Retry-After"]) == (429, str(WINDOW))
    assert answer(helper, asked("11.22.33.45")).status == 200
    assert answer(helper, asked("2600:1234:5678:9a01::1")).status == 200
    clock.advance(WINDOW)
    assert answer(helper, asked(second)).status == 200


def test_a_crowd_is_not_served_without_end(helper: Helper, prober: VirtualProber) -> None:
    found = [answer(helper, asked(address(number))).status for number in range(ALL + 50)]
    assert found.count(200) == ALL
    assert len(prober.knocks) == 3 * ALL


def address(number: int) -> str:
    """All in different networks of the largest kind that are counted."""
    return f"{11 + number // 200}.{number % 200}.33.44"


FEW = {
    "one household": lambda number: f"2600:1:2:3::{number:x}",
    "one line": lambda number: f"2600:1:2:{number % 256:x}::1",
    "one customer": lambda number: f"2600:1:2:{number % 65536:x}::1",
    "one provider": lambda number: f"2600:1:{number % 65536:x}::1",
    "neighbours": lambda number: f"11.22.33.{number % 256}",
    "one provider's IPv4": lambda number: f"11.22.{number % 256}.{number // 256}",
    "three providers": lambda number: f"2600:{number % 3:x}:{number:x}::1",
}


@pytest.mark.parametrize("kind", FEW)
def test_few_networks_take_only_their_share(helper: Helper, kind: str) -> None:
    """However many addresses they have, others are served as before."""
    served = [answer(helper, asked(FEW[kind](number))).status for number in range(2 * ALL)].count(200)
    most = {"one household": EACH, "one line": 60, "one customer": 80, "neighbours": 80}.get(kind, 160)
    assert served <= (3 * most if kind == "three providers" else most)
    for other in (HOME6, "12.34.56.78"):
        assert [answer(helper, asked(other)).status for _ in range(10)] == [200] * 10


def test_a_household_that_asks_too_often_uses_up_nothing_of_its_neighbours(helper: Helper) -> None:
    for _ in range(ALL):
        answer(helper, asked("2600:1:2:0300::1"))
    assert [answer(helper, asked("2600:1:2:0400::1")).status for _ in range(EACH)] == [200] * EACH


def test_when_much_is_given_away_all_get_less_and_newcomers_something(helper: Helper) -> None:
    for number in range(ALL // 2):
        assert answer(helper, asked(address(number))).status == 200
    assert [answer(helper, asked(HOME6)).status for _ in range(6)] == [200] * 4 + [429] * 2
    assert answer(helper, asked("2601::1")).status == 200


class SlowProber:
    """Its victims never answer, until they are let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.waiting = 0

    async def knock(self, knock: Knock) -> Answered:
        self.waiting += 1
        await self.go.wait()
        return Answered.SILENT


def test_slow_victims_hold_few_places_and_one_household_one(clock: VirtualClock) -> None:
    async def work() -> None:
        prober = SlowProber()
        helper = Helper(prober, clock)
        first = asyncio.create_task(helper.answer(asked()))
        await asyncio.sleep(0)
        assert (await helper.answer(asked())).status == 429
        others = [asyncio.create_task(helper.answer(asked(address(number)))) for number in range(AT_ONCE + 20)]
        for _ in range(3):
            await asyncio.sleep(0)
        assert prober.waiting == 3 * AT_ONCE
        prober.go.set()
        found = [await each for each in (first, *others)]
        assert [each.status for each in found].count(200) == AT_ONCE
        assert (await helper.answer(asked("11.22.44.1"))).status == 200

    asyncio.run(work())


@pytest.mark.parametrize("kind", FEW)
def test_slow_victims_of_few_networks_leave_places_to_others(clock: VirtualClock, kind: str) -> None:
    async def work() -> None:
        prober = SlowProber()
        helper = Helper(prober, clock)
        slow = [asyncio.create_task(helper.answer(asked(FEW[kind](number)))) for number in range(100)]
        for _ in range(3):
            await asyncio.sleep(0)
        held = prober.waiting // 3
        assert 1 <= held < AT_ONCE
        other = asyncio.create_task(helper.answer(asked("12.34.56.78")))
        for _ in range(3):
            await asyncio.sleep(0)
        assert prober.waiting == 3 * (held + 1)
        prober.go.set()
        assert (await other).status == 200
        assert [(await each).status for each in slow].count(200) == held
        assert (await helper.answer(asked(FEW[kind](0)))).status == 200

    asyncio.run(work())


@asynccontextmanager
async def serving(helper: Helper, *, behind_proxy: bool) -> AsyncIterator[str]:
    server = StreamServer("127.0.0.1:0", helper.answer, behind_proxy=behind_proxy, posts=(ASK,))
    await server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.close()


@pytest.mark.parametrize(
    ("behind_proxy", "header", "status", "tried"),
    [
        (False, HOME, 403, set()),  # nobody vouches for it
        (False, None, 403, set()),
        (True, HOME, 200, {HOME}),
        (True, f"9.9.9.9, {HOME}", 200, {HOME}),  # the last is the proxy's own word
        (True, f"{HOME}, 127.0.0.1", 403, set()),
        (True, f"{HOME}, nonsense", 403, set()),
        (True, None, 403, set()),
    ],
)
def test_who_asks_is_the_proxys_word_and_nobody_elses(
    helper: Helper, prober: VirtualProber, behind_proxy: bool, header: str | None, status: int, tried: set[str]
) -> None:
    async def work() -> int:
        async with serving(helper, behind_proxy=behind_proxy) as url, aiohttp.ClientSession() as session:
            headers = {"X-Forwarded-For": header} if header else {}
            async with session.post(f"{url}{ASK}?nonce={NONCE}&name=", headers=headers) as response:
                return response.status

    assert asyncio.run(work()) == status
    assert {knock.address for knock in prober.knocks} == tried


def test_a_body_is_not_read_and_no_other_path_takes_one(helper: Helper, prober: VirtualProber) -> None:
    async def work() -> list[int]:
        found = []
        async with serving(helper, behind_proxy=True) as url, aiohttp.ClientSession() as session:
            for path in (f"{ASK}?nonce={NONCE}", "/api/v1/streaming/user", "/.well-known/hearth/here/x"):
                headers = {"X-Forwarded-For": HOME}
                async with session.post(url + path, headers=headers, data=b"address=9.9.9.9") as response:
                    found.append(response.status)
        return found

    assert asyncio.run(work()) == [200, 405, 405]
    assert {knock.address for knock in prober.knocks} == {HOME}
