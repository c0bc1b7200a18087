# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses kept out: https://docs.joinmastodon.org/methods/admin/ip_blocks/, email_domain_blocks/ and
canonical_email_blocks/"""

import flask
import sqlalchemy as sa

from appliance.errors import HearthError
from appliance.fediverse.db.tables import email_blocks as email_table
from appliance.fediverse.db.tables import email_domain_blocks as domain_table
from appliance.fediverse.mastodon_api.admin.route import route
from appliance.fediverse.mastodon_api.entities import admin as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call
from appliance.fediverse.services import email_blocks, ip_blocks
from appliance.fediverse.services.ip_blocks import Change, Severity
from appliance.fediverse.services.roles import Permission


def networks(call: Call) -> flask.Response:
    page = call.arguments.page(100, 200)
    rows = ip_blocks.page(call.tx, page)
    return paged(call, page, [row.id for row in rows], [entities.ip_block(row) for row in rows])


def network(call: Call, block_id: int) -> Entity:
    return entities.ip_block(ip_blocks.get(call.tx, block_id))


def add_network(call: Call) -> Entity:
    return entities.ip_block(ip_blocks.add(call.tx, _change(call), flask.request.remote_addr or ""))


def change_network(call: Call, block_id: int) -> Entity:
    return entities.ip_block(ip_blocks.change(call.tx, block_id, _change(call), flask.request.remote_addr or ""))


def remove_network(call: Call, block_id: int) -> Entity:
    ip_blocks.remove(call.tx, block_id)
    return {}


def domains(call: Call) -> flask.Response:
    page = call.arguments.page(100, 200)
    rows = email_blocks.domains(call.tx, page)
    return paged(call, page, [row.id for row in rows], [entities.email_domain_block(call.tx, row) for row in rows])


def domain(call: Call, block_id: int) -> Entity:
    return entities.email_domain_block(call.tx, email_blocks.get(call.tx, domain_table, block_id))


def add_domain(call: Call) -> Entity:
    row = email_blocks.block_domain(call.tx, call.arguments.text("domain") or "")
    return entities.email_domain_block(call.tx, row)


def remove_domain(call: Call, block_id: int) -> Entity:
    email_blocks.remove(call.tx, domain_table, block_id)
    return {}


def mailboxes(call: Call) -> flask.Response:
    page = call.arguments.page(100, 200)
    rows = email_blocks.addresses(call.tx, page)
    return paged(call, page, [row.id for row in rows], _drawn(rows))


def mailbox(call: Call, block_id: int) -> Entity:
    return entities.email_block(email_blocks.get(call.tx, email_table, block_id))


def test_mailbox(call: Call) -> list[Entity]:
    return _drawn(email_blocks.matching(call.tx, _email(call)))


def add_mailbox(call: Call) -> Entity:
    arguments = call.arguments
    row = email_blocks.block_address(call.tx, arguments.text("email"), arguments.text("canonical_email_hash"))
    return entities.email_block(row)


def remove_mailbox(call: Call, block_id: int) -> Entity:
    email_blocks.remove(call.tx, email_table, block_id)
    return {}


def _email(call: Call) -> str:
    given = (call.arguments.text("email") or "").strip()
    if not given:
        raise HearthError("no-email", "param is missing or the value is empty: email", status=400)
    return given


def _change(call: Call) -> Change:
    arguments = call.arguments
    return Change(
        network=arguments.text("ip"),
        severity=arguments.choice("severity", Severity),
        comment=arguments.text("comment"),
        expires_in=arguments.number("expires_in"),
    )


def _drawn(rows: "list[sa.Row[tuple[object, ...]]]") -> list[Entity]:
    return [entities.email_block(row) for row in rows]


_NETWORKS, _DOMAINS, _MAILBOXES = (
    "v1/admin/ip_blocks",
    "v1/admin/email_domain_blocks",
    "v1/admin/canonical_email_blocks",
)
_MAY = Permission.MANAGE_BLOCKS
ROUTES = (
    route("GET", _NETWORKS, networks, "read:ip_blocks", _MAY),
    route("GET", f"{_NETWORKS}/<block_id>", network, "read:ip_blocks", _MAY),
    route("POST", _NETWORKS, add_network, "write:ip_blocks", _MAY),
    route("PUT", f"{_NETWORKS}/<block_id>", change_network, "write:ip_blocks", _MAY),
    route("DELETE", f"{_NETWORKS}/<block_id>", remove_network, "write:ip_blocks", _MAY),
    route("GET", _DOMAINS, domains, "read:email_domain_blocks", _MAY),
    route("GET", f"{_DOMAINS}/<block_id>", domain, "read:email_domain_blocks", _MAY),
    route("POST", _DOMAINS, add_domain, "write:email_domain_blocks", _MAY),
    route("DELETE", f"{_DOMAINS}/<block_id>", remove_domain, "write:email_domain_blocks", _MAY),
    route("GET", _MAILBOXES, mailboxes, "read:canonical_email_blocks", _MAY),
    route("GET", f"{_MAILBOXES}/<block_id>", mailbox, "read:canonical_email_blocks", _MAY),
    route("POST", f"{_MAILBOXES}/test", test_mailbox, "read:canonical_email_blocks", _MAY),
    route("POST", _MAILBOXES, add_mailbox, "write:canonical_email_blocks", _MAY),
    route("DELETE", f"{_MAILBOXES}/<block_id>", remove_mailbox, "write:canonical_email_blocks", _MAY),
)
