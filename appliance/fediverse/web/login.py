# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logging in and out."""

from urllib.parse import quote

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.errors import HearthError
from appliance.fediverse.context import context, request_urls
from appliance.fediverse.services import members
from appliance.fediverse.web import forms
from appliance.fediverse.web.visitor import address, log_in, log_out, visitor

_HOME = "/settings"


def add_to(web: Blueprint) -> None:
    web.add_url_rule("/login", "login", _show)
    web.add_url_rule("/login", "login_post", _log_in, methods=["POST"])
    web.add_url_rule("/logout", "logout", _ask_out)
    web.add_url_rule("/logout", "logout_post", _log_out, methods=["POST"])


def _show() -> str | Response:
    """With `again` for who is logged in too, to become somebody else."""
    after = forms.safe_path(request.args.get("next", ""))
    if visitor().member is not None and not request.args.get("again"):
        return redirect(after or _HOME, 303)
    return render_template("web/login.html", after=after or "", username="", errors={})


def _log_in() -> Response:
    after = forms.safe_path(forms.text("next"))
    try:
        account_id = members.check_password(
            context().database, request_urls(), forms.text("username"), forms.secret("password"), address()
        )
    except HearthError as error:
        return _again(error, after)
    log_in(account_id)
    return redirect(after or _HOME, 303)


def _again(error: HearthError, after: str | None) -> Response:
    page = render_template(
        "web/login.html", after=after or "", username=forms.text("username")[:100], errors={"": str(error)}
    )
    response = make_response(page, error.status)
    if (retry_after := getattr(error, "retry_after", None)) is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _ask_out() -> str | Response:
    return render_template("web/logout.html") if visitor().member else redirect("/", 303)


def _log_out() -> Response:
    """`next` is where to log in as somebody else for."""
    after = forms.safe_path(forms.text("next"))
    log_out()
    return redirect(f"/login?next={quote(after, safe='')}" if after else "/", 303)
