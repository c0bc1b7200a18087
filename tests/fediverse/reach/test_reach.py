# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the companion answers below /.well-known/hearth/, through the gate that streams come by."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from appliance.fediverse.context import Context
from appliance.fediverse.protocol import ReachQuestion, ReachReport
from appliance.fediverse.reach.helper import ASK
from appliance.fediverse.reach.nonces import HERE, proof
from appliance.fediverse.reach.reach import Reach
from appliance.fediverse.streaming.gate import Gate
from appliance.fediverse.streaming.hub import Hub
from appliance.system.stream_server import Asked, Refusal

Answer = Callable[[Asked], Awaitable[Refusal]]


def asked(path: str, method: str = "GET", address: str = "9.9.9.9") -> Asked:
    return Asked(path, {}, "a.example.org", "https", "", (), False, method, address)


def run(context: Context, test: Callable[[Reach, Answer], Awaitable[None]]) -> None:
    async def work() -> None:
        reach = Reach(context)

        async def answer(question: Asked) -> Refusal:
            found = await Gate(context, Hub(context.database), reach).receive(question)
            assert isinstance(found, Refusal)
            return found

        try:
            await test(reach, answer)
        finally:
            await reach.close()

    asyncio.run(work())


def test_who_comes_with_what_is_waited_for_gets_its_proof_and_is_noted(context: Context) -> None:
    async def test(reach: Reach, answer: Answer) -> None:
        nonce = reach._nonces.make(4)
        found = await answer(asked(HERE + nonce))
        assert (found.status, found.body) == (200, proof(nonce))
        assert reach._nonces.came(nonce) == {"https"}
        assert (await answer(asked(HERE + "0" * 32))).status == 404

    run(context, test)


@pytest.mark.parametrize("path", ["", "x", "here", "here/", "reach/", "reach/x", "../../api/v1/streaming"])
def test_there_is_nothing_else(context: Context, path: str) -> None:
    async def test(reach: Reach, answer: Answer) -> None:
        assert (await answer(asked(f"/.well-known/hearth/{path}"))).status == 404

    run(context, test)


def test_a_question_is_a_post_from_an_address_of_the_internet(context: Context) -> None:
    async def test(reach: Reach, answer: Answer) -> None:
        assert (await answer(asked(ASK))).status == 405
        assert (await answer(asked(ASK, "POST", "192.168.1.7"))).status == 403
        assert (await answer(asked(ASK, "POST"))).status == 400

    run(context, test)


def test_it_can_be_asked_from_another_thread(context: Context) -> None:
    async def test(reach: Reach, answer: Answer) -> None:
        # Nobody answers at this machine's own ports, so nobody is troubled.
        report = await asyncio.to_thread(reach.ask, ReachQuestion("a.example.org", ("h.example.net",)))
        assert report == ReachReport()

    run(context, test)
