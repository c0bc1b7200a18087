# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the console's pages work with: the parts they ask, and the request's one look at the status."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from flask import current_app, g

from appliance.console.activity import Activity
from appliance.errors import HearthError
from appliance.fediverse.model import Role
from appliance.fediverse.protocol import AddedMember, Facts, InviteLink
from appliance.health.history import History
from appliance.secret import Secret
from appliance.setup import Setup, Step, step
from appliance.status import Status
from appliance.supervisor.protocol import ClaimView, PowerAction, SshKeyEntry, WifiNetwork, WifiView
from appliance.system.clock import Clock


class Supervisor(Protocol):
    """What of SupervisorClient is used here."""

    def status(self) -> Status: ...
    def watch(self) -> Iterator[Status]: ...
    def claim_wait(self, browser: Secret) -> ClaimView: ...
    def claim_look(self, browser: Secret) -> ClaimView: ...
    def claim_code(self, browser: Secret, code: Secret) -> ClaimView: ...
    def recovery_wait(self, browser: Secret) -> ClaimView: ...
    def recovery_look(self, browser: Secret) -> ClaimView: ...
    def owner_set(self, browser: Secret, username: str, password: Secret) -> int: ...
    def owner_login(self, username: str, password: Secret, address: str) -> int: ...
    def owner_password(self, new: Secret, *, old: Secret | None = None, recovery: Secret | None = None) -> int: ...
    def address_choose(self, name: str) -> None: ...
    def setup_finish(self) -> None: ...
    def settings_set(self, key: str, value: str) -> None: ...
    def issue_acknowledge(self, key: str) -> None: ...
    def issue_fix(self, issue: str, fix: str) -> str | None: ...
    def internet_look(self) -> None: ...
    def job_cancel(self, job: str) -> None: ...
    def health_history(self) -> History: ...
    def ssh_keys(self) -> tuple[SshKeyEntry, ...]: ...
    def ssh_add(self, key: str, password: Secret) -> str: ...
    def ssh_remove(self, fingerprint: str) -> None: ...
    def wifi_look(self) -> WifiView: ...
    def wifi_used(self) -> None: ...
    def wifi_join(self, network: WifiNetwork) -> bool: ...
    def wifi_forget(self, ssid: str) -> None: ...
    def erase(self, sentence: str) -> str: ...
    def erase_undo(self) -> None: ...
    def power(self, action: PowerAction) -> None: ...


class Instance(Protocol):
    """What of InstanceClient is used here."""

    def get_all(self) -> dict[str, str]: ...
    def set(self, key: str, value: str) -> None: ...
    def add_member(self, username: str, password: Secret | None = None, role: Role = Role.MEMBER) -> AddedMember: ...
    def set_password(self, username: str, password: Secret) -> None: ...
    def new_invite(self, by: str) -> InviteLink: ...
    def facts(self) -> Facts: ...


@dataclass(frozen=True)
class Console:
    """`panel_url` is where a virtual box has its front panel; a real one has none."""

    supervisor: Supervisor
    instance: Instance
    setup: Setup
    activity: Activity
    clock: Clock
    panel_url: str | None = None


def console() -> Console:
    found: Console = current_app.extensions["hearth-console"]
    return found


def status() -> Status:
    """The status as of this request; asked for once. Raises Unavailable."""
    if "status" not in g:
        try:
            g.status = console().supervisor.status()
        except HearthError as error:
            g.status = error  # its own error page must not wait for it a second time
    if isinstance(g.status, HearthError):
        raise g.status
    found: Status = g.status
    return found


def status_changed() -> None:
    """Forget the request's look at the status, after a command that changed it."""
    g.pop("status", None)
    g.pop("instance", None)


def instance_texts() -> Mapping[str, str]:
    """What `instance.get` answers, asked for once per request. Raises Unavailable."""
    if "instance" not in g:
        g.instance = console().instance.get_all()
    found: Mapping[str, str] = g.instance
    return found


def current_step() -> Step:
    """Where the wizard stands. The instance is asked only when that depends on it."""
    box = status().box
    needs_instance = box.claimed and box.owner is not None and not box.setup_done
    return step(status(), instance_texts() if needs_instance else {})
