# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a member says which other accounts are hers, and moves out to one of them."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.errors import BadInput, HearthError, Refused
from appliance.fediverse.activitypub.resolve import Resolver
from appliance.fediverse.context import context, request_urls
from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import accounts, aliases, members
from appliance.fediverse.urls import Urls
from appliance.fediverse.web import forms
from appliance.fediverse.web.visitor import address, member

MAX_HANDLE = 300
_DONE = {
    "alias": "That account is an alias of this one now.",
    "removed": "That account is no alias of this one any more.",
    "moved": "Your followers are told that you have moved. It takes a while until all of them are there.",
    "stopped": "This account is itself again.",
}
_PATH = "/settings/moving"


def add_to(web: Blueprint) -> None:
    web.add_url_rule(_PATH, "moving", _show)
    for name, view in (("alias", _add), ("alias/remove", _remove), ("move", _move), ("stop", _stop)):
        web.add_url_rule(f"{_PATH}/{name}", f"moving_{name}", view, methods=["POST"])


def _show() -> str:
    return _page()


def _page(errors: Mapping[str, str] | None = None) -> str:
    me, urls = member(), request_urls()
    with context().database.read() as tx:
        account = _account(tx, me.account_id)
        target = accounts.by_id(tx, account.moved_to_id) if account.moved_to_id is not None else None
        known = [(uri, _name(tx, urls, uri)) for uri in account.also_known_as or ()]
    return render_template(
        "web/moving.html",
        handle=f"@{account.username}@{urls.host}",
        aliases=known,
        moved_to=None if target is None else _handle(urls, target),
        federating=urls.federating,
        done=_DONE.get(request.args.get("done", ""), ""),
        errors=errors or {},
    )


def _add() -> Response:
    me, urls = member(), request_urls()
    try:
        alias_id = _find("alias", urls)
        with context().database.write() as tx:
            aliases.add(tx, urls, me.account_id, alias_id)
    except HearthError as error:
        return _refused("alias", error)
    return _done("alias")


def _remove() -> Response:
    me, urls = member(), request_urls()
    with context().database.write() as tx:
        aliases.remove(tx, urls, me.account_id, forms.text("uri"))
    return _done("removed")


def _move() -> Response:
    me, urls = member(), request_urls()
    try:
        members.check_password(context().database, urls, me.username, forms.secret("password"), address())
        target_id = _find("target", urls)
        with context().database.read() as tx:
            account, target = _account(tx, me.account_id), accounts.by_id(tx, target_id)
        # Its own server is asked now: what is known here may be a day old.
        if target is not None and target.domain:
            Resolver(context()).alias_of(aliases.uri_of(urls, target), aliases.uri_of(urls, account))
        with context().database.write() as tx:
            aliases.move(tx, urls, me.account_id, target_id)
    except HearthError as error:
        return _refused("password" if error.key == "wrong-login" else "target", error)
    return _done("moved")


def _stop() -> Response:
    me, urls = member(), request_urls()
    with context().database.write() as tx:
        aliases.stop_move(tx, urls, me.account_id)
    return _done("stopped")


def _find(name: str, urls: Urls) -> int:
    """The account that was typed, asked for elsewhere if need be. Raises HearthError."""
    handle = forms.text(name).strip()
    if not urls.federating:
        raise Refused("no-name", "This server has no name of its own yet.", "Try again when it has.")
    if not handle or len(handle) > MAX_HANDLE:
        raise BadInput("Say which account.", "Write it as name@server.", key="no-handle")
    return Resolver(context()).account(handle)


def _account(tx: Tx, account_id: int) -> sa.Row[Any]:
    row = accounts.by_id(tx, account_id)
    if row is None:
        raise HearthError("unknown-member", "There is no such member.", status=404)
    return row


def _name(tx: Tx, urls: Urls, uri: str) -> str:
    thing = urls.parse(uri)
    row = accounts.find_local(tx, thing.username) if thing is not None else accounts.by_uri(tx, uri)
    return uri if row is None else _handle(urls, row)


def _handle(urls: Urls, account: sa.Row[Any]) -> str:
    return f"@{account.username}@{account.domain or urls.host}"


def _refused(field: str, error: HearthError) -> Response:
    sentence = "The password is wrong." if error.key == "wrong-login" else str(error)
    return make_response(_page({field: sentence}), 403 if error.key == "wrong-login" else error.status)


def _done(what: str) -> Response:
    return redirect(f"{_PATH}?done={what}", 303)
