# SPDX-License-Identifier: AGPL-3.0-or-later
from collections.abc import Callable
from typing import Any

import pytest

from appliance.fediverse.context import Context
from appliance.fediverse.services import accounts, members, polls, statuses
from appliance.fediverse.services.edits import Edit
from appliance.fediverse.services.polls import NewPoll
from appliance.fediverse.services.statuses import Draft
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import remote_account

EVIL = "<script>alert(1)</script>"
Ask = Callable[..., str]


@pytest.fixture
def ask(context: Context) -> Ask:
    """Ask something and let one vote come in; the post's page."""

    def ask(**more: Any) -> str:
        poll = NewPoll((f"Tea {EVIL}", "Coffee"), 3600, **more)
        with context.database.write() as tx:
            author = members.get(tx, "ada").account_id
            status_id = statuses.create(tx, context.urls(), author, Draft("Which?", poll=poll))
            rita = accounts.store_remote(tx, remote_account("rita"))
            polls.receive_vote(tx, rita, status_id, "Coffee")
        return f"/@ada/{status_id}"

    return ask


def test_how_a_poll_stands_is_shown(stranger: Any, ask: Ask, text_of: Any) -> None:
    response = stranger.get(ask())
    text = " ".join(text_of(response).split())
    assert "Coffee 100 %" in text
    assert "1 vote, open until" in text
    assert "Vote with an app." in text
    assert EVIL not in response.text


def test_what_is_hidden_until_the_end_is(stranger: Any, ask: Ask, text_of: Any, clock: VirtualClock) -> None:
    page = ask(hide_totals=True)
    assert "%" not in text_of(stranger.get(page))
    clock.advance(3601)
    text = " ".join(text_of(stranger.get(page)).split())
    assert "Coffee 100 %" in text
    assert "ended" in text


def test_when_a_post_was_edited_is_said_on_its_page(stranger: Any, ask: Ask, text_of: Any, context: Context) -> None:
    page = ask()
    with context.database.write() as tx:
        author = members.get(tx, "ada").account_id
        statuses.edit(tx, context.urls(), author, int(page.rpartition("/")[2]), Edit("What?"))
    assert f"edited {context.clock.now().day} " in " ".join(text_of(stranger.get(page)).split())
