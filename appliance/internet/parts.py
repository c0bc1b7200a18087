# SPDX-License-Identifier: AGPL-3.0-or-later
"""The parts of the way: each binds a door to the decisions about it."""

from appliance.internet.part import Part


def parts() -> tuple[Part, ...]:
    return ()
