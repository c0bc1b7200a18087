# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command socket's side of protocol.py: each command finds its way into the loop."""

import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from appliance.errors import BadInput
from appliance.health.history import keep
from appliance.health.recorder import Recorder
from appliance.internet.capability import InternetCapability
from appliance.network import hotspot
from appliance.network.radio import WORDS, Radio
from appliance.parse import to_dict
from appliance.status import Status
from appliance.supervisor import protocol as words
from appliance.supervisor.box_settings import BoxSettings
from appliance.supervisor.claiming import Claiming
from appliance.supervisor.client import KEEP_ALIVE_SECONDS
from appliance.supervisor.core import Core, Watcher
from appliance.supervisor.erasing import Erasing
from appliance.supervisor.gateway import GatewayUse
from appliance.supervisor.loop import Loop
from appliance.supervisor.name import NameHolder
from appliance.supervisor.owner import Owner
from appliance.supervisor.ssh_keys import SshKeys
from appliance.system.commands import Command, NoArguments
from appliance.system.units import Units
from appliance.system.wifi import Outcome

JOIN = "Join the Wi-Fi"

A = TypeVar("A")
T = TypeVar("T")


@dataclass(frozen=True)
class Desk:
    """Everything that commands are handed on to."""

    loop: Loop
    core: Core
    claiming: Claiming
    owner: Owner
    settings: BoxSettings
    name: NameHolder
    erasing: Erasing
    recorder: Recorder
    keys: SshKeys
    radio: Radio
    gateway: GatewayUse
    internet: InternetCapability
    units: Units
    power: Callable[[words.PowerAction], None]


def commands(desk: Desk) -> list[Command[Any]]:
    def looped(handle: Callable[[A], T]) -> Callable[[A], T]:
        return lambda arguments: desk.loop.ask(lambda: handle(arguments))

    return [
        Command("status", NoArguments, looped(lambda _: desk.core.status)),
        Command("watch", NoArguments, lambda _: watch(desk)),
        Command("claim.wait", words.Browser, looped(desk.claiming.wait)),
        Command("claim.look", words.Browser, looped(desk.claiming.look)),
        Command("claim.code", words.ClaimCode, looped(desk.claiming.code)),
        Command("recovery.wait", words.Browser, looped(desk.claiming.wait_for_recovery)),
        Command("recovery.look", words.Browser, looped(desk.claiming.look_at_recovery)),
        Command("owner.set", words.NewOwner, desk.owner.set),
        Command("owner.login", words.Login, desk.owner.login),
        Command("owner.password", words.NewPassword, desk.owner.password),
        Command("address.choose", words.Address, looped(desk.settings.choose_address)),
        Command("name.hold", words.NameHold, looped(desk.name.hold)),
        Command("setup.finish", NoArguments, looped(lambda _: desk.settings.finish())),
        Command("settings.get", words.Key, looped(desk.settings.get)),
        Command("settings.set", words.KeyValue, looped(desk.settings.set)),
        Command("issue.acknowledge", words.Key, looped(lambda asked: acknowledge(desk, asked))),
        Command("issue.fix", words.IssueFix, looped(lambda asked: fix(desk, asked))),
        Command("health.history", NoArguments, lambda _: keep(desk.recorder.history)),
        Command("ssh.keys", NoArguments, lambda _: ssh_keys(desk)),
        Command("ssh.add", words.NewSshKey, lambda asked: add_ssh_key(desk, asked)),
        Command("ssh.remove", words.Key, lambda asked: remove_ssh_key(desk, asked)),
        Command("wifi.look", NoArguments, looped(lambda _: wifi_view(desk))),
        Command("wifi.used", NoArguments, lambda _: use_wifi(desk)),
        Command("wifi.join", words.WifiNetwork, lambda asked: join_wifi(desk, asked)),
        Command("wifi.forget", words.Key, lambda asked: forget_wifi(desk, asked)),
        Command("gateway.use", words.Invitation, looped(desk.gateway.use)),
        Command("gateway.leave", NoArguments, looped(lambda _: desk.gateway.leave())),
        Command("internet.look", NoArguments, lambda _: look_at_internet(desk)),
        Command("job.cancel", words.Key, looped(lambda asked: cancel(desk, asked))),
        Command("erase", words.Erase, looped(desk.erasing.erase)),
        Command("erase.undo", NoArguments, lambda _: desk.erasing.undo()),
        Command("power", words.Power, lambda asked: power(desk, asked)),
        Command("logs", words.Logs, lambda asked: to_dict(desk.units.logs(asked.service, asked.lines))),
    ]


