# SPDX-License-Identifier: AGPL-3.0-or-later
"""Servers blocked and allowed: https://docs.joinmastodon.org/methods/admin/domain_blocks/ and domain_allows/"""

import flask

from appliance.fediverse.mastodon_api.admin.route import route
from appliance.fediverse.mastodon_api.arguments import Arguments
from appliance.fediverse.mastodon_api.entities import admin as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.paging import paged
from appliance.fediverse.mastodon_api.routing import Call, as_response
from appliance.fediverse.services import server_allows, server_blocks
from appliance.fediverse.services.roles import Permission
from appliance.fediverse.services.server_blocks import Covered, Terms
from appliance.fediverse.services.server_policy import Severity


def blocks(call: Call) -> flask.Response:
    page = call.arguments.page(100, 200)
    rows = server_blocks.page(call.tx, page)
    return paged(call, page, [row.id for row in rows], [entities.server_block(row) for row in rows])


def block(call: Call, block_id: int) -> Entity:
    return entities.server_block(server_blocks.get(call.tx, block_id))


def add_block(call: Call) -> Entity | flask.Response:
    try:
        block_id = server_blocks.add(call.tx, call.arguments.text("domain") or "", _terms(call.arguments, Terms()))
    except Covered as error:
        body = {"error": error.sentence, "existing_domain_block": entities.server_block(error.existing)}
        return as_response(body, error.status)
    return block(call, block_id)


def change_block(call: Call, block_id: int) -> Entity:
    before = server_blocks.terms_of(server_blocks.get(call.tx, block_id))
    server_blocks.change(call.tx, block_id, _terms(call.arguments, before))
    return block(call, block_id)


def remove_block(call: Call, block_id: int) -> Entity:
    server_blocks.remove(call.tx, block_id)
    return {}


def allows(call: Call) -> flask.Response:
    page = call.arguments.page(100, 200)
    rows = server_allows.page(call.tx, page)
    return paged(call, page, [row.id for row in rows], [entities.server_allow(row) for row in rows])


def allow(call: Call, allow_id: int) -> Entity:
    return entities.server_allow(server_allows.get(call.tx, allow_id))


def add_allow(call: Call) -> Entity:
    return entities.server_allow(server_allows.add(call.tx, call.arguments.text("domain") or ""))


def remove_allow(call: Call, allow_id: int) -> Entity:
    server_allows.remove(call.tx, allow_id)
    return {}


def _terms(arguments: Arguments, before: Terms) -> Terms:
    """What is not said stays as it was."""

    def flag(name: str, kept: bool) -> bool:
        given = arguments.flag(name)
        return kept if given is None else given

    def comment(name: str, kept: str | None) -> str | None:
        return (arguments.text(name) or None) if name in arguments else kept

    return Terms(
        severity=arguments.choice("severity", Severity) or before.severity,
        reject_media=flag("reject_media", before.reject_media),
        reject_reports=flag("reject_reports", before.reject_reports),
        obfuscate=flag("obfuscate", before.obfuscate),
        private_comment=comment("private_comment", before.private_comment),
        public_comment=comment("public_comment", before.public_comment),
    )


_BLOCKS, _ALLOWS, _MAY = "v1/admin/domain_blocks", "v1/admin/domain_allows", Permission.MANAGE_FEDERATION
ROUTES = (
    route("GET", _BLOCKS, blocks, "read:domain_blocks", _MAY),
    route("GET", f"{_BLOCKS}/<block_id>", block, "read:domain_blocks", _MAY),
    route("POST", _BLOCKS, add_block, "write:domain_blocks", _MAY),
    route("PUT", f"{_BLOCKS}/<block_id>", change_block, "write:domain_blocks", _MAY),
    route("DELETE", f"{_BLOCKS}/<block_id>", remove_block, "write:domain_blocks", _MAY),
    route("GET", _ALLOWS, allows, "read:domain_allows", _MAY),
    route("GET", f"{_ALLOWS}/<allow_id>", allow, "read:domain_allows", _MAY),
    route("POST", _ALLOWS, add_allow, "write:domain_allows", _MAY),
    route("DELETE", f"{_ALLOWS}/<allow_id>", remove_allow, "write:domain_allows", _MAY),
)
