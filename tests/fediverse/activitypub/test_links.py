# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

import pytest

from appliance.fediverse.activitypub.asking import links
from appliance.fediverse.context import Context
from appliance.fediverse.services import accounts, errands, follows, profile_fields
from appliance.fediverse.services.errands import Errand
from appliance.fediverse.urls import Urls
from appliance.system.exchange import Response
from appliance.system.net import VirtualNet
from tests.fediverse.conftest import MARKS, ORIGIN, Person, remote_account

LINK = "https://anna.example/me"
BACK = f'<html><body><a rel="nofollow me" href="{ORIGIN}/@anna/">me</a></body></html>'
CREDENTIALS = "/api/v1/accounts/update_credentials"


@pytest.fixture
def net(context: Context) -> VirtualNet:
    assert isinstance(context.net, VirtualNet)
    return context.net


def _fields(person: Person, *values: str) -> Any:
    asked = [{"name": str(number), "value": value} for number, value in enumerate(values)]
    answer = person.ask("PATCH", CREDENTIALS, json={"fields_attributes": asked})
    assert answer.status_code == 200, answer.text
    return answer.json


def _wanted(context: Context) -> list[str]:
    with context.database.read() as tx:
        return [each.subject for each in errands.due(tx, 20) if each.errand is Errand.LINK]


def _run(context: Context) -> None:
    for subject in _wanted(context):
        links.run(context, subject)


def _verified(person: Person) -> list[bool]:
    shown = person.get(f"/api/v1/accounts/{person.id}")["fields"]
    assert shown == [
        each | {"verified_at": other["verified_at"]}
        for each, other in zip(
            shown, person.get("/api/v1/accounts/verify_credentials")["source"]["fields"], strict=True
        )
    ]
    return [each["verified_at"] is not None for each in shown]


def _page(body: str, kind: str = "text/html; charset=utf-8", status: int = 200) -> Response:
    return Response(status, {"content-type": kind}, body.encode())


def test_a_link_that_leads_back_is_proven_and_stays_so(anna: Person, context: Context, net: VirtualNet) -> None:
    net.answers[LINK] = _page(BACK)
    _fields(anna, LINK, "no link", f"see {LINK}")
    assert _wanted(context) == [f"{anna.id} {LINK}"]
    assert _verified(anna) == [False, False, False]
    _run(context)
    assert _verified(anna) == [True, False, False]
    _fields(anna, "another", LINK)
    assert _verified(anna) == [False, True]
    _fields(anna, "https://other.example/")
    assert _verified(anna) == [False]
    assert 'rel="me ' in anna.get(f"/api/v1/accounts/{anna.id}")["fields"][0]["value"]


@pytest.mark.parametrize(
    "answer",
    [
        _page(f'<a href="{ORIGIN}/@anna">no me</a>'),
        _page(f'<a rel="me" href="{ORIGIN}/@bob">somebody else</a>'),
        _page(f'<a rel="mean" href="{ORIGIN}/@anna">x</a>'),
        _page(f'<a rel="me" href="https://[">x</a><p {"x" * 5000}'),
        _page(BACK, status=404),
        _page(BACK, kind="application/json"),
        _page(""),
        _page("<" * 10_000),
        _page(f"<!-- {BACK} -->"),
    ],
)
def test_a_link_that_does_not_lead_back_proves_nothing(
    anna: Person, context: Context, net: VirtualNet, answer: Response
) -> None:
    net.answers[LINK] = answer
    _fields(anna, LINK)
    _run(context)
    assert _verified(anna) == [False]


def test_a_link_tag_and_a_relative_page_count_too(anna: Person, context: Context, net: VirtualNet) -> None:
    net.answers[LINK] = _page(f'<LINK HREF="{ORIGIN.upper().replace("HTTP", "http")}/users/anna" REL="Me">')
    _fields(anna, LINK)
    _run(context)
    assert _verified(anna) == [True]


