# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.config import Config
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import accounts as table
from appliance.fediverse.db.tables import activities
from appliance.fediverse.model import Role
from appliance.fediverse.services import accounts, follows, instance_settings, members
from appliance.fediverse.urls import Urls
from appliance.secret import Secret
from appliance.system.clock import VirtualClock
from appliance.system.net import VirtualNet
from tests.fediverse.conftest import ORIGIN, remote_account

PASSWORD = "four unrelated words here"
PAGE = "/settings/moving"


@pytest.fixture
def context(config: Config, database: Database, clock: VirtualClock) -> Context:
    """With a name, so that there is somewhere to move to."""
    with database.write() as tx:
        instance_settings.put(tx, "title", "The Kitchen Table")
        members.create(tx, "ada", Secret(PASSWORD), role=Role.OWNER)
        members.create(tx, "bea", Secret(PASSWORD))
    return Context(database, clock, VirtualNet(), config, ORIGIN)


def _account(context: Context, name: str = "ada") -> Any:
    with context.database.read() as tx:
        return accounts.find_local(tx, name)


def _remote(context: Context, urls: Urls, *, names_ada: bool) -> int:
    with context.database.write() as tx:
        also = (urls.actor("ada"),) if names_ada else ()
        return accounts.store_remote(tx, remote_account("ada2", also_known_as=also))


def _kinds(context: Context) -> list[str]:
    with context.database.read() as tx:
        return [json.loads(row.body)["type"] for row in tx.all(sa.select(activities).order_by(activities.c.id))]


def test_aliases_are_added_and_taken_away(ada: Any, context: Context, urls: Urls, text_of: Any) -> None:
    _remote(context, urls, names_ada=False)
    assert ada.send(PAGE, f"{PAGE}/alias", alias="@ada2@far.example").location == f"{PAGE}?done=alias"
    assert _account(context).also_known_as == ["https://far.example/users/ada2"]
    assert "@ada2@far.example" in text_of(ada.get(PAGE))
    ada.send(PAGE, f"{PAGE}/alias", alias="ada2@far.example")
    assert len(_account(context).also_known_as) == 1
    assert ada.send(PAGE, f"{PAGE}/alias/remove").location == f"{PAGE}?done=removed"
    assert _account(context).also_known_as is None


@pytest.mark.parametrize("handle", ["", "nobody@none.example", "ada", "@", "x" * 400, "<script>"])
def test_nobody_is_an_alias_who_is_not_there(ada: Any, context: Context, handle: str) -> None:
    assert ada.send(PAGE, f"{PAGE}/alias", alias=handle).status_code in (403, 404, 422)
    assert _account(context).also_known_as is None


def test_moving_tells_followers_and_takes_those_here_along(
    ada: Any, context: Context, urls: Urls, text_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.fediverse.web.moving.Resolver.alias_of", lambda *_: None)
    target, me, bea = _remote(context, urls, names_ada=True), _account(context).id, _account(context, "bea").id
    with context.database.write() as tx:
        follows.follow(tx, urls, bea, me)
        follows.follow(tx, urls, accounts.store_remote(tx, remote_account("cy")), me)
    assert ada.send(PAGE, f"{PAGE}/move", target="ada2@far.example", password="wrong").status_code == 403
    assert _account(context).moved_to_id is None
    moved = ada.send(PAGE, f"{PAGE}/move", target="ada2@far.example", password=PASSWORD)
    assert moved.location == f"{PAGE}?done=moved"
    assert _account(context).moved_to_id == target
    assert _kinds(context)[-3:] == ["Follow", "Update", "Move"]
    with context.database.read() as tx:
        assert follows.find(tx, bea, me) is None
        assert follows.find(tx, bea, target) is not None
    shown = ada.get(f"/api/v1/accounts/{me}").json
    assert shown["moved"]["acct"] == "ada2@far.example"
    assert "has moved to @ada2@far.example" in text_of(ada.get(PAGE))
    assert ada.send(PAGE, f"{PAGE}/stop").location == f"{PAGE}?done=stopped"
    assert _account(context).moved_to_id is None
    assert "moved" not in ada.get(f"/api/v1/accounts/{me}").json


def test_nobody_moves_to_an_account_that_does_not_know_of_it(
    ada: Any, context: Context, urls: Urls, text_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.fediverse.web.moving.Resolver.alias_of", lambda *_: None)
    _remote(context, urls, names_ada=False)
    answer = ada.send(PAGE, f"{PAGE}/move", target="ada2@far.example", password=PASSWORD)
    assert answer.status_code == 403
    assert "does not say that this one is yours" in text_of(answer)
    assert _account(context).moved_to_id is None
    assert ada.send(PAGE, f"{PAGE}/move", target="ada", password=PASSWORD).status_code == 403


def test_nobody_moves_to_who_has_moved(ada: Any, context: Context, urls: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.fediverse.web.moving.Resolver.alias_of", lambda *_: None)
    target = _remote(context, urls, names_ada=True)
    with context.database.write() as tx:
        tx.execute(sa.update(table).where(table.c.id == target).values(moved_to_id=1))
    assert ada.send(PAGE, f"{PAGE}/move", target="ada2@far.example", password=PASSWORD).status_code == 403


def test_where_the_new_servers_word_cannot_be_had_nothing_moves(ada: Any, context: Context, urls: Urls) -> None:
    _remote(context, urls, names_ada=True)
    answer = ada.send(PAGE, f"{PAGE}/move", target="ada2@far.example", password=PASSWORD)
    assert answer.status_code >= 400
    assert _account(context).moved_to_id is None


def test_strangers_reach_none_of_it(stranger: Any, browser: Any) -> None:
    assert stranger.get(PAGE).location.startswith("/login?next=")
    for name in ("alias", "alias/remove", "move", "stop"):
        assert stranger.post(f"{PAGE}/{name}", {}).status_code in (303, 403)
