# SPDX-License-Identifier: AGPL-3.0-or-later
import asyncio
from dataclasses import replace

import pytest
import sqlalchemy as sa

from appliance.fediverse.companion.cards import IDLE_SECONDS, CardTask
from appliance.fediverse.context import Context
from appliance.fediverse.db.tables import accounts as account_table
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import accounts, statuses
from appliance.fediverse.services.cards import link_in
from appliance.fediverse.services.remote import RemoteStatus
from appliance.system.async_net import AsyncVirtualNet
from appliance.system.clock import VirtualClock
from appliance.system.net import Response, VirtualNet
from tests.fediverse.conftest import ORIGIN, Person, remote_account
from tests.fediverse.entities import shapes

URL = "https://news.example/tea"
HTML = {"content-type": "text/html; charset=utf-8"}
PAGE = b'<title>Tea</title><meta name="description" content="About tea"><meta property="og:image" content="/t.png">'


@pytest.fixture
def net() -> VirtualNet:
    net = VirtualNet()
    net.answers[URL] = Response(200, HTML, PAGE, URL)
    return net


def run(context: Context, net: VirtualNet) -> float:
    return asyncio.run(CardTask(context, AsyncVirtualNet(net)).turn())


def test_what_the_page_says_comes_under_the_post(anna: Person, context: Context, net: VirtualNet) -> None:
    status = anna.toot(f"Look: {URL}, it is @anna's")
    assert status["card"] is None
    run(context, net)
    card = anna.get(f"/api/v1/statuses/{status['id']}")["card"]
    assert (card["url"], card["title"], card["description"], card["type"]) == (URL, "Tea", "About tea", "link")
    assert card["image"].startswith(f"{ORIGIN}/")
    assert anna.get(f"/api/v1/statuses/{status['id']}/card") == card


def test_a_page_names_its_author_if_she_lets_it(anna: Person, context: Context, net: VirtualNet) -> None:
    meta = b'<meta name="fediverse:creator" content="@anna@localhost:10100">'
    net.answers[URL] = Response(200, HTML, PAGE + meta, URL)
    one = f"/api/v1/statuses/{anna.toot(URL)['id']}"
    run(context, net)
    assert anna.get(one)["card"]["authors"] == []
    for domains, seen in ((["example"], 0), (["ews.example"], 0), (["news.example"], 1), ([], 0), (["b.example"], 0)):
        sent = {"attribution_domains": domains}
        answer = anna.ask("PATCH", "/api/v1/profile", json=sent)
        if domains == ["example"]:
            assert answer.status_code == 422
        authors = anna.get(one)["card"]["authors"]
        assert [each["account"]["id"] for each in authors] == [str(anna.id)] * seen


@pytest.mark.parametrize(
    ("found", "is_named"),
    [
        ("https://news.example/tea/", True),
        ("https://www.news.example/tea", True),
        ("https://other.example/tea", False),
        ("https://fakenews.example/tea", False),
        ("https://example/tea", False),
    ],
)
def test_a_page_elsewhere_is_not_credited_by_whom_led_there(
    anna: Person, context: Context, net: VirtualNet, found: str, is_named: bool
) -> None:
    anna.ask("PATCH", "/api/v1/profile", json={"attribution_domains": ["news.example"]})
    meta = b'<meta name="fediverse:creator" content="@anna@localhost:10100">'
    net.answers[URL] = Response(302, {"location": found}, b"", URL)
    net.answers[found] = Response(200, HTML, PAGE + meta, found)
    one = f"/api/v1/statuses/{anna.toot(URL)['id']}"
    run(context, net)
    card = anna.get(one)["card"]
    assert (card["title"], len(card["authors"])) == ("Tea", int(is_named))


