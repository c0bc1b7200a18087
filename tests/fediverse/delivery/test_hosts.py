# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the courier learns of hosts: who is silent, who is gone, and which signature each understands."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from appliance.fediverse.activitypub import hosts, outgoing, signatures, synchronisation
from appliance.fediverse.activitypub.signatures import Form, Message
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import deliveries
from appliance.fediverse.delivery.courier import DOUBTFUL, IN_ALL, Courier
from appliance.fediverse.services import accounts, follows
from appliance.fediverse.services.keys import KeyPair
from appliance.fediverse.urls import Urls
from appliance.system.clock import VirtualClock
from appliance.system.exchange import Request, Response
from appliance.system.net import Trouble, VirtualNet
from tests.fediverse.conftest import remote_account
from tests.fediverse.delivery.letters import FAR, HERE, NEAR, OK, Gate, run, waiting


def tell(database: Database, author: int | None, *inboxes: str) -> None:
    with database.write() as tx:
        outgoing.send(tx, author, {"id": "x", "type": "Like"}, set(inboxes))


def follow(database: Database, urls: Urls, followee: int, *people: Any) -> None:
    with database.write() as tx:
        for person in people:
            follows.follow(tx, urls, accounts.store_remote(tx, person), followee)
        tx.execute(sa.delete(deliveries))


def forms(net: VirtualNet) -> list[Form]:
    names = [{name.lower() for name in request.headers} for request in net.asked]
    return [Form.RFC9421 if "signature-input" in found else Form.CAVAGE for found in names]


def old_only(request: Request) -> Response:
    return Response(401 if "signature-input" in request.headers else 202)


def new_only(request: Request) -> Response:
    return Response(202 if "signature-input" in request.headers else 401)


def test_whoever_did_not_answer_is_never_in_the_way(
    context: Context, database: Database, enqueue: Callable[..., int]
) -> None:
    """Ten times as many as may be under way, and all of them silent."""
    silent = [f"https://s{number}.example/inbox" for number in range(10 * IN_ALL)]
    with database.write() as tx:
        for inbox in silent:
            hosts.silent(tx, urlsplit(inbox).netloc, 1, 0)
    enqueue(1, *silent)
    enqueue(2, NEAR)

    async def work() -> tuple[Gate, int]:
        net = Gate()
        courier = Courier(context, net, jitter=lambda: 0.0)
        await courier.turn()
        await asyncio.sleep(0.2)
        under_way = len(courier._under_way)
        net.gate.set()
        await courier.finish()
        return net, under_way

    net, under_way = asyncio.run(work())
    assert under_way == DOUBTFUL + 1
    assert net.most["near.example"] == 1


def test_what_comes_while_a_host_is_down_waits_with_the_rest(
    context: Context, net: VirtualNet, database: Database, clock: VirtualClock, anna: Any, bob: Any
) -> None:
    net.answers[FAR] = Trouble.DOWN
    tell(database, anna.id, FAR)
    run(context, net)
    net.asked.clear()
    tell(database, bob.id, FAR, NEAR)
    run(context, net)
    assert [request.url for request in net.asked] == [NEAR]
    net.answers[FAR] = OK
    clock.advance(61)
    run(context, net)
    assert waiting(database) == []
    with database.read() as tx:
        assert hosts.resting(tx) == {}


def test_nothing_is_kept_for_who_was_silent_for_a_week(
    context: Context, net: VirtualNet, database: Database, clock: VirtualClock, anna: Any
) -> None:
    net.answers[FAR] = Trouble.DOWN
    for _ in range(20):
        tell(database, anna.id, FAR)
        run(context, net, turns=1)
        clock.advance(14 * 3600)
    tell(database, anna.id, FAR)
    net.asked.clear()
    run(context, net, turns=1)
    assert net.asked != []  # it is tried now and then all the same
    kept = len(waiting(database))
    for _ in range(5):
        tell(database, anna.id, FAR)
    assert len(waiting(database)) == kept


