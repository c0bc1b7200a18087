# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which light the box shows: one pure function, so that light and pages can't disagree."""

from collections.abc import Iterable

from appliance.board.light import Light
from appliance.status import Box, Issue, Level


def choose(
    *, stage: Light | None, stopping: bool, starting: bool, level: Level, box: Box, issues: Iterable[Issue]
) -> Light:
    """What matters most to somebody who stands before the box comes first. Acknowledged issues no longer shine."""
    loud = {issue.level for issue in issues if not issue.acknowledged}
    if stopping:
        return Light.SHUTTING_DOWN
    if stage is not None:
        return stage
    if box.recovery_open:
        return Light.RECOVERY
    if starting:
        return Light.STARTING
    if Level.FAILING in loud:
        return Light.FAILING
    if not box.claimed:
        return Light.UNCLAIMED
    if Level.ATTENTION in loud:
        return Light.ATTENTION
    return Light.WORKING if level is Level.WORKING else Light.WELL
