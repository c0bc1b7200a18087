# SPDX-License-Identifier: AGPL-3.0-or-later
"""The Mastodon client API: thin translators from requests to services, and from rows to entities."""

import flask


def blueprint() -> flask.Blueprint:
    from appliance.fediverse.mastodon_api import (
        account_edits,
        accounts,
        announcements,
        apps,
        collections,
        conversations,
        discovery,
        emojis,
        filters,
        filters_v1,
        follow_requests,
        instance,
        instance_documents,
        lists,
        markers,
        media,
        notification_groups,
        notification_requests,
        notifications,
        people,
        pictures,
        polls,
        profile,
        push,
        quotes,
        relationships,
        reports,
        scheduled,
        search,
        sign_up,
        silences,
        status_acts,
        statuses,
        streaming,
        tags,
        timelines,
    )
    from appliance.fediverse.mastodon_api.admin import MODULES as ADMIN

    blueprint = flask.Blueprint("mastodon_api", __name__)
    modules = (
        account_edits,
        accounts,
        announcements,
        apps,
        collections,
        conversations,
        emojis,
        discovery,
        filters,
        filters_v1,
        follow_requests,
        instance,
        instance_documents,
        lists,
        markers,
        media,
        notification_groups,
        notification_requests,
        notifications,
        polls,
        people,
        profile,
        push,
        quotes,
        relationships,
        reports,
        scheduled,
        search,
        silences,
        sign_up,
        status_acts,
        statuses,
        tags,
        timelines,
        *ADMIN,
    )
    for module in modules:
        for route in module.ROUTES:
            route.add_to(blueprint)
    pictures.add_to(blueprint)
    streaming.add_to(blueprint)
    return blueprint
