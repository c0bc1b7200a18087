# SPDX-License-Identifier: AGPL-3.0-or-later
"""Domains that one member wants to hear nothing of. What the whole instance blocks is the moderators' matter."""

import re
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, follows, home, notifications, statuses, user_domain_blocks
from appliance.fediverse.services import collection_items
from appliance.fediverse.services import follows as follow_services
from appliance.fediverse.services.paging import Page, Paged
from appliance.fediverse.urls import Urls

MAX = 1000
_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9-]{2,63}(?::\d{1,5})?")
_LIST = Paged(
    sa.select(user_domain_blocks).where(user_domain_blocks.c.account_id == sa.bindparam("account_id")),
    user_domain_blocks.c.id,
)
_other = again(accounts)
_FOLLOWS = sa.select(follows.c.follower_id, follows.c.followee_id).join(
    _other,
    sa.or_(
        sa.and_(follows.c.follower_id == sa.bindparam("account_id"), follows.c.followee_id == _other.c.id),
        sa.and_(follows.c.followee_id == sa.bindparam("account_id"), follows.c.follower_id == _other.c.id),
    ),
)


def page(tx: Tx, account_id: int, page: Page) -> list[sa.Row[Any]]:
    return _LIST.rows(tx, page, account_id=account_id)


def block(tx: Tx, urls: Urls, account_id: int, domain: str) -> None:
    """Follows in both directions end, what came from there goes, and nobody is in a collection of the other's.

    Raises BadInput.
    """
    name = _name(domain)
    if name == urls.host.lower() or tx.exists(sa.select(user_domain_blocks.c.id).where(_mine(account_id, name))):
        return
    if len(tx.all(sa.select(user_domain_blocks.c.id).where(user_domain_blocks.c.account_id == account_id))) >= MAX:
        raise BadInput(f"Validation failed: There can be {MAX} domains at most", "")
    tx.execute(
        sa.insert(user_domain_blocks).values(id=tx.next_id(), account_id=account_id, domain=name, created_at=tx.now_ms)
    )
    for row in tx.all(_FOLLOWS.where(_other.c.domain == name), {"account_id": account_id}):
        if row.follower_id == account_id:
            follow_services.unfollow(tx, urls, account_id, row.followee_id)
        else:
            follow_services.reject(tx, urls, account_id, row.follower_id)
    collection_items.leave_domain(tx, urls, account_id, name)
    there = sa.select(accounts.c.id).where(accounts.c.domain == name)
    mine = notifications.c.account_id == account_id
    tx.execute(sa.delete(notifications).where(mine, notifications.c.from_account_id.in_(there)))
    _clear_home(tx, account_id, name)


def unblock(tx: Tx, account_id: int, domain: str) -> None:
    """Nothing happens if it is not blocked. Raises BadInput."""
    tx.execute(sa.delete(user_domain_blocks).where(_mine(account_id, _name(domain))))


def _clear_home(tx: Tx, account_id: int, domain: str) -> None:
    """Boosts and hashtags bring home what is by nobody followed."""
    author, original, original_author = again(accounts), again(statuses), again(accounts)
    theirs = (
        sa.select(home.c.status_id)
        .join(statuses, statuses.c.id == home.c.status_id)
        .join(author, author.c.id == statuses.c.account_id)
        .outerjoin(original, original.c.id == statuses.c.boost_of_id)
        .outerjoin(original_author, original_author.c.id == original.c.account_id)
        .where(home.c.account_id == account_id, sa.or_(author.c.domain == domain, original_author.c.domain == domain))
    )
    tx.execute(sa.delete(home).where(home.c.account_id == account_id, home.c.status_id.in_(theirs)))


def _name(domain: str) -> str:
    name = domain.strip().lower().removesuffix(".")
    if not name:
        raise BadInput("Validation failed: Domain can't be blank", "")
    try:
        name = name.encode("idna").decode() if not name.isascii() else name
    except UnicodeError:
        name = ""
    if not _DOMAIN.fullmatch(name):
        raise BadInput("Validation failed: Domain is not a valid domain name", "")
    return name


def _mine(account_id: int, name: str) -> "sa.ColumnElement[bool]":
    return sa.and_(user_domain_blocks.c.account_id == account_id, user_domain_blocks.c.domain == name)
