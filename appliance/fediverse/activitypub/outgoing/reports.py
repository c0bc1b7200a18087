# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is told of reports, by the instance's own actor: who reported stays unknown elsewhere."""

import sqlalchemy as sa

from appliance.fediverse.activitypub import audience, documents, instance_actor
from appliance.fediverse.activitypub.outgoing.send import account, send
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import collections, reports, statuses
from appliance.fediverse.urls import Urls


def flagged(tx: Tx, urls: Urls, report_id: int) -> None:
    """A report for the server that the account is on."""
    report = tx.one(sa.select(reports).where(reports.c.id == report_id)) if urls.federating else None
    if report is None:
        return
    target = account(tx, report.target_account_id)
    meant = sa.select(statuses.c.uri).where(statuses.c.id.in_(report.status_ids))
    listed = sa.select(collections.c.uri).where(collections.c.id.in_(report.collection_ids or ()))
    uris = (row.uri for query in (meant, listed) for row in tx.all(query))
    things = [documents.account_uri(urls, target), *(uri for uri in uris if uri is not None)]
    actor = instance_actor.uri(urls)
    uri = f"{actor}#flags/{report_id}"
    body = documents.activity("Flag", uri, actor, things[0], content=report.comment, to=things[0])
    send(tx, None, body | {"object": things}, audience.of_account(target))
