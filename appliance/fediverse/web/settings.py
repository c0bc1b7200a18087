# SPDX-License-Identifier: AGPL-3.0-or-later
"""A member's own page: password, where she is logged in, her apps, and the invites she gave."""

from collections.abc import Mapping

import segno
from flask import Blueprint, make_response, redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from appliance.errors import BadInput, HearthError
from appliance.fediverse.context import context, request_urls
from appliance.fediverse.model import MemberState, Registration
from appliance.fediverse.services import connected_apps, invites, members, sessions
from appliance.fediverse.web import collections, forms
from appliance.fediverse.web.browsers import browser_name
from appliance.fediverse.web.visitor import address, member, session, visitor

_DONE = {
    "password": "Your new password is set, and all other browsers are logged out.",
    "session": "That browser is logged out.",
    "sessions": "All other browsers are logged out.",
    "app": "That app is logged out.",
    "invite": "The invite is taken back.",
    "picture": "Your new picture is there. Apps and other servers may show the old one for a while.",
    "collection": "You are not in that collection any more.",
    "picture-removed": "Your picture is gone.",
}


def add_to(web: Blueprint) -> None:
    web.add_url_rule("/settings", "settings", _show)
    for name, view in (
        ("password", _change_password),
        ("sessions/end", _end_session),
        ("sessions/end-others", _end_others),
        ("apps/end", _end_app),
        ("invites", _invite),
        ("invites/revoke", _revoke),
    ):
        web.add_url_rule(f"/settings/{name}", f"settings_{name}", view, methods=["POST"])


def _show() -> str:
    return _page()


def _page(errors: Mapping[str, str] | None = None) -> str:
    me, here = member(), session()
    with context().database.read() as tx:
        open_sessions = sessions.of(tx, me.account_id)
        apps = connected_apps.of(tx, me.account_id)
        open_invites = invites.open_of(tx, me.account_id)
        memberships = collections.with_member(tx, me.account_id)
        waiting = len(members.every(tx, state=MemberState.PENDING)) if me.is_staff else 0
    return render_template(
        "web/settings.html",
        here=here.id,
        sessions=[(each, browser_name(each.browser)) for each in open_sessions],
        apps=apps,
        invites=open_invites,
        memberships=memberships,
        may_invite=me.is_staff or visitor().instance.registration is not Registration.CLOSED,
        max_invites=invites.MAX_OPEN,
        waiting=waiting,
        done=_DONE.get(request.args.get("done", ""), ""),
        welcome="welcome" in request.args,
        errors=errors or {},
    )


def _change_password() -> Response:
    me, here = member(), session()
    try:
        new = forms.secret("new")
        if not new.matches(forms.text("again")):
            raise BadInput("The two new passwords are not the same.", "Type the new one twice.", key="not-same")
        members.check_password(context().database, request_urls(), me.username, forms.secret("old"), address())
        with context().database.write() as tx:
            members.set_password(tx, me.account_id, new, keep_session=here.id)
    except HearthError as error:
        sentence = "The old password is wrong." if error.key == "wrong-login" else str(error)
        field = {"wrong-login": "old", "weak-password": "new", "not-same": "again"}.get(error.key, "")
        return make_response(_page({field: sentence}), 403 if error.key == "wrong-login" else error.status)
    return _done("password")


def _end_session() -> Response:
    me, here = member(), session()
    wanted = forms.number("id")
    if wanted == here.id:
        return redirect("/logout", 303)
    with context().database.write() as tx:
        sessions.end(tx, me.account_id, wanted)
    return _done("session")


def _end_others() -> Response:
    me, here = member(), session()
    with context().database.write() as tx:
        sessions.end_all(tx, me.account_id, but=here.id)
    return _done("sessions")


def _end_app() -> Response:
    me = member()
    with context().database.write() as tx:
        connected_apps.end(tx, me.account_id, forms.number("id"))
    return _done("app")


def _invite() -> str:
    me = member()
    with context().database.write() as tx:
        fresh = invites.make(tx, me.account_id)
    url = request_urls().invite(fresh.token.reveal())
    return render_template("web/invite.html", url=url, expires_at=fresh.expires_at, qr=qr(url))


def _revoke() -> Response:
    me = member()
    with context().database.write() as tx:
        invites.revoke(tx, forms.number("id"), actor_id=me.account_id)
    return _done("invite")


def qr(text: str) -> Markup:
    """A drawing for cameras, without inline style. It holds the text only as squares."""
    drawing = segno.make(text, error="m").svg_inline(omitsize=True, svgclass="qr", lineclass=None, border=0)
    return Markup(drawing)  # noqa: S704


def _done(what: str) -> Response:
    return redirect(f"/settings?done={what}", 303)
