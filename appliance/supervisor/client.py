# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asks the supervisor: one typed method per command of protocol.py."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from appliance.health.history import History, KeptHistory, unpack
from appliance.parse import from_dict
from appliance.secret import Secret
from appliance.status import Status
from appliance.supervisor import protocol as words
from appliance.supervisor.protocol import ClaimView
from appliance.system.commands import CommandClient

KEEP_ALIVE_SECONDS = 10.0  # a stream of statuses is never silent for longer


class SupervisorClient:
    """Every method raises the HearthError that the supervisor raised, or Unavailable when it does not answer."""

    def __init__(self, path: Path) -> None:
        self._client = CommandClient(path, name="the supervisor")

    def status(self) -> Status:
        return from_dict(Status, self._client.ask("status"))

    def watch(self) -> Iterator[Status]:
        """The status at once, on every change, and the same again as a keep-alive."""
        for item in self._client.stream("watch", timeout=3 * KEEP_ALIVE_SECONDS):
            yield from_dict(Status, item)

    def claim_wait(self, browser: Secret) -> ClaimView:
        return from_dict(ClaimView, self._client.ask("claim.wait", words.Browser(browser)))

    def claim_look(self, browser: Secret) -> ClaimView:
        return from_dict(ClaimView, self._client.ask("claim.look", words.Browser(browser)))

    def claim_code(self, browser: Secret, code: Secret) -> ClaimView:
        return from_dict(ClaimView, self._client.ask("claim.code", words.ClaimCode(browser, code)))

    def recovery_wait(self, browser: Secret) -> ClaimView:
        return from_dict(ClaimView, self._client.ask("recovery.wait", words.Browser(browser)))

    def recovery_look(self, browser: Secret) -> ClaimView:
        return from_dict(ClaimView, self._client.ask("recovery.look", words.Browser(browser)))

    def owner_set(self, browser: Secret, username: str, password: Secret) -> int:
        """The epoch for the new session."""
        return int(self._client.ask("owner.set", words.NewOwner(browser, username, password))["epoch"])

    def owner_login(self, username: str, password: Secret, address: str) -> int:
        return int(self._client.ask("owner.login", words.Login(username, password, address))["epoch"])

    def owner_password(self, new: Secret, *, old: Secret | None = None, recovery: Secret | None = None) -> int:
        """The new epoch; `recovery` is the browser that it is open for.

        The instance's member of the same name must be given the password by the caller.
        """
        return int(self._client.ask("owner.password", words.NewPassword(new, old, recovery))["epoch"])

    def address_choose(self, name: str) -> None:
        self._client.ask("address.choose", words.Address(name))

    def name_hold(self, asked: words.NameHold) -> None:
        self._client.ask("name.hold", asked)

    def gateway_use(self, invitation: Secret) -> tuple[str, str]:
        """The gateway, and the name that visitors come by."""
        used = self._client.ask("gateway.use", words.Invitation(invitation))
        return str(used["gateway"]), str(used["name"])

    def gateway_leave(self) -> None:
        self._client.ask("gateway.leave")

    def setup_finish(self) -> None:
        self._client.ask("setup.finish")

    def settings(self) -> dict[str, str]:
        return dict(self._client.ask("settings.get", words.Key("")))

    def settings_get(self, key: str) -> str:
        return str(self._client.ask("settings.get", words.Key(key)))

    def settings_set(self, key: str, value: str) -> None:
        self._client.ask("settings.set", words.KeyValue(key, value))

    def issue_acknowledge(self, key: str) -> None:
        self._client.ask("issue.acknowledge", words.Key(key))

    def issue_fix(self, issue: str, fix: str) -> str | None:
        """The id of the job that mends it, if it takes one."""
        job = self._client.ask("issue.fix", words.IssueFix(issue, fix)).get("job")
        return None if job is None else str(job)

    def health_history(self) -> History:
        return unpack(from_dict(KeptHistory, self._client.ask("health.history")))

    def ssh_keys(self) -> tuple[words.SshKeyEntry, ...]:
        return tuple(from_dict(words.SshKeyEntry, item) for item in self._client.ask("ssh.keys"))

    def ssh_add(self, key: str, password: Secret) -> str:
        """The new key's fingerprint."""
        return str(self._client.ask("ssh.add", words.NewSshKey(key, password), timeout=30.0)["fingerprint"])

    def ssh_remove(self, fingerprint: str) -> None:
        self._client.ask("ssh.remove", words.Key(fingerprint), timeout=30.0)

    def wifi_look(self) -> words.WifiView:
        return from_dict(words.WifiView, self._client.ask("wifi.look"))

    def wifi_used(self) -> None:
        self._client.ask("wifi.used")

    def wifi_join(self, network: words.WifiNetwork) -> bool:
        """Whether it is only tried for now, as the hotspot has to end for it."""
        return "job" in self._client.ask("wifi.join", network, timeout=60.0)

    def wifi_forget(self, ssid: str) -> None:
        self._client.ask("wifi.forget", words.Key(ssid), timeout=30.0)

    def internet_look(self) -> None:
        self._client.ask("internet.look")

    def job_cancel(self, job: str) -> None:
        self._client.ask("job.cancel", words.Key(job))

    def erase(self, sentence: str) -> str:
        """The id of the job."""
        return str(self._client.ask("erase", words.Erase(sentence))["job"])

    def erase_undo(self) -> None:
        self._client.ask("erase.undo", timeout=120.0)

    def power(self, action: words.PowerAction) -> None:
        self._client.ask("power", words.Power(action))

    def logs(self, service: str = "", lines: int = 100) -> list[dict[str, Any]]:
        """Lines as {"at", "service", "line"}, oldest first."""
        return list(self._client.ask("logs", words.Logs(service, lines), timeout=30.0))