def test_who_refuses_one_form_of_signature_is_sent_the_other_and_remembered(
    context: Context, net: VirtualNet, enqueue: Callable[..., int]
) -> None:
    net.answers[FAR] = new_only
    for number in (1, 2):
        enqueue(number, FAR)
        run(context, net)
    assert forms(net) == [Form.CAVAGE, Form.RFC9421, Form.RFC9421]
    net.asked.clear()
    net.answers[FAR] = old_only
    for number in (3, 4):
        enqueue(number, FAR)
        run(context, net)
    assert forms(net) == [Form.RFC9421, Form.CAVAGE, Form.CAVAGE]


def test_who_asks_for_the_new_form_gets_it(context: Context, net: VirtualNet, enqueue: Callable[..., int]) -> None:
    net.answers[FAR] = Response(202, {"accept-signature": 'sig1=("@method");created'})
    for number in (1, 2):
        enqueue(number, FAR)
        run(context, net)
    assert forms(net) == [Form.CAVAGE, Form.RFC9421]


def test_a_post_for_followers_carries_their_digest(
    context: Context, net: VirtualNet, database: Database, anna: Any, urls: Urls, clock: VirtualClock, keys: KeyPair
) -> None:
    nora = remote_account("nora", "near.example")
    follow(database, urls, anna.id, remote_account("rita"), remote_account("rolf"), nora)
    net.answers |= {f"https://far.example/users/{name}/inbox": OK for name in ("rita", "rolf")}
    net.answers[nora.inbox] = OK
    for visibility in ("private", "public"):
        anna.toot(visibility, visibility=visibility)
    run(context, net)
    found = {}
    for request in net.asked:
        headers = {name.lower(): value for name, value in request.headers.items()}
        assert (synchronisation.HEADER in headers) is (b">private<" in request.body)
        if synchronisation.HEADER in headers:
            parts = urlsplit(request.url)
            found[parts.netloc] = headers[synchronisation.HEADER]
            message = Message("POST", parts.path, headers, request.body)
            signature = signatures.read(message, clock.now(), f"https://{parts.netloc}")
            assert signatures.verify(signature, keys.public)
            assert synchronisation.HEADER.encode() in signature.text
    both = synchronisation.digest(["https://far.example/users/rolf", "https://far.example/users/rita"])
    list_of = f"{HERE}/users/anna/followers"
    assert found["far.example"] == f'collectionId="{list_of}", url="{list_of}_synchronization", digest="{both}"'
    assert synchronisation.digest([nora.uri]) in found["near.example"]


def test_the_digest_of_the_proposal() -> None:
    """The example of FEP-8fcf."""
    uris = ["https://testing.example.org/users/1", "https://testing.example.org/users/2"]
    assert synchronisation.digest(uris) == "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f"


def test_who_is_gone_follows_nobody(
    context: Context, net: VirtualNet, database: Database, anna: Any, urls: Urls
) -> None:
    shared = "https://far.example/inbox"
    people = [remote_account(name, shared_inbox=shared) for name in ("rita", "rolf")]
    follow(database, urls, anna.id, *people)
    net.answers |= {shared: Response(410), people[0].inbox: Response(410), people[1].inbox: OK}
    for text in ("one", "two", "three"):
        anna.toot(text)
        run(context, net)
    assert sorted(request.url.split("/")[-2] for request in net.asked) == ["far.example", "rita", "rolf", "rolf"]
    assert anna.get("/api/v1/accounts/verify_credentials")["followers_count"] == 1


def test_the_instance_itself_has_something_to_say(
    context: Context, net: VirtualNet, database: Database, clock: VirtualClock
) -> None:
    tell(database, None, FAR)
    run(context, net)
    headers = {name.lower(): value for name, value in net.asked[0].headers.items()}
    message = Message("POST", "/inbox", headers, net.asked[0].body)
    assert signatures.read(message, clock.now(), "https://far.example").key_id == f"{HERE}/actor#main-key"
    assert waiting(database) == []
