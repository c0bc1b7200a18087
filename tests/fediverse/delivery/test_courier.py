# SPDX-License-Identifier: AGPL-3.0-or-later
"""The courier over a virtual net: order, patience, and that nothing is lost or sent to the wrong ones."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.activitypub import signatures
from appliance.fediverse.activitypub.signatures import Message
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import accounts, activities, codes, deliveries, received
from appliance.fediverse.delivery import outbox
from appliance.fediverse.delivery.courier import DOUBTFUL, IN_ALL, PER_HOST, Courier
from appliance.fediverse.services.keys import KeyPair
from appliance.system.async_net import AsyncVirtualNet
from appliance.system.clock import VirtualClock, milliseconds
from appliance.system.exchange import Response
from appliance.system.net import Trouble, VirtualNet
from tests.fediverse.delivery.letters import FAR, HERE, NEAR, OK, Gate, run, sent, waiting


def test_everything_arrives_once_in_order(
    context: Context, net: VirtualNet, database: Database, enqueue: Callable[..., int]
) -> None:
    for number in range(5):
        enqueue(number, FAR, NEAR)
    run(context, net)
    assert sent(net, FAR) == sent(net, NEAR) == [0, 1, 2, 3, 4]
    assert waiting(database) == []


def test_what_is_sent_is_signed_by_its_author(
    context: Context, net: VirtualNet, enqueue: Callable[..., int], keys: KeyPair, clock: VirtualClock
) -> None:
    enqueue(1, FAR)
    run(context, net)
    request = net.asked[0]
    headers = {name.lower(): value for name, value in request.headers.items()}
    message = Message("POST", "/inbox", headers, request.body)
    signature = signatures.read(message, clock.now(), "https://far.example")
    assert signature.key_id == f"{HERE}/users/anna#main-key"
    assert signatures.verify(signature, keys.public)


def test_a_host_that_is_down_is_left_alone_and_costs_others_nothing(
    context: Context, net: VirtualNet, database: Database, clock: VirtualClock, enqueue: Callable[..., int], bob: Any
) -> None:
    net.answers[FAR] = Trouble.DOWN
    for number in range(3):
        enqueue(number, FAR, NEAR)
    enqueue(3, FAR, author=bob.id)
    run(context, net)
    assert sent(net, NEAR) == [0, 1, 2]
    assert len(sent(net, FAR)) <= 2  # one attempt per author that was under way already
    assert len(waiting(database)) == 4
    assert min(row.due_at for row in waiting(database)) == milliseconds(clock.now()) + 60_000
    net.answers[FAR] = OK
    net.asked.clear()
    run(context, net)
    assert net.asked == []
    clock.advance(61)
    run(context, net)
    assert sorted(sent(net, FAR)) == [0, 1, 2, 3]
    assert [number for number in sent(net, FAR) if number < 3] == [0, 1, 2]
    assert waiting(database) == []


def test_patience_grows_and_ends_after_a_week(
    context: Context, net: VirtualNet, database: Database, clock: VirtualClock, enqueue: Callable[..., int]
) -> None:
    net.answers[FAR] = Trouble.SLOW
    enqueue(1, FAR)
    for _ in range(60):
        run(context, net, turns=1)
        left = waiting(database)
        if not left:
            break
        clock.advance((left[0].due_at - milliseconds(clock.now())) / 1000 + 1)
    assert waiting(database) == []
    assert 15 < len(sent(net, FAR)) < 40
    with database.read() as tx:
        assert tx.all(sa.select(activities)) == []


def test_a_refusal_drops_one_and_goes_on(
    context: Context, net: VirtualNet, database: Database, enqueue: Callable[..., int]
) -> None:
    net.answers[FAR] = lambda request: Response(422 if b"1" in request.body else 202)
    for number in range(3):
        enqueue(number, FAR)
    run(context, net)
    assert sent(net, FAR) == [0, 1, 2]
    assert waiting(database) == []


def test_trouble_with_one_holds_up_those_behind_it(
    context: Context, net: VirtualNet, database: Database, enqueue: Callable[..., int], bob: Any
) -> None:
    """Else an edit could overtake its post. Other authors are not held up."""
    net.answers[FAR] = lambda request: Response(500 if b"1" in request.body else 202)
    for number in range(3):
        enqueue(number, FAR)
    enqueue(7, FAR, author=bob.id)
    run(context, net)
    assert sorted(sent(net, FAR)) == [0, 1, 7]
    assert [row.attempts for row in waiting(database)] == [1, 0]


def test_an_inbox_that_is_gone_gets_nothing_more(
    context: Context, net: VirtualNet, database: Database, enqueue: Callable[..., int]
) -> None:
    net.answers[FAR] = Response(410)
    for number in range(3):
        enqueue(number, FAR, "https://far.example/users/rita/inbox")
    run(context, net, turns=1)
    assert {row.inbox for row in waiting(database)} == {"https://far.example/users/rita/inbox"}


def test_retry_after_holds_for_the_whole_host(
    context: Context, net: VirtualNet, database: Database, clock: VirtualClock, enqueue: Callable[..., int]
) -> None:
    net.answers[FAR] = Response(429, {"retry-after": "900"})
    enqueue(1, FAR)
    enqueue(2, FAR)
    run(context, net)
    assert sent(net, FAR) == [1]
    assert {row.due_at for row in waiting(database)} == {milliseconds(clock.now()) + 900_000}


def test_an_inbox_inside_the_home_is_never_asked(
    context: Context, database: Database, enqueue: Callable[..., int]
) -> None:
    net = VirtualNet(hosts={"router.example": ["192.168.0.1"]})
    enqueue(1, "https://router.example/inbox")
    enqueue(2, "http://far.example/inbox")
    enqueue(3, "nonsense")
    run(context, net)
    assert net.asked == []


@pytest.mark.parametrize("why", ["clock", "origin"])
def test_nothing_leaves_before_its_time(
    context: Context, net: VirtualNet, clock: VirtualClock, enqueue: Callable[..., int], why: str
) -> None:
    enqueue(1, FAR)
    if why == "clock":
        clock.is_trusted = False
    else:
        context = replace(context, origin=None)
    run(context, net)
    assert net.asked == []


def test_a_restart_between_answer_and_note_sends_again_and_nothing_else(
    context: Context, net: VirtualNet, database: Database, enqueue: Callable[..., int]
) -> None:
    enqueue(1, FAR)

    async def cut_off() -> None:
        courier = Courier(context, AsyncVirtualNet(net))
        await courier.turn()
        await asyncio.wait([task for _, task in courier._under_way.values()])

    asyncio.run(cut_off())
    run(context, net)
    assert sent(net, FAR) == [1, 1]
    assert waiting(database) == []


def test_few_at_once_per_host_and_not_too_many_in_all(
    context: Context, database: Database, enqueue: Callable[..., int], make_person: Any
) -> None:
    people = [make_person(f"p{number}").id for number in range(10)]
    for author in people:
        enqueue(1, *["https://busy.example/inbox"] * 4, author=author)
    for author in people:
        enqueue(2, *[f"https://h{number}.example/inbox" for number in range(14)], author=author)

    async def work() -> Gate:
        net = Gate()
        courier = Courier(context, net, jitter=lambda: 0.0)
        await courier.turn()
        for _ in range(1000):
            await asyncio.sleep(0.002)
            if len(net.now) == len(courier._under_way):
                break
        net.gate.set()
        for _ in range(40):
            await courier.finish()
            await courier.turn()
        await courier.finish()
        return net

    net = asyncio.run(work())
    assert net.most[""] == IN_ALL - DOUBTFUL
    assert max(count for host, count in net.most.items() if host) == PER_HOST
    assert waiting(database) == []


def test_a_nudge_is_heard_at_once(
    context: Context, net: VirtualNet, database: Database, enqueue: Callable[..., int]
) -> None:
    async def work() -> None:
        courier = Courier(context, AsyncVirtualNet(net))
        stop = asyncio.Event()
        running = asyncio.create_task(courier.run(stop))
        await asyncio.sleep(0.05)
        await asyncio.to_thread(enqueue, 1, FAR)
        courier.wake()
        async with asyncio.timeout(5):
            while waiting(database):
                await asyncio.sleep(0.01)
        stop.set()
        await running

    asyncio.run(work())
    assert sent(net, FAR) == [1]


def test_old_things_are_forgotten(database: Database, clock: VirtualClock, enqueue: Callable[..., int]) -> None:
    kept = enqueue(1, FAR)
    enqueue(2)
    with database.write() as tx:
        tx.execute(sa.insert(received).values(uri="https://far.example/1", received_at=tx.now_ms))
        tx.execute(sa.delete(codes))
    clock.advance(timedelta(days=2).total_seconds())
    with database.write() as tx:
        outbox.prune(tx)
        assert [row.id for row in tx.all(sa.select(activities))] == [kept]
        assert len(tx.all(sa.select(received))) == 1
    clock.advance(timedelta(days=13).total_seconds())
    with database.write() as tx:
        outbox.prune(tx)
        assert tx.all(sa.select(activities)) == []
        assert tx.all(sa.select(deliveries)) == []
        assert tx.all(sa.select(received)) == []
        assert len(tx.all(sa.select(accounts))) == 1
