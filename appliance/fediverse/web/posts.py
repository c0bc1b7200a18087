# SPDX-License-Identifier: AGPL-3.0-or-later
"""The public pages: front, about, profiles, posts, hashtags."""

from urllib.parse import quote

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.fediverse.context import context, request_urls
from appliance.fediverse.model import Registration
from appliance.fediverse.services import members
from appliance.fediverse.web import collections, reading
from appliance.fediverse.web.documents_or_pages import elsewhere, wants_activity
from appliance.fediverse.web.visitor import visitor


def add_to(web: Blueprint) -> None:
    web.add_url_rule("/", "front", _front)
    web.add_url_rule("/about", "about", _about)
    web.add_url_rule("/@<name>", "profile", _profile)
    web.add_url_rule(f"/@<name>/<int(max={2**63 - 1}):status_id>", "post", _post)
    web.add_url_rule("/tags/<name>", "tag", _tag)
    web.add_url_rule("/@<username>/tagged/<name>", "profile_tag", _profile_tag)


def _front() -> str:
    before = _before()
    with context().database.read() as tx:
        posts, people = reading.newest(tx, before), members.count(tx)
    return render_template(
        "web/front.html", posts=posts, people=people, joining=_joining(), older=_older(posts), first=before is None
    )


def _about() -> str:
    with context().database.read() as tx:
        people = members.every(tx)
    staff = [member for member in people if member.is_staff]
    return render_template("web/about.html", staff=staff, joining=_joining())


def _profile(name: str) -> str | Response:
    username, _, domain = name.partition("@")
    local = domain.lower() in ("", request_urls().host.lower())
    if local and wants_activity():
        return elsewhere(request_urls().actor(quote(username, safe="")))
    with context().database.read() as tx:
        profile = reading.profile(tx, username, "" if local else domain)
        if profile.remote_page:
            return elsewhere(profile.remote_page)
        posts = reading.by_account(tx, profile.id, _before())
        listed = collections.of(tx, profile.id)
    if domain or username != profile.author.username:
        return redirect(profile.author.page, 301)
    return render_template(
        "web/profile.html",
        profile=profile,
        posts=posts,
        collections=listed,
        older=_older(posts),
        first=_before() is None,
        actor=request_urls().actor(username),
    )


def _post(name: str, status_id: int) -> str | Response:
    if wants_activity():
        return elsewhere(request_urls().status(quote(name, safe=""), status_id))
    with context().database.read() as tx:
        thread = reading.thread(tx, name, status_id)
    return render_template(
        "web/post.html", thread=thread, activity=request_urls().status(thread.post.author.username, status_id)
    )


def _tag(name: str) -> str:
    with context().database.read() as tx:
        posts = reading.tagged(tx, name, _before())
    return render_template("web/tag.html", name=name, posts=posts, older=_older(posts), first=_before() is None)


def _profile_tag(username: str, name: str) -> str:
    """What a featured hashtag leads to."""
    with context().database.read() as tx:
        profile = reading.profile(tx, username)
        posts = reading.tagged(tx, name, _before(), profile.id)
    return render_template(
        "web/tag.html", name=name, by=profile.author, posts=posts, older=_older(posts), first=_before() is None
    )


def _joining() -> Registration:
    return visitor().instance.registration


def _before() -> int | None:
    value = request.args.get("before", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


def _older(posts: list[reading.Post]) -> int | None:
    return posts[-1].id if len(posts) == reading.PAGE else None
