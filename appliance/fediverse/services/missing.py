# SPDX-License-Identifier: AGPL-3.0-or-later
"""What there is no such thing of, or nothing the asker may know of: both sound the same."""

from appliance.errors import HearthError


def missing() -> HearthError:
    return HearthError("not-found", "Record not found", status=404)
