# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is told of polls: votes on those of other servers, and how ours stand."""

from collections.abc import Sequence

import sqlalchemy as sa

from appliance.fediverse.activitypub import audience, documents
from appliance.fediverse.activitypub.outgoing.posts import local_note
from appliance.fediverse.activitypub.outgoing.send import account, send
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import poll_votes, polls, statuses
from appliance.fediverse.urls import Urls

_VOTES = (
    sa.select(poll_votes.c.id, poll_votes.c.account_id, poll_votes.c.choice, polls.c.options, polls.c.status_id)
    .join(polls, polls.c.id == poll_votes.c.poll_id)
    .where(poll_votes.c.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(poll_votes.c.id)
)
_STATUS = sa.select(statuses).where(statuses.c.id == sa.bindparam("id"))


def voted(tx: Tx, urls: Urls, vote_ids: Sequence[int]) -> None:
    """Each choice goes to the one who asked, as a note that has a name and no text."""
    if not urls.federating:
        return
    for vote in tx.all(_VOTES, {"ids": list(vote_ids)}):
        status = tx.connection.execute(_STATUS, {"id": vote.status_id}).one()
        voter, author = account(tx, vote.account_id), account(tx, status.account_id)
        if voter.domain or not author.domain:
            return
        actor_uri = urls.actor(voter.username)
        note = {
            "id": f"{actor_uri}#votes/{vote.id}",
            "type": "Note",
            "name": vote.options[vote.choice],
            "attributedTo": actor_uri,
            "inReplyTo": documents.status_uri(urls, status, author),
            "to": [author.uri],
        }
        body = documents.activity("Create", f"{note['id']}/activity", actor_uri, note, to=note["to"])
        send(tx, voter.id, body, audience.of_account(author))


def poll_changed(tx: Tx, urls: Urls, status_id: int) -> None:
    if parts := local_note(tx, urls, status_id):
        note = documents.note(urls, parts)
        uri = f"{note['id']}#updates/{tx.now_ms}"
        body = documents.activity("Update", uri, note["attributedTo"], note, to=note["to"], cc=note["cc"])
        send(tx, parts.author.id, body, audience.of_readers(tx, parts.status))
