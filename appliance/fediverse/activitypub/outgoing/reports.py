# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is told of reports, by the instance's own actor: who reported stays unknown elsewhere."""

import sqlalchemy as sa

from appliance.fediverse.activitypub import audience, documents, instance_actor
from appliance.fediverse.activitypub.outgoing.send import account, send
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import reports, statuses
from appliance.fediverse.urls import Urls


def flagged(tx: Tx, urls: Urls, report_id: int) -> None:
    """A report for the server that the account is on."""
    report = tx.one(sa.select(reports).where(reports.c.id == report_id)) if urls.federating else None
    if report is None:
        return
    target = account(tx, report.target_account_id)
    meant = sa.select(statuses.c.uri).where(statuses.c.id.in_(report.status_ids), statuses.c.uri.is_not(None))
    things = [documents.account_uri(urls, target), *(row.uri for row in tx.all(meant))]
    actor = instance_actor.uri(urls)
    uri = f"{actor}#flags/{report_id}"
    body = documents.activity("Flag", uri, actor, things[0], content=report.comment, to=things[0])
    send(tx, None, body | {"object": things}, audience.of_account(target))