def test_somebody_of_elsewhere_is_named_by_her_own_word(anna: Person, context: Context, net: VirtualNet) -> None:
    with context.database.write() as tx:
        far = accounts.store_remote(tx, remote_account("far", attribution_domains=("example.net", "news.example")))
    meta = b'<meta name="author" content="Far Away"><meta name="fediverse:creator" content="far@far.example">'
    net.answers[URL] = Response(200, HTML, PAGE + meta, URL)
    one = f"/api/v1/statuses/{anna.toot(URL)['id']}"
    run(context, net)
    shown = anna.get(one)
    (author,) = shown["card"]["authors"]
    assert (author["name"], author["account"]["acct"]) == ("Far Away", "far@far.example")
    assert shapes.differences("Status", shown) == []
    with context.database.write() as tx:
        tx.execute(sa.update(account_table).where(account_table.c.id == far).values(suspended_at=1))
    assert anna.get(one)["card"]["authors"] == [{"name": "Far Away", "url": "", "account": None}]


def test_a_page_is_asked_once_for_many_posts(anna: Person, context: Context, net: VirtualNet) -> None:
    anna.toot(f"one {URL}")
    anna.toot(f"two {URL}")
    run(context, net)
    status = anna.toot(f"three {URL}")
    assert status["card"]["title"] == "Tea"
    assert len(net.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        None,
        Response(404, HTML, PAGE, URL),
        Response(200, {"content-type": "image/png"}, PAGE, URL),
        Response(200, HTML, b"", URL),
    ],
)
def test_a_page_that_says_nothing_is_left_alone(
    anna: Person, context: Context, net: VirtualNet, answer: Response | None
) -> None:
    net.answers.pop(URL)
    if answer is not None:
        net.answers[URL] = answer
    statuses = [anna.toot(f"{number} {URL}") for number in range(2)]
    assert run(context, net) == IDLE_SECONDS
    assert anna.get(f"/api/v1/statuses/{statuses[0]['id']}")["card"] is None
    asked = len(net.asked)
    anna.toot(f"again {URL}")
    run(context, net)
    assert len(net.asked) == asked


@pytest.mark.parametrize(
    "answer",
    [
        Response(302, {"location": "https://[x"}, b"", URL),
        Response(200, {"content-type": "text/html; charset=undefined"}, PAGE, URL),
    ],
)
def test_no_page_ends_the_companion(anna: Person, context: Context, net: VirtualNet, answer: Response) -> None:
    net.answers[URL] = answer
    anna.toot(f"Look: {URL}")
    assert run(context, net) == IDLE_SECONDS


def test_an_edit_takes_the_card_with_the_link(anna: Person, context: Context, net: VirtualNet) -> None:
    status = anna.toot(f"Look: {URL}")
    run(context, net)
    anna.ask("PUT", f"/api/v1/statuses/{status['id']}", json={"status": "Never mind"})
    assert anna.get(f"/api/v1/statuses/{status['id']}")["card"] is None


def test_posts_of_others_wait_a_little(anna: Person, context: Context, net: VirtualNet, clock: VirtualClock) -> None:
    with context.database.write() as tx:
        rita = accounts.store_remote(tx, remote_account("rita"))
        note = RemoteStatus("https://far.example/1", f'<p><a href="{URL}">x</a></p>', Visibility.PUBLIC, tx.now_ms)
        status_id = statuses.receive(tx, context.urls(), rita, note)
    clock.advance(31)
    run(context, net)
    assert anna.get(f"/api/v1/statuses/{status_id}")["card"]["title"] == "Tea"


def test_without_a_name_nobody_is_asked(anna: Person, context: Context, net: VirtualNet) -> None:
    anna.toot(f"Look: {URL}")
    assert run(replace(context, origin=None), net) == IDLE_SECONDS
    assert net.asked == []


def test_people_and_hashtags_are_no_pages() -> None:
    html = (
        '<a href="https://a.example/@x" class="u-url mention">@x</a> <a class="mention hashtag" href="https://a.example/'
        'tags/t" rel="tag">#t</a> <a rel="tag" href="https://b.example/">t</a> <a href="/tags/tea">t</a> '
        '<a href="https://c.example/?a=1&amp;b=2">c</a>'
    )
    assert link_in(html) == "https://c.example/?a=1&b=2"
    assert link_in(f'<a href="https://a.example/{"x" * 3000}">') is None
    assert link_in("no link") is None