def watch(desk: Desk) -> Iterator[Status]:
    """The status now and whenever it changes; the same again as a sign of life when nothing happens."""
    watcher: Watcher = queue.SimpleQueue()

    def begin() -> Status:
        desk.core.watchers.add(watcher)
        return desk.core.status

    status = desk.loop.ask(begin)
    try:
        while True:
            yield status
            status = _newest(watcher, status)
    finally:
        desk.loop.tell(lambda: desk.core.watchers.discard(watcher))


def _newest(watcher: Watcher, status: Status) -> Status:
    """A slow reader is spared what is out of date already."""
    try:
        status = watcher.get(timeout=KEEP_ALIVE_SECONDS)
        while True:
            status = watcher.get_nowait()
    except queue.Empty:
        return status


def acknowledge(desk: Desk, asked: words.Key) -> dict[str, str]:
    if not desk.core.acknowledge(asked.key):
        raise _no_issue()
    return {}


def fix(desk: Desk, asked: words.IssueFix) -> dict[str, str]:
    found = desk.core.find_fix(asked.issue, asked.fix)
    if found is None:
        raise _no_issue()
    capability, action, label = found

    def work(_: object) -> str:
        capability.apply(action)
        return "Done."

    return {"job": desk.core.jobs.start(label, work)}


def ssh_keys(desk: Desk) -> list[words.SshKeyEntry]:
    return [words.SshKeyEntry(key.kind, key.fingerprint, key.comment) for key in desk.keys.all()]


def add_ssh_key(desk: Desk, asked: words.NewSshKey) -> dict[str, str]:
    """A key opens the whole box, so a console that somebody broke into must not be able to put one in by itself."""
    desk.owner.confirm(asked.password)
    return {"fingerprint": desk.keys.add(asked.key).fingerprint}


def remove_ssh_key(desk: Desk, asked: words.Key) -> dict[str, str]:
    desk.keys.remove(asked.key)
    return {}


def wifi_view(desk: Desk) -> words.WifiView:
    seen, state = desk.radio.seen, desk.radio.state
    failed = state.outcome is not None and state.outcome is not Outcome.JOINED
    return words.WifiView(
        radio=seen.radio,
        cable=seen.cable,
        connected=seen.connected or "",
        known=seen.known,
        nearby=state.nearby,
        tried=state.tried,
        failure=WORDS[state.outcome] if failed and state.outcome else "",
        country=desk.core.settings.wifi_country or "",
    )


def use_wifi(desk: Desk) -> dict[str, str]:
    desk.radio.tell(hotspot.used)
    return {}


def join_wifi(desk: Desk, asked: words.WifiNetwork) -> dict[str, str]:
    later = desk.radio.join(asked)
    desk.loop.ask(lambda: desk.core.change(wifi_country=asked.country))
    if not later:
        return {}
    return {"job": desk.loop.ask(lambda: desk.core.jobs.start(JOIN, lambda _: desk.radio.attempt(asked)))}


def forget_wifi(desk: Desk, asked: words.Key) -> dict[str, str]:
    desk.radio.wifi.forget(asked.key)
    return {}


def look_at_internet(desk: Desk) -> dict[str, str]:
    desk.internet.look_now()
    return {}


def cancel(desk: Desk, asked: words.Key) -> dict[str, str]:
    desk.core.jobs.cancel(asked.key)
    return {}


def power(desk: Desk, asked: words.Power) -> dict[str, str]:
    desk.loop.ask(lambda: desk.power(asked.action))
    return {}


def _no_issue() -> BadInput:
    return BadInput("This issue is not there any more.", "Look at the box's page again.", key="no-such-issue")
