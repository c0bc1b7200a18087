# SPDX-License-Identifier: AGPL-3.0-or-later
"""Errands run: other servers asked for what was wanted, outside of anybody's request. One function per errand."""

from collections.abc import Callable

from appliance.fediverse.context import Context
from appliance.fediverse.services.errands import Errand

Run = Callable[[Context, str], None]


def runners() -> dict[Errand, Run]:
    """What to do for each errand, its subject given. They raise HearthError when it should be tried again."""
    from appliance.fediverse.activitypub.asking import featured, featured_collections, followers, links, moves, threads

    return {
        Errand.COLLECTION: featured_collections.run,
        Errand.COLLECTIONS: featured_collections.run_all,
        Errand.FEATURED: featured.run,
        Errand.FOLLOWERS: followers.run,
        Errand.LINK: links.run,
        Errand.MOVE: moves.run,
        Errand.THREAD: threads.run,
    }
