# SPDX-License-Identifier: AGPL-3.0-or-later
"""`interactionPolicy` read and written: who may quote a post (FEP-044f), or recommend an account (FEP-7aa9)."""

from appliance.fediverse.activitypub import reading
from appliance.fediverse.activitypub.terms import PUBLIC, Document
from appliance.fediverse.services import interaction_policy
from appliance.fediverse.services.interaction_policy import FOLLOWERS, FOLLOWING, OTHERS
from appliance.fediverse.urls import Urls


def read(document: Document, name: str, owner: str, followers: str | None) -> str | None:
    """What `document` says under this name, as `services.interaction_policy` keeps it: "" for its owner alone, None
    where it says nothing."""
    told = document.get("interactionPolicy")
    rule = told.get(name) if isinstance(told, dict) else None
    if not isinstance(rule, dict):
        return None
    kinds = {PUBLIC: interaction_policy.PUBLIC, followers: FOLLOWERS, f"{owner}/following": FOLLOWING}
    at_once, asked = (
        dict.fromkeys(kinds.get(uri, OTHERS) for uri in reading.uris(rule.get(how)) if uri != owner)
        for how in ("automaticApproval", "manualApproval")
    )
    return interaction_policy.stored(at_once, asked) or ""


def written(urls: Urls, username: str, name: str, policy: str | None) -> Document:
    """Of something of ours; members are never asked first."""
    kinds = interaction_policy.automatic(policy)
    who = urls.followers(username) if FOLLOWERS in kinds else urls.actor(username)
    return {name: {"automaticApproval": [PUBLIC if interaction_policy.PUBLIC in kinds else who]}}
