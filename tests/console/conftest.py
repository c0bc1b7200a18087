# SPDX-License-Identifier: AGPL-3.0-or-later
"""A supervisor and an instance that only remember, and a browser that fills in forms as people do."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from appliance.board.light import Light
from appliance.console.app import create_app
from appliance.errors import BadInput, Refused, Unavailable
from appliance.fediverse.model import Role
from appliance.fediverse.protocol import AddedMember, Facts, InviteLink
from appliance.health.history import History, empty
from appliance.internet.model import Account, Held
from appliance.secret import Secret
from appliance.status import Box, Capability, Level, Status
from appliance.supervisor.protocol import (
    ClaimState,
    ClaimView,
    NameHold,
    PowerAction,
    SshKeyEntry,
    WifiNetwork,
    WifiView,
)
from appliance.system.clock import VirtualClock
from appliance.system.naming import check as check_account
from appliance.system.wifi import check

PASSWORD = "quiet ember under snow"

FRESH = Status(
    serial=1,
    at="2026-01-01T00:00:00+00:00",
    level=Level.WELL,
    light=Light.UNCLAIMED,
    sentence="This box belongs to nobody yet.",
    box=Box("hearth", "virtual board", "0.1", False, None, None, False, False, 1),
    addresses=("http://hearth.local:8080",),
    instance_url="http://127.0.0.1:8082",
    instance_answers=True,
    federating=False,
    capabilities=(Capability("storage", Level.WELL, "There is plenty of room.", {"free": "24 GB of 32 GB"}),),
    issues=(),
    jobs=(),
)


NO_WIFI = WifiView(True, False, "", (), (), "", "", "")


@dataclass
class FakeSupervisor:
    state: Status = FRESH
    claimed_by: str | None = None
    recovery_for: str | None = None
    waiting: set[str] = field(default_factory=set)
    password: str = ""
    down: bool = False
    done: list[Any] = field(default_factory=list)
    history: History = field(default_factory=empty)
    keys: tuple[SshKeyEntry, ...] = ()
    wifi: WifiView = NO_WIFI

    def hotspot(self, name: str) -> None:
        """Open one, or end it with ""."""
        network = Capability("network", Level.ATTENTION, "Not connected.", {"hotspot": name} if name else {})
        others = tuple(each for each in self.state.capabilities if each.name != "network")
        self.state = dataclasses.replace(self.state, capabilities=(*others, network))

    def box(self, **changes: Any) -> None:
        self.state = dataclasses.replace(self.state, box=dataclasses.replace(self.state.box, **changes))

    def press(self) -> None:
        if len(self.waiting) != 1:
            return
        if self.state.box.owner:
            self.open_recovery(self.waiting.pop())
        else:
            self.claimed_by = self.waiting.pop()
            self.box(claimed=True)

    def open_recovery(self, browser: str | None) -> None:
        self.recovery_for = browser
        self.waiting.clear()
        self.box(recovery_open=browser is not None)

    def status(self) -> Status:
        if self.down:
            raise Unavailable("not-answering", "The supervisor does not answer.")
        return self.state

    def watch(self) -> Iterator[Status]:
        yield self.state

    def claim_wait(self, browser: Secret) -> ClaimView:
        self.waiting.add(browser.reveal())
        return self.claim_look(browser)

    def claim_look(self, browser: Secret) -> ClaimView:
        token = browser.reveal()
        if self.state.box.owner and self.claimed_by != token:
            return ClaimView(ClaimState.TAKEN)
        return self._view(token, self.claimed_by)

    def recovery_wait(self, browser: Secret) -> ClaimView:
        self.waiting.add(browser.reveal())
        return self.recovery_look(browser)

    def recovery_look(self, browser: Secret) -> ClaimView:
        return self._view(browser.reveal(), self.recovery_for)

    def _view(self, token: str, given_to: str | None) -> ClaimView:
        if given_to == token:
            return ClaimView(ClaimState.MINE)
        if token not in self.waiting:
            return ClaimView(ClaimState.TAKEN if given_to else ClaimState.FREE)
        return ClaimView(ClaimState.WAITING if len(self.waiting) == 1 else ClaimState.CONTESTED, 58)

    def claim_code(self, browser: Secret, code: Secret) -> ClaimView:
        if not code.matches("apple-beech-cedar"):
            raise Refused("wrong-code", "That is not the code.", "Look it up again.")
        if self.state.box.owner:
            self.open_recovery(browser.reveal())
            return self.claim_look(browser)
        self.claimed_by = browser.reveal()
        self.waiting.clear()
        self.box(claimed=True)
        return self.claim_look(browser)

    def owner_set(self, browser: Secret, username: str, password: Secret) -> int:
        if browser.reveal() != self.claimed_by or self.state.box.owner not in (None, username):
            raise Refused("not-yours", "This box was claimed from another browser.")
        self.password = password.reveal()
        self.done.append(("owner", username))
        self.box(owner=username)
        return self.state.box.epoch

    def owner_login(self, username: str, password: Secret, address: str) -> int:
        if username != self.state.box.owner or password.reveal() != self.password:
            raise Refused("wrong-password", "The user name or the password is wrong.", status=401)
        return self.state.box.epoch

    def owner_password(self, new: Secret, *, old: Secret | None = None, recovery: Secret | None = None) -> int:
        if recovery is not None and recovery.reveal() != self.recovery_for:
            raise Refused("recovery-closed", "This is not open for this browser.", "Press the button.")
        if recovery is None and (old is None or old.reveal() != self.password):
            raise Refused("wrong-password", "The password is wrong.", status=401)
        self.password = new.reveal()
        self.box(epoch=self.state.box.epoch + 1)
        self.open_recovery(None)
        return self.state.box.epoch

    def address_choose(self, name: str) -> None:
        self.done.append(("address", name))
        self.box(address=name)

    def name_hold(self, asked: NameHold) -> None:
        if asked.held is Held.DYNAMIC:
            check_account(Account(asked.provider, asked.login, asked.zone, asked.server), asked.secret or Secret(""))
        self.done.append(asked)
        self.box(address=asked.name, name_held=asked.held, provider=asked.provider)

    def setup_finish(self) -> None:
        self.done.append(("finish", ""))
        self.box(setup_done=True)

    helpers = ""

    def settings_get(self, key: str) -> str:
        return self.helpers

    def settings_set(self, key: str, value: str) -> None:
        if key == "helpers":
            if "http" in value:
                raise BadInput("That is not the name of a server.", key="bad-helpers")
            self.helpers = " ".join(value.split())
            return
        if not value:
            raise BadInput("The name is empty.")
        self.box(name=value)

    def issue_acknowledge(self, key: str) -> None:
        self.done.append(("acknowledge", key))

    def issue_fix(self, issue: str, fix: str) -> str | None:
        self.done.append(("fix", issue, fix))
        return None

    def internet_look(self) -> None:
        self.done.append("looked at the internet")

    def job_cancel(self, job: str) -> None:
        self.done.append(("cancel", job))

    def health_history(self) -> History:
        return self.history

    def ssh_keys(self) -> tuple[SshKeyEntry, ...]:
        return self.keys

    def ssh_add(self, key: str, password: Secret) -> str:
        if password.reveal() != self.password:
            raise Refused("wrong-password", "The user name or the password is wrong.", status=401)
        if not key.startswith("ssh-"):
            raise BadInput("That is not a public ssh key.", key="bad-ssh-key")
        self.keys = (*self.keys, SshKeyEntry("ssh-ed25519", f"SHA256:{len(self.keys)}", "laptop"))
        return self.keys[-1].fingerprint

    def ssh_remove(self, fingerprint: str) -> None:
        if fingerprint not in {key.fingerprint for key in self.keys}:
            raise BadInput("This key is not there any more.", key="no-such-key")
        self.keys = tuple(key for key in self.keys if key.fingerprint != fingerprint)

    def wifi_look(self) -> WifiView:
        return self.wifi

    def wifi_used(self) -> None:
        self.done.append("used")

    def wifi_join(self, network: WifiNetwork) -> bool:
        check(network)
        self.done.append(network)
        self.wifi = dataclasses.replace(self.wifi, known=(*self.wifi.known, network.ssid))
        return True

    def wifi_forget(self, ssid: str) -> None:
        if ssid not in self.wifi.known:
            raise BadInput("The box does not know this Wi-Fi.", key="no-such-wifi")
        self.wifi = dataclasses.replace(self.wifi, known=tuple(each for each in self.wifi.known if each != ssid))

    def erase(self, sentence: str) -> str:
        if sentence != f"erase {self.state.box.name}":
            raise BadInput("The sentence is not right.", "Type it word for word.")
        self.done.append(("erase", sentence))
        return "1"

    def erase_undo(self) -> None:
        self.done.append(("undo", ""))
        self.box(owner="ada", epoch=self.state.box.epoch + 1)

    def power(self, action: PowerAction) -> None:
        self.done.append(("power", action))


@dataclass
class FakeInstance:
    texts: dict[str, str] = field(
        default_factory=lambda: {"title": "", "description": "", "rules": "", "registration": "closed", "origin": ""}
    )
    passwords: dict[str, str] = field(default_factory=dict)
    invites: int = 0
    down: bool = False

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("not-answering", "The instance does not answer.")

    def get_all(self) -> dict[str, str]:
        self._answer()
        return dict(self.texts)

    def set(self, key: str, value: str) -> None:
        self._answer()
        if key == "rules" and len(value.splitlines()) > 50:
            raise BadInput("There are more than 50 rules.", "Fewer are kept better.", key="bad-rules")
        self.texts[key] = value

    def add_member(self, username: str, password: Secret | None = None, role: Role = Role.MEMBER) -> AddedMember:
        self._answer()
        if username == "admin":
            raise BadInput("That user name is reserved.", "Choose another one.", key="bad-username")
        self.passwords[username] = password.reveal() if password else ""
        return AddedMember(username, None)

    def set_password(self, username: str, password: Secret) -> None:
        self._answer()
        self.passwords[username] = password.reveal()

    def new_invite(self, by: str) -> InviteLink:
        self._answer()
        self.invites += 1
        return InviteLink(f"/join/token-{self.invites}", "", "2026-01-08T00:00:00Z")

    def facts(self) -> Facts:
        self._answer()
        return Facts(1, 0, 0, False, None)


class Browser:
    """Keeps cookies, follows redirects, and sends forms with the token that the page it last saw holds."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.page: TestResponse | None = None

    def get(self, path: str = "/", **options: Any) -> TestResponse:
        self.page = self.client.get(path, follow_redirects=True, **options)
        return self.page

    @property
    def token(self) -> str:
        assert self.page is not None
        found = re.search(r'name="csrf" value="([^"]+)"', self.page.text)
        return found[1] if found else ""

    def post(self, path: str, follow_redirects: bool = True, **values: str) -> TestResponse:
        if not self.page:
            self.get()
        answer = self.client.post(path, data={"csrf": self.token, **values}, follow_redirects=follow_redirects)
        if follow_redirects:
            self.page = answer
        return answer

    def claim(self, supervisor: FakeSupervisor) -> None:
        self.post("/claim")
        supervisor.press()
        self.get()

    def become_owner(self, supervisor: FakeSupervisor, username: str = "ada") -> TestResponse:
        self.claim(supervisor)
        return self.post("/setup/owner", username=username, password=PASSWORD, again=PASSWORD)

    def set_up(self, supervisor: FakeSupervisor) -> TestResponse:
        self.become_owner(supervisor)
        self.post("/setup/instance", title="The Garden Table", description="", rules="Be kind.")
        self.post("/setup/address", where="home")
        return self.post("/setup/review")


@pytest.fixture
def supervisor() -> FakeSupervisor:
    return FakeSupervisor()


@pytest.fixture
def instance() -> FakeInstance:
    return FakeInstance()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def app(supervisor: FakeSupervisor, instance: FakeInstance, clock: VirtualClock) -> Flask:
    return create_app(supervisor, instance, Secret("k" * 40), clock, panel_url="http://127.0.0.1:8081")


@pytest.fixture
def new_browser(app: Flask) -> Callable[[], Browser]:
    return lambda: Browser(app.test_client())


@pytest.fixture
def browser(new_browser: Callable[[], Browser]) -> Browser:
    return new_browser()
