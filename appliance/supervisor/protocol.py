# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be asked of the supervisor over its command socket, as types. Answers are plain JSON data.

| command          | arguments     | answer                                                              |
|------------------|---------------|---------------------------------------------------------------------|
| status           | NoArguments   | Status                                                              |
| watch            | NoArguments   | stream of Status, the first at once, then on every change           |
| claim.wait       | Browser       | ClaimView: start (or see) the 60 s in which a press claims          |
| claim.look       | Browser       | ClaimView, without starting to wait                                 |
| claim.code       | ClaimCode     | ClaimView; with an owner it opens the recovery login for the asker  |
| recovery.wait    | Browser       | ClaimView: the 60 s in which a press opens the recovery login       |
| recovery.look    | Browser       | ClaimView, without starting to wait                                 |
| owner.set        | NewOwner      | {"epoch": int}; only the browser that claimed, only while no owner  |
| owner.login      | Login         | {"epoch": int}; throttled                                           |
| owner.password   | NewPassword   | {"epoch": int}; the old password, or recovery open for the browser  |
| address.choose   | Address       | {}                                                                  |
| name.hold        | NameHold      | {}: a name on the internet, and who makes its records               |
| setup.finish     | NoArguments   | {}                                                                  |
| settings.get     | Key           | value; key "" answers all as {key: value}                           |
| settings.set     | KeyValue      | {}                                                                  |
| issue.acknowledge| Key           | {}                                                                  |
| issue.fix        | IssueFix      | {"job": id} or {}                                                   |
| health.history   | NoArguments   | health.history.KeptHistory: a day and a month                       |
| ssh.keys         | NoArguments   | [SshKeyEntry]                                                       |
| ssh.add          | NewSshKey     | {"fingerprint": text}; the owner's password is needed               |
| ssh.remove       | Key           | {}; the key is its fingerprint                                      |
| wifi.look        | NoArguments   | WifiView                                                            |
| wifi.used        | NoArguments   | {}: somebody reads a page over the box's hotspot                    |
| wifi.join        | WifiNetwork   | {"job": id}, or {} if no hotspot has to end for it                  |
| wifi.forget      | Key           | {}; the key is the network's name                                   |
| gateway.use      | Invitation    | {"gateway", "name"}: let visitors come through it, under its name   |
| gateway.leave    | NoArguments   | {}: let visitors come by the router again                           |
| internet.look    | NoArguments   | {}: somebody waits, so the way from the internet is looked at now   |
| job.cancel       | Key           | {}                                                                  |
| erase            | Erase         | {"job": id}: renames all data, deletes it after seven days          |
| erase.undo       | NoArguments   | {}; what was erased last comes back, what is there now is put aside |
| power            | Power         | {}                                                                  |
| logs             | Logs          | [{"at", "service", "line"}]                                         |
"""

from dataclasses import dataclass
from enum import Enum

from appliance.internet.model import Held as Held
from appliance.secret import Secret
from appliance.system.commands import Key as Key
from appliance.system.commands import KeyValue as KeyValue
from appliance.system.wifi import Nearby as Nearby
from appliance.system.wifi import WifiNetwork as WifiNetwork


class ClaimState(Enum):
    """How it stands between a browser and a press of the button. For recovery "claimed" reads "opened"."""

    FREE = "free"  # nobody has claimed the box and this browser is not waiting
    WAITING = "waiting"  # a press of the button now claims for this browser
    CONTESTED = "contested"  # another browser waits as well: a press claims for nobody
    MINE = "mine"  # this browser claimed the box and may go on with the wizard
    TAKEN = "taken"  # somebody else did


@dataclass(frozen=True)
class ClaimView:
    state: ClaimState
    seconds_left: int = 0


@dataclass(frozen=True)
class Browser:
    """`browser` is the random token in that browser's cookie."""

    browser: Secret


@dataclass(frozen=True)
class ClaimCode:
    browser: Secret
    code: Secret


@dataclass(frozen=True)
class NewOwner:
    browser: Secret
    username: str
    password: Secret


@dataclass(frozen=True)
class Login:
    """`address` is the asker's IP address, for throttling."""

    username: str
    password: Secret
    address: str


@dataclass(frozen=True)
class NewPassword:
    """`recovery` is the token of the browser that forgot the old one."""

    new: Secret
    old: Secret | None = None
    recovery: Secret | None = None


@dataclass(frozen=True)
class NewSshKey:
    """`key` is one line as in a .pub file, without options."""

    key: str
    password: Secret


@dataclass(frozen=True)
class SshKeyEntry:
    kind: str
    fingerprint: str
    comment: str = ""


@dataclass(frozen=True)
class WifiView:
    """`connected` and `tried` are names of networks, "" for none; `failure` says why the last attempt came to nothing;
    `nearby` is as of before the hotspot opened. `country` is "" while nobody said."""

    radio: bool
    cable: bool
    connected: str
    known: tuple[str, ...]
    nearby: tuple[Nearby, ...]
    tried: str
    failure: str
    country: str


@dataclass(frozen=True)
class Address:
    """`name` is "" for home only; a name on the internet is for ever and can be given once."""

    name: str


@dataclass(frozen=True)
class Invitation:
    """To a gateway; a line of text, as its operator handed it out."""

    invitation: Secret


@dataclass(frozen=True)
class NameHold:
    """`name` can be given once, like an Address; the rest may change. `provider` (a key of internet/providers.py) and
    what it asks for count with Held.DYNAMIC only; without a `secret` the one that is known stays. With Held.GATEWAY the
    secret is the invitation, and the name stands in it."""

    held: Held
    name: str
    provider: str = ""
    login: str = ""
    zone: str = ""
    server: str = ""
    secret: Secret | None = None


@dataclass(frozen=True)
class IssueFix:
    issue: str
    fix: str


@dataclass(frozen=True)
class Erase:
    """`sentence` must be the spelled-out consent: "erase NAME-OF-THE-BOX"."""

    sentence: str


class PowerAction(Enum):
    OFF = "off"
    RESTART = "restart"


@dataclass(frozen=True)
class Power:
    action: PowerAction


@dataclass(frozen=True)
class Logs:
    service: str = ""
    lines: int = 100
