# SPDX-License-Identifier: AGPL-3.0-or-later
"""Public statuses with a hashtag in the homes of those who follow it."""

import sqlalchemy as sa

from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import followed_tags, follows, home, list_accounts, lists, mentions, status_tags
from appliance.fediverse.services.visibility import unwelcome

_author: "sa.BindParameter[int]" = sa.bindparam("author_id", type_=sa.BigInteger)
_new: "sa.BindParameter[int]" = sa.bindparam("new_id", type_=sa.BigInteger)
_language: "sa.BindParameter[str]" = sa.bindparam("language", type_=sa.String)


def _statement() -> sa.Insert:
    reader_id = followed_tags.c.account_id
    there = again(home)
    other_language = sa.exists().where(
        follows.c.follower_id == reader_id,
        follows.c.followee_id == _author,
        sa.not_(follows.c.languages.contains(_language)),
    )
    apart = sa.exists().where(
        list_accounts.c.account_id == _author,
        list_accounts.c.list_id == lists.c.id,
        lists.c.account_id == reader_id,
        lists.c.exclusive,
    )
    named = sa.exists().where(mentions.c.status_id == _new, unwelcome(reader_id, mentions.c.account_id))
    readers = (
        sa.select(reader_id, status_tags.c.status_id)
        .join(status_tags, status_tags.c.tag_id == followed_tags.c.tag_id)
        .where(
            status_tags.c.status_id == _new,
            reader_id != _author,
            ~sa.exists().where(there.c.account_id == reader_id, there.c.status_id == _new),
            sa.not_(unwelcome(reader_id, _author)),
            sa.or_(_language == "", sa.not_(other_language)),
            sa.not_(apart),
            sa.not_(named),
        )
        .distinct()
    )
    return sa.insert(home).from_select(["account_id", "status_id"], readers)


_POST = _statement()


def post(tx: Tx, status_id: int, author_id: int, language: str | None) -> None:
    """Call it when the homes of followers are filled."""
    tx.execute(_POST, {"new_id": status_id, "author_id": author_id, "language": word(language)})


def word(language: str | None) -> str:
    """A language as it stands among those of `follows.languages`; "" for none."""
    return f" {language} " if language else ""
