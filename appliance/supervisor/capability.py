# SPDX-License-Identifier: AGPL-3.0-or-later
"""Capabilities: each observes a part of the world, plans by a pure function, and applies what was planned."""

from dataclasses import dataclass
from typing import Any, Protocol

from appliance.settings import Settings
from appliance.status import Capability as Report
from appliance.status import Picture
from appliance.supervisor.issues import Finding


@dataclass(frozen=True)
class Instance:
    """What the rest of the box needs to know of the fediverse server."""

    url: str
    answers: bool
    federating: bool


@dataclass(frozen=True)
class Plan:
    """What a capability makes of what it observed. `actions` are data that its `apply` understands."""

    report: Report
    findings: tuple[Finding, ...] = ()
    actions: tuple[Any, ...] = ()
    addresses: tuple[str, ...] = ()
    instance: Instance | None = None
    way: Picture | None = None


class Capability(Protocol):
    """`observe` and `apply` may take seconds and run beside the loop; `plan` is pure and runs inside it."""

    @property
    def name(self) -> str: ...

    def observe(self) -> Any: ...

    def plan(self, settings: Settings, observed: Any) -> Plan: ...

    def apply(self, action: Any) -> None: ...

    def fix(self, key: str) -> Any | None:
        """The action behind a fix offered in one of its findings; None if there is none of that key."""
        ...
