# SPDX-License-Identifier: AGPL-3.0-or-later
"""Trends: what several people used, favoured or linked to in the last days, as far as this instance heard of it.

Everything counts once for each account, so that nobody makes a trend alone. Moderators may take anything out.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.ids import floor
from appliance.fediverse.db.tables import accounts, cards, favourites, statuses, tag_uses, tags, trend_reviews
from appliance.fediverse.model import Visibility
from appliance.fediverse.services.tags import DAY, HISTORY_DAYS, Use, today
from appliance.fediverse.services.visibility import NOBODY, is_shown_as, listed, visible, welcome
from appliance.system.clock import milliseconds

FEWEST = 2  # accounts
STATUS_DAYS = 3

_since: "sa.BindParameter[int]" = sa.bindparam("since", type_=sa.BigInteger)


def _not_refused(kind: str, subject: Any) -> "sa.ColumnElement[bool]":
    return ~sa.exists().where(
        trend_reviews.c.kind == kind, trend_reviews.c.subject == subject, sa.not_(trend_reviews.c.allowed)
    )


_users = sa.func.count(tag_uses.c.account_id.distinct())
_TAGS = (
    sa.select(tags.c.id, tags.c.name)
    .join(tag_uses, tag_uses.c.tag_id == tags.c.id)
    .where(
        tag_uses.c.day > sa.bindparam("last_day", type_=sa.Integer),
        sa.or_(sa.bindparam("all", type_=sa.Boolean), _not_refused("tag", tags.c.name)),
    )
    .group_by(tags.c.id, tags.c.name)
    .having(_users >= FEWEST)
    .order_by(_users.desc(), sa.func.sum(tag_uses.c.uses).desc(), tags.c.id.desc())
    .limit(sa.bindparam("count"))
    .offset(sa.bindparam("skip"))
)
_boost = again(statuses)
_met = sa.union_all(
    sa.select(favourites.c.status_id, favourites.c.account_id).where(favourites.c.id >= _since),
    sa.select(_boost.c.boost_of_id, _boost.c.account_id).where(
        _boost.c.id >= _since, _boost.c.boost_of_id.is_not(None)
    ),
).subquery()
_by = sa.func.count(_met.c.account_id.distinct())
_scores = sa.select(_met.c.status_id, _by.label("score")).group_by(_met.c.status_id).having(_by >= FEWEST).subquery()
_author = again(accounts)
_STATUSES = (
    sa.select(statuses)
    .join(_scores, _scores.c.status_id == statuses.c.id)
    .join(_author, _author.c.id == statuses.c.account_id)
    .where(
        is_shown_as(statuses, Visibility.PUBLIC),
        # Not IS NULL, which SQLite would look up in an index, and find most of all there is.
        sa.func.coalesce(statuses.c.in_reply_to_id, 0) == 0,
        statuses.c.created_at >= sa.bindparam("begun", type_=sa.BigInteger),
        sa.not_(statuses.c.sensitive),
        _author.c.discoverable,
        visible(),
        welcome(statuses.c.account_id),
        listed(statuses.c.account_id),
        sa.or_(sa.bindparam("all", type_=sa.Boolean), _not_refused("status", sa.cast(statuses.c.id, sa.String))),
    )
    .order_by(_scores.c.score.desc(), statuses.c.id.desc())
    .limit(sa.bindparam("count"))
    .offset(sa.bindparam("skip"))
)
_sharers = sa.func.count(statuses.c.account_id.distinct())
_PUBLIC_LINK = (
    statuses.c.id >= _since,
    statuses.c.card_id.is_not(None),
    is_shown_as(statuses, Visibility.PUBLIC),
)
_shared = (
    sa.select(statuses.c.card_id, _sharers.label("score"))
    .where(*_PUBLIC_LINK, listed(statuses.c.account_id))
    .group_by(statuses.c.card_id)
    .having(_sharers >= FEWEST)
    .subquery()
)
_LINKS = (
    sa.select(cards)
    .join(_shared, _shared.c.card_id == cards.c.id)
    .where(cards.c.title != "", sa.or_(sa.bindparam("all", type_=sa.Boolean), _not_refused("link", cards.c.url)))
    .order_by(_shared.c.score.desc(), cards.c.id.desc())
    .limit(sa.bindparam("count"))
    .offset(sa.bindparam("skip"))
)
_LINK_USES = sa.select(statuses.c.card_id, statuses.c.account_id, statuses.c.created_at).where(
    statuses.c.card_id.in_(sa.bindparam("ids", expanding=True)), *_PUBLIC_LINK
)


def find_tags(tx: Tx, limit: int, offset: int = 0, *, everything: bool = False) -> list[sa.Row[Any]]:
    """Rows of `tags`. `everything`: also what moderators took out."""
    last_day = today(tx) - HISTORY_DAYS
    return tx.all(_TAGS, {"last_day": last_day, "count": limit, "skip": offset, "all": everything})


def find_statuses(
    tx: Tx, viewer_id: int | None, limit: int, offset: int = 0, *, everything: bool = False
) -> list[sa.Row[Any]]:
    """Rows of `statuses`."""
    begun = tx.now - timedelta(days=STATUS_DAYS)
    return tx.all(
        _STATUSES,
        {
            "viewer_id": viewer_id or NOBODY,
            "since": floor(begun),
            "begun": milliseconds(begun),
            "count": limit,
            "skip": offset,
            "all": everything,
        },
    )


def find_links(tx: Tx, limit: int, offset: int = 0, *, everything: bool = False) -> list[sa.Row[Any]]:
    """Rows of `cards`."""
    parameters = {"viewer_id": NOBODY, "since": _week(tx), "count": limit, "skip": offset, "all": everything}
    return tx.all(_LINKS, parameters)


def link_history(tx: Tx, card_ids: Collection[int]) -> dict[int, Sequence[Use]]:
    """The last days by card, today first."""
    used: dict[tuple[int, int], list[int]] = {}
    if card_ids:
        for row in tx.all(_LINK_USES, {"ids": list(card_ids), "since": _week(tx)}):
            used.setdefault((row.card_id, row.created_at // DAY), []).append(row.account_id)
    days = [today(tx) - back for back in range(HISTORY_DAYS)]
    history: dict[int, Sequence[Use]] = {}
    for card_id in card_ids:
        by_day = [(day, used.get((card_id, day), [])) for day in days]
        history[card_id] = [Use(day, len(by), len(set(by))) for day, by in by_day]
    return history


def _week(tx: Tx) -> int:
    return floor(tx.now - timedelta(days=HISTORY_DAYS))
