# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stamps: documents by which somebody of elsewhere agrees, read from her own server (FEP-044f, FEP-7aa9)."""

from appliance.errors import HearthError
from appliance.fediverse.activitypub import reading
from appliance.fediverse.activitypub.documents import Document
from appliance.fediverse.activitypub.fetch import Fetcher
from appliance.system.guard import NetError


def agrees(fetcher: Fetcher, kind: str, stamp: str | None, giver: str, thing: str, target: str) -> Document | None:
    """The stamp, if `giver` is who can give it, and it lets `thing` do something with `target`, all of them URIs.

    Raises NetError where her server does not answer.
    """
    if stamp is None or not reading.same_origin(stamp, giver):
        return None
    try:
        document = fetcher.document(stamp)
    except NetError:
        raise
    except HearthError:
        return None
    named = reading.uri(document.get("interactingObject")), reading.uri(document.get("interactionTarget"))
    return document if reading.kind(document) == kind and named == (thing, target) else None
