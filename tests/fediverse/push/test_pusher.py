# SPDX-License-Identifier: AGPL-3.0-or-later
"""From a mention to a line on a phone, through a push service of the test's own."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import web

from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import accounts, members, push_errands, push_subscriptions
from appliance.fediverse.push import queue
from appliance.fediverse.push.pusher import MOST_ATTEMPTS, Pusher
from appliance.fediverse.services import push_keys
from appliance.system.async_net import AiohttpNet
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import ORIGIN, Person
from tests.fediverse.push.receiver import Browser, claims, unb64


@dataclass
class PushService:
    """Answers `status`, and keeps what it got."""

    url: str = ""
    status: int = 201
    got: list[tuple[Any, bytes]] = field(default_factory=list)

    async def take(self, request: web.BaseRequest) -> web.Response:
        assert request.method == "POST"
        self.got.append((request.headers.copy(), await request.read()))
        return web.Response(status=self.status)


Act = Callable[[PushService], Awaitable[None]]


@pytest.fixture
def push(context: Context, database: Database) -> Callable[[Act], None]:
    """Run a test's coroutine beside a push service."""
    push_keys.ensure(database)

    def run(act: Act) -> None:
        async def work() -> None:
            async with _service() as service:
                await act(service)

        asyncio.run(work())

    return run


@asynccontextmanager
async def _service() -> Any:
    service = PushService()
    runner = web.ServerRunner(web.Server(service.take))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}/push/1"
    try:
        yield service
    finally:
        await runner.cleanup()


async def send(context: Context) -> float:
    net = AiohttpNet(development=True)
    try:
        return await Pusher(context, net, jitter=lambda: 0.0).turn()
    finally:
        await net.close()


def subscribe(person: Person, browser: Browser, url: str, *, standard: bool = True, **data: Any) -> Any:
    given = {"alerts": {"mention": True, "follow": True}} | data
    return person.post(
        "/api/v1/push/subscription", {"subscription": browser.subscription(url, standard=standard), "data": given}
    )


@pytest.mark.parametrize("standard", [True, False])
def test_a_mention_reaches_the_phone(
    standard: bool, push: Any, context: Context, clock: VirtualClock, anna: Person, bob: Person
) -> None:
    async def act(service: PushService) -> None:
        browser = Browser()
        made = await asyncio.to_thread(subscribe, anna, browser, service.url, standard=standard)
        await asyncio.to_thread(bob.toot, "<b>hi</b> @anna " + "long " * 80)
        await send(context)
        ((headers, body),) = service.got
        (notice,) = anna.get("/api/v1/notifications")
        said = json.loads(browser.read(headers, body))
        assert said == {
            "access_token": anna.token,
            "preferred_locale": "en",
            "notification_id": int(notice["id"]),
            "notification_type": "mention",
            "icon": notice["account"]["avatar_static"],
            "title": "bob mentioned you",
            "body": said["body"],
        }
        assert said["body"].startswith("<b>hi</b> @anna long")
        assert len(said["body"]) == 140
        assert (headers["TTL"], headers["Urgency"]) == ("172800", "normal")
        sworn, key = claims(headers)
        assert sworn["aud"] == service.url.removesuffix("/push/1")
        assert sworn["sub"] == ORIGIN
        assert 0 < sworn["exp"] - clock.now().timestamp() <= 24 * 3600
        assert key == unb64(made["server_key"].rstrip("="))
        assert body.find(b"anna") == -1

    push(act)


def test_only_what_was_asked_for_is_pushed(push: Any, context: Context, anna: Person, bob: Person) -> None:
    async def act(service: PushService) -> None:
        browser = Browser()
        await asyncio.to_thread(subscribe, anna, browser, service.url)
        status = await asyncio.to_thread(anna.toot, "x")
        await asyncio.to_thread(bob.post, f"/api/v1/statuses/{status['id']}/favourite")
        await send(context)
        assert service.got == []
        await asyncio.to_thread(bob.post, f"/api/v1/accounts/{anna.id}/follow")
        await send(context)
        assert json.loads(browser.read(*service.got[0]))["notification_type"] == "follow"

    push(act)


@pytest.mark.parametrize(
    ("policy", "pushed"), [("all", True), ("none", False), ("followed", False), ("follower", True)]
)
def test_only_of_whom_it_was_asked_for(
    policy: str, pushed: bool, push: Any, context: Context, anna: Person, bob: Person
) -> None:
    async def act(service: PushService) -> None:
        await asyncio.to_thread(subscribe, anna, Browser(), service.url, policy=policy, alerts={"mention": True})
        await asyncio.to_thread(bob.post, f"/api/v1/accounts/{anna.id}/follow")
        await asyncio.to_thread(bob.toot, "hi @anna")
        await send(context)
        assert len(service.got) == pushed

    push(act)


def test_a_warning_hides_the_text(push: Any, context: Context, anna: Person, bob: Person) -> None:
    async def act(service: PushService) -> None:
        browser = Browser()
        await asyncio.to_thread(subscribe, anna, browser, service.url)
        await asyncio.to_thread(bob.toot, "secret @anna", spoiler_text="Careful")
        await send(context)
        assert json.loads(browser.read(*service.got[0]))["body"] == "Careful"

    push(act)


