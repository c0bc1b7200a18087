# SPDX-License-Identifier: AGPL-3.0-or-later
"""What moderators are shown: https://docs.joinmastodon.org/entities/Admin_Account/ and its neighbours."""

import hashlib
from collections.abc import Sequence

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import rules
from appliance.fediverse.mastodon_api.entities import accounts as account_entities
from appliance.fediverse.mastodon_api.entities import statuses as status_entities
from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment, moment_or_none
from appliance.fediverse.mastodon_api.entities.roles import role_entity
from appliance.fediverse.model import MemberState, Role
from appliance.fediverse.services import admin_accounts
from appliance.fediverse.services.feature_policy import Viewer
from appliance.fediverse.services.missing import missing
from appliance.fediverse.urls import Urls

_DAY = 24 * 60 * 60


def accounts(tx: Tx, urls: Urls, ids: Sequence[int]) -> list[Entity]:
    """In the order given; ids of nobody are left out."""
    rows = admin_accounts.load(tx, ids)
    came_from = admin_accounts.addresses(tx, ids)
    return [_account(urls, rows[each], came_from.get(each, [])) for each in ids if each in rows]


def account(tx: Tx, urls: Urls, account_id: int) -> Entity:
    """Raises HearthError not-found."""
    found = accounts(tx, urls, [account_id])
    if not found:
        raise missing()
    return found[0]


def reports(tx: Tx, urls: Urls, viewer_id: int, rows: Sequence[Row]) -> list[Entity]:
    """https://docs.joinmastodon.org/entities/Admin_Report/"""
    people = {each for row in rows for each in _people(row) if each is not None}
    drawn = {int(each["id"]): each for each in accounts(tx, urls, sorted(people))}
    wanted = list(dict.fromkeys(each for row in rows for each in row.status_ids))
    shown = {int(each["id"]): each for each in status_entities.by_ids(tx, urls, viewer_id, wanted)} if wanted else {}
    known = {row.id: row for row in tx.all(sa.select(rules))} if any(row.rule_ids for row in rows) else {}
    return [
        {
            "id": str(row.id),
            "action_taken": row.action_taken_at is not None,
            "action_taken_at": moment_or_none(row.action_taken_at),
            "category": row.category,
            "comment": row.comment,
            "forwarded": row.forwarded,
            "created_at": moment(row.created_at),
            "updated_at": moment(row.updated_at),
            "account": drawn.get(row.account_id),
            "target_account": drawn.get(row.target_account_id),
            "assigned_account": drawn.get(row.assigned_account_id),
            "action_taken_by_account": drawn.get(row.action_taken_by_account_id),
            "statuses": [shown[each] for each in row.status_ids if each in shown],
            "rules": [
                {"id": str(each), "text": known[each].text, "hint": ""} for each in row.rule_ids if each in known
            ],
        }
        for row in rows
    ]


def server_block(row: Row) -> Entity:
    return {
        "id": str(row.id),
        "domain": row.domain,
        "digest": digest(row.domain),
        "created_at": moment(row.created_at),
        "severity": row.severity,
        "reject_media": row.reject_media,
        "reject_reports": row.reject_reports,
        "private_comment": row.private_comment,
        "public_comment": row.public_comment,
        "obfuscate": row.obfuscate,
    }


def server_allow(row: Row) -> Entity:
    return {"id": str(row.id), "domain": row.domain, "created_at": moment(row.created_at)}


def ip_block(row: Row) -> Entity:
    return {
        "id": str(row.id),
        "ip": row.network,
        "severity": row.severity,
        "comment": row.comment,
        "created_at": moment(row.created_at),
        "expires_at": moment_or_none(row.expires_at),
    }


def email_domain_block(tx: Tx, row: Row) -> Entity:
    """Tries to sign up with such an address are refused and not counted."""
    today = tx.now_ms // 1000 // _DAY
    history = [{"day": str((today - back) * _DAY), "accounts": "0", "uses": "0"} for back in range(7)]
    return {"id": str(row.id), "domain": row.domain, "created_at": moment(row.created_at), "history": history}


def email_block(row: Row) -> Entity:
    return {"id": str(row.id), "canonical_email_hash": row.hash}


def digest(domain: str) -> str:
    return hashlib.sha256(domain.encode()).hexdigest()


def _account(urls: Urls, row: Row, came_from: list[tuple[str, int]]) -> Entity:
    ours = row.state is not None
    state = MemberState(row.state) if ours else None
    entity: Entity = {
        "id": str(row.id),
        "username": row.username,
        "domain": row.domain or None,
        "created_at": moment(row.created_at),
        "email": (row.email or "") if ours else None,
        "ip": came_from[0][0] if came_from else row.sign_up_address,
        "role": role_entity(Role(row.role)) if ours else None,
        # No mail is sent, so there is nothing to confirm.
        "confirmed": ours,
        "suspended": row.suspended_at is not None and state is not MemberState.PENDING,
        "silenced": row.silenced_at is not None,
        "sensitized": row.sensitized_at is not None,
        "disabled": state is MemberState.DISABLED,
        "approved": state is not MemberState.PENDING,
        "locale": row.locale,
        "invite_request": row.reason or None,
        "ips": [{"ip": address, "used_at": moment(at)} for address, at in came_from],
        "account": account_entities.account(urls, row, Viewer()),
    }
    if row.app_id is not None:
        entity["created_by_application_id"] = str(row.app_id)
    if row.invited_by is not None:
        entity["invited_by_account_id"] = str(row.invited_by)
    return entity


def _rule(row: Row) -> Entity:
    return {"id": str(row.id), "text": row.text, "hint": "", "translations": {}}


def _people(row: Row) -> tuple[int | None, ...]:
    return row.account_id, row.target_account_id, row.assigned_account_id, row.action_taken_by_account_id
