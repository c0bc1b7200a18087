# SPDX-License-Identifier: AGPL-3.0-or-later
"""How we are found: WebFinger (RFC 7033), host-meta (RFC 6415) and NodeInfo (https://nodeinfo.diaspora.software)."""

import json
from datetime import timedelta
from typing import Any
from xml.sax.saxutils import quoteattr

import flask
import sqlalchemy as sa
from werkzeug.wrappers import Response

from appliance import __version__
from appliance.errors import HearthError
from appliance.fediverse.activitypub import instance_actor, known
from appliance.fediverse.activitypub.asked import federating
from appliance.fediverse.activitypub.documents import MEDIA_TYPE
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, members
from appliance.fediverse.model import MemberState, Registration
from appliance.fediverse.services import instance_settings
from appliance.fediverse.urls import Urls
from appliance.system.clock import milliseconds

_SCHEMA = "http://nodeinfo.diaspora.software/ns/schema"
_VERSIONS = ("2.0", "2.1")
_MAX_RESOURCE = 2048


def register(blueprint: flask.Blueprint) -> None:
    blueprint.get("/.well-known/webfinger")(webfinger)
    blueprint.get("/.well-known/host-meta")(host_meta)
    blueprint.get("/.well-known/nodeinfo")(nodeinfo_links)
    blueprint.get("/nodeinfo/<version>")(nodeinfo)


def webfinger() -> Response:
    here, urls = federating()
    resource = flask.request.args.get("resource", "")
    if not resource or len(resource) > _MAX_RESOURCE:
        raise HearthError("bad-input", "Say whom you look for.", "Add ?resource=acct:NAME@HOST.", status=400)
    username = _username(urls, resource)
    if username is not None and username.lower() == instance_actor.username(urls).lower():
        return _jrd(_description(urls, instance_actor.username(urls), instance_actor.uri(urls), urls.origin))
    with here.database.read() as tx:
        row = known.local_named(tx, username) if username else None
    if row is None:
        raise HearthError("not-found", "There is nobody of that name here.", status=404)
    return _jrd(_description(urls, row.username, urls.actor(row.username), urls.profile_page(row.username)))


def host_meta() -> Response:
    _, urls = federating()
    template = quoteattr(f"{urls.origin}/.well-known/webfinger?resource={{uri}}")
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" type="application/jrd+json" template={template}/>\n'
        "</XRD>\n"
    )
    return Response(body, content_type="application/xrd+xml; charset=utf-8")


def nodeinfo_links() -> Response:
    _, urls = federating()
    links = [{"rel": f"{_SCHEMA}/{version}", "href": f"{urls.origin}/nodeinfo/{version}"} for version in _VERSIONS]
    return _json({"links": links}, "application/json")


def nodeinfo(version: str) -> Response:
    here, _ = federating()
    if version not in _VERSIONS:
        raise HearthError("not-found", "There are versions 2.0 and 2.1.", status=404)
    with here.database.read() as tx:
        settings = instance_settings.get(tx)
        usage = _usage(tx)
    software = {"name": "hearth", "version": __version__}
    body = {
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": settings.registration in (Registration.OPEN, Registration.APPROVAL),
        "usage": usage,
        "metadata": {"nodeName": settings.title, "nodeDescription": settings.description},
    }
    return _json(body, f'application/json; profile="{_SCHEMA}/{version}#"')


def _usage(tx: Tx) -> dict[str, Any]:
    present = members.c.state == MemberState.ACTIVE.value
    total, month, half_year = (
        tx.connection.execute(sa.select(sa.func.count()).select_from(members).where(present, *since)).scalar_one()
        for since in ((), _seen_within(tx, 30), _seen_within(tx, 180))
    )
    posts = sa.select(sa.func.coalesce(sa.func.sum(accounts.c.statuses_count), 0)).join(
        members, members.c.account_id == accounts.c.id
    )
    return {
        "users": {"total": total, "activeMonth": month, "activeHalfyear": half_year},
        "localPosts": tx.connection.execute(posts).scalar_one(),
    }


def _seen_within(tx: Tx, days: int) -> tuple["sa.ColumnElement[bool]"]:
    return (members.c.last_seen_at > milliseconds(tx.now - timedelta(days=days)),)


def _username(urls: Urls, resource: str) -> str | None:
    """From acct:name@host or an address of ours; None if it is somebody else's."""
    if resource.startswith(("https://", "http://")):
        if resource in (urls.origin, f"{urls.origin}/", instance_actor.uri(urls)):
            return instance_actor.username(urls)
        thing = urls.parse(resource)
        return thing.username if thing is not None and thing.status_id is None else None
    name, _, host = resource.removeprefix("acct:").removeprefix("@").partition("@")
    return name if host.lower() == urls.host.lower() else None


def _description(urls: Urls, username: str, actor: str, page: str) -> dict[str, Any]:
    return {
        "subject": f"acct:{username}@{urls.host}",
        "aliases": [page, actor],
        "links": [
            {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": page},
            {"rel": "self", "type": MEDIA_TYPE, "href": actor},
        ],
    }


def _jrd(body: dict[str, Any]) -> Response:
    return _json(body, "application/jrd+json; charset=utf-8")


def _json(body: dict[str, Any], content_type: str) -> Response:
    response = Response(json.dumps(body, ensure_ascii=False), content_type=content_type)
    response.headers["Cache-Control"] = "public, max-age=600"
    return response