def test_what_the_reader_may_not_see_any_more_is_not_pushed(
    push: Any, context: Context, database: Database, anna: Person, bob: Person
) -> None:
    async def act(service: PushService) -> None:
        await asyncio.to_thread(subscribe, anna, Browser(), service.url)
        gone = await asyncio.to_thread(bob.toot, "gone @anna")
        await asyncio.to_thread(bob.toot, "hidden @anna", visibility="private")
        await asyncio.to_thread(bob.ask, "DELETE", f"/api/v1/statuses/{gone['id']}")
        await asyncio.to_thread(bob.post, f"/api/v1/accounts/{anna.id}/block")
        await send(context)
        assert service.got == []
        assert waiting(database) == []

    push(act)


@pytest.mark.parametrize("values", [{"state": "disabled"}, {"suspended_at": 1}])
def test_who_may_not_log_in_is_told_nothing(
    values: dict[str, Any], push: Any, context: Context, database: Database, anna: Person, bob: Person
) -> None:
    async def act(service: PushService) -> None:
        await asyncio.to_thread(subscribe, anna, Browser(), service.url)
        await asyncio.to_thread(bob.toot, "psst @anna", visibility="direct")
        with database.write() as tx:
            table, key = (members, members.c.account_id) if "state" in values else (accounts, accounts.c.id)
            tx.execute(sa.update(table).where(key == anna.id).values(**values))
        await send(context)
        assert service.got == []
        assert waiting(database) == []

    push(act)


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_no_more_is_dropped(
    status: int, push: Any, context: Context, database: Database, anna: Person, bob: Person
) -> None:
    async def act(service: PushService) -> None:
        service.status = status
        await asyncio.to_thread(subscribe, anna, Browser(), service.url)
        await asyncio.to_thread(bob.toot, "hi @anna")
        await send(context)
        anna.refused(404, "GET", "/api/v1/push/subscription")
        assert waiting(database) == []

    push(act)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_is_tried_again_for_a_while(
    status: int,
    push: Any,
    context: Context,
    database: Database,
    clock: VirtualClock,
    anna: Person,
    bob: Person,
) -> None:
    async def act(service: PushService) -> None:
        service.status = status
        await asyncio.to_thread(subscribe, anna, Browser(), service.url)
        for _ in range(2):
            await asyncio.to_thread(bob.toot, "hi @anna")
        assert await send(context) == pytest.approx(60.0)
        assert len(service.got) == 2
        await send(context)
        assert len(service.got) == 2
        for _ in range(MOST_ATTEMPTS):
            clock.advance(timedelta(hours=3).total_seconds())
            await send(context)
        assert len(service.got) == 2 * MOST_ATTEMPTS
        assert waiting(database) == []
        assert anna.get("/api/v1/push/subscription")

    push(act)


def test_a_push_service_that_is_down_or_refuses(
    push: Any, context: Context, database: Database, clock: VirtualClock, anna: Person, bob: Person
) -> None:
    async def act(service: PushService) -> None:
        await asyncio.to_thread(subscribe, anna, Browser(), "http://127.0.0.1:9/push")
        await asyncio.to_thread(bob.toot, "hi @anna")
        await send(context)
        assert len(waiting(database)) == 1
        clock.advance(timedelta(days=3).total_seconds())
        await send(context)
        assert waiting(database) == []
        await asyncio.to_thread(subscribe, anna, Browser(), service.url)
        service.status = 413
        await asyncio.to_thread(bob.toot, "hi @anna")
        await send(context)
        assert waiting(database) == []

    push(act)


def test_nobody_is_made_to_ask_the_home_network(
    push: Any, context: Context, database: Database, anna: Person, bob: Person
) -> None:
    """A name may change where it points after it was checked."""

    async def act(service: PushService) -> None:
        await asyncio.to_thread(subscribe, anna, Browser(), service.url)
        with database.write() as tx:
            tx.execute(sa.update(push_subscriptions).values(endpoint="https://192.168.0.1/push"))
        await asyncio.to_thread(bob.toot, "hi @anna")
        await send(context)
        assert waiting(database) == []
        assert service.got == []

    push(act)


def test_without_a_name_or_a_clock_nothing_leaves(
    push: Any, context: Context, clock: VirtualClock, anna: Person, bob: Person
) -> None:
    async def act(service: PushService) -> None:
        await asyncio.to_thread(subscribe, anna, Browser(), service.url)
        await asyncio.to_thread(bob.toot, "hi @anna")
        await send(replace(context, origin=None))
        clock.is_trusted = False
        await send(context)
        assert service.got == []
        clock.is_trusted = True
        await send(context)
        assert len(service.got) == 1

    push(act)


def test_what_cannot_be_drawn_is_dropped_and_stops_nobody(
    push: Any, context: Context, database: Database, anna: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(service: PushService) -> None:
        await asyncio.to_thread(subscribe, anna, Browser(), service.url)
        await asyncio.to_thread(bob.toot, "hi @anna")
        with monkeypatch.context() as patch:
            patch.setattr(queue.entities, "draw", lambda *_: 1 / 0)
            await send(context)
        assert waiting(database) == []
        await asyncio.to_thread(bob.toot, "hi @anna")
        await send(context)
        assert len(service.got) == 1

    push(act)


def test_the_members_language_is_told(push: Any, context: Context, database: Database, anna: Person, bob: Person):
    async def act(service: PushService) -> None:
        browser = Browser()
        with database.write() as tx:
            tx.execute(sa.update(members).where(members.c.account_id == anna.id).values(locale="de"))
        await asyncio.to_thread(subscribe, anna, browser, service.url)
        await asyncio.to_thread(bob.toot, "hi @anna")
        await send(context)
        assert json.loads(browser.read(*service.got[0]))["preferred_locale"] == "de"

    push(act)


def waiting(database: Database) -> list[Any]:
    with database.read() as tx:
        return tx.all(sa.select(push_errands))
