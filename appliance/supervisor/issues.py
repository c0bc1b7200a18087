# SPDX-License-Identifier: AGPL-3.0-or-later
"""Issues: what the checks found, since when, and whether the owner has seen it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from appliance.status import Fix, Issue, Level

_ORDER = (Level.WELL, Level.WORKING, Level.ATTENTION, Level.FAILING)


@dataclass(frozen=True)
class Finding:
    """What a check found, in plain words. `key` is stable; the fixes are what its capability can `fix`."""

    key: str
    level: Level
    sentence: str
    remedy: str
    fixes: tuple[Fix, ...] = ()


def worst(levels: Iterable[Level]) -> Level:
    return max(levels, key=_ORDER.index, default=Level.WELL)


def update_since(since: Mapping[str, str], findings: Iterable[Finding], now: str) -> dict[str, str]:
    """Since when each of them has been there; what is gone is forgotten."""
    return {finding.key: since.get(finding.key, now) for finding in findings}


def to_issues(findings: Iterable[Finding], since: Mapping[str, str], acknowledged: Iterable[str]) -> tuple[Issue, ...]:
    """Worst first, then by key."""
    seen = frozenset(acknowledged)
    issues = (
        Issue(each.key, each.level, each.sentence, each.remedy, since[each.key], each.key in seen, each.fixes)
        for each in findings
    )
    return tuple(sorted(issues, key=lambda issue: (-_ORDER.index(issue.level), issue.key)))
