# SPDX-License-Identifier: AGPL-3.0-or-later
"""What activities do here: one handler per kind, found in one table (`kinds`).

A handler reads the activity, fetches what is missing, and returns what to do inside the transaction, or None when the
activity means nothing to us. The sender is proven; an object is trusted only if it is the sender's own and of the
sender's own server, else its server is asked.
"""

from appliance.fediverse.activitypub.incoming.arrival import Apply, Arrival

__all__ = ["Apply", "Arrival"]