def test_what_is_no_longer_on_the_profile_is_not_asked(anna: Person, context: Context, net: VirtualNet) -> None:
    _fields(anna, LINK)
    wanted = _wanted(context)
    _fields(anna, "gone")
    for subject in wanted:
        links.run(context, subject)
    assert net.asked == []


def test_links_of_people_elsewhere_are_looked_at_when_somebody_follows_them(
    anna: Person, context: Context, net: VirtualNet, urls: Urls
) -> None:
    html = f'<a href="{LINK}" rel="nofollow"><span class="invisible">https://</span>anna.example/me</a>'
    net.answers[LINK] = _page('<a rel="me" href="https://far.example/@cy">me</a>')
    account = remote_account("cy", fields=(("home", html), ("said", f"two {html} words")))
    with context.database.write() as tx:
        cy = accounts.store_remote(tx, account)
    assert _wanted(context) == []
    with context.database.write() as tx:
        follows.follow(tx, urls, anna.id, cy)
        follows.accept(tx, urls, cy, anna.id)
    assert _wanted(context) == [f"{cy} {LINK}"]
    _run(context)
    with context.database.write() as tx:
        accounts.store_remote(tx, account)
    proven = [each["verified_at"] is not None for each in anna.get(f"/api/v1/accounts/{cy}")["fields"]]
    assert proven == [True, False]


@pytest.mark.parametrize("value", ["http://", "https://a b", "ftp://x.example", "x https://x.example", ""])
def test_what_is_no_single_link_is_none(value: str) -> None:
    assert profile_fields.link_of({"name": "x", "value": value, "source": value}) is None


def test_a_page_with_a_link_of_many_marks(
    anna: Person, context: Context, net: VirtualNet, put_in_order: list[int]
) -> None:
    net.answers[LINK] = _page(f'<a rel="me" href="https://a{MARKS}">no</a>{BACK}')
    _fields(anna, LINK)
    put_in_order.clear()
    _run(context)
    assert _verified(anna) == [True]
    assert sum(put_in_order) < 2000


@pytest.mark.parametrize("broken", ["<![a", "<![<a", "<!a [<![x<![", "<![CDATA"])
def test_a_page_that_is_broken_counts_as_far_as_it_can_be_read(
    anna: Person, context: Context, net: VirtualNet, broken: str
) -> None:
    net.answers[LINK] = _page(f"{BACK}{broken * 3} ")
    _fields(anna, LINK)
    _run(context)
    assert _verified(anna) == [True]


def test_a_link_that_reads_as_another_is_not_proven() -> None:
    shown = '<p><a href="https://{}" rel="nofollow"><span class="invisible">https://</span>bank.example/</a></p>'
    fields = [{"name": "home", "value": shown.format(host)} for host in ("evil.example/", "bank.example/")]
    assert [profile_fields.link_of(each) for each in fields] == [None, "https://bank.example/"]


def test_nobody_elsewhere_has_another_ones_links_proven_as_hers(
    mallory: Any, anna: Person, context: Context, net: VirtualNet, urls: Urls
) -> None:
    net.answers[LINK] = _page('<a rel="me" href="https://far.example/@cy">me</a>')
    field = {"type": "PropertyValue", "name": "home", "value": f'<a href="{LINK}">{LINK}</a>'}
    mallory.publish({**mallory.document, "url": "https://far.example/@cy", "attachment": [field]})
    mallory.send("Follow", f"{ORIGIN}/users/anna")
    with context.database.write() as tx:
        row = accounts.by_uri(tx, mallory.uri)
        assert row is not None
        follows.follow(tx, urls, anna.id, row.id)
        follows.accept(tx, urls, row.id, anna.id)
    assert _wanted(context) == [f"{row.id} {LINK}"]
    _run(context)
    shown = anna.get(f"/api/v1/accounts/{row.id}")
    assert (shown["fields"][0]["verified_at"], shown["url"]) == (None, mallory.uri)
