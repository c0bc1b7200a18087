# SPDX-License-Identifier: AGPL-3.0-or-later
"""Federation: what we tell other servers, what we take in from them, and how each proves who it is."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import flask


def blueprint() -> "flask.Blueprint":
    """Every address that other servers ask."""
    # Imported here because the services import `outgoing`, which the views import the services for; and the companion,
    # which delivers what they queue, need not carry Flask.
    import flask

    from appliance.fediverse.activitypub import discovery, views

    made = flask.Blueprint("activitypub", __name__)
    views.register(made)
    discovery.register(made)
    return made
