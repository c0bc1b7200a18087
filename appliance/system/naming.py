# SPDX-License-Identifier: AGPL-3.0-or-later
"""DynamicName: tells whoever looks after a name which addresses it has now: by ddclient, or as RFC 2136 says."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from appliance import internet_name
from appliance.errors import BadInput, HearthError, Unavailable
from appliance.internet.model import Account
from appliance.internet.providers import RFC2136, Asks, Provider, find
from appliance.secret import Secret
from appliance.system.cage import Cage
from appliance.system.files import Files
from appliance.system.inquiry import inquire
from appliance.system.runner import Runner

SILENT = "silent"  # in place of a reason: nobody answered
_SECONDS = 60.0
_MAX_REASON = 300
_UPDATE_SECONDS = 20.0
_READER = Cage("", 256 * 2**20, 5, 0, ("/run/systemd/resolve", "/run/NetworkManager"), network=True)
_MAX_SAID = 64 * 1024
_PLAIN = re.compile(r"[A-Za-z0-9._@+:-]{1,200}")
_ADDRESS = re.compile(r"[0-9a-fA-F.:]{2,45}")
# Its own user, for the moment, and nothing to see of the box but the programs. systemd makes the walls.
_UNIT = "hearth-name.service"
_WALLED = (
    "systemd-run", "--quiet", "--pipe", "--wait", "--collect", f"--unit={_UNIT}", "--property=DynamicUser=yes",
    "--property=ProtectSystem=strict", "--property=ProtectHome=yes", "--property=PrivateDevices=yes",
    "--property=InaccessiblePaths=-/var/lib/hearth -/run/hearth -/run/dbus", "--property=CapabilityBoundingSet=",
    "--property=RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "--property=MemoryMax=96M",
    "--property=TasksMax=16", "--property=RuntimeMaxSec=50",
)  # fmt: skip
# Whatever is done again, these say the same.
_FOR_GOOD = ("badauth", "nohost", "!yours", "notfqdn", "abuse", "!donator", "!active", "ko", "not authorized")


@dataclass(frozen=True)
class Addresses:
    """Under which the box is reached; None for none of that kind."""

    a: str | None
    aaaa: str | None


class DynamicName(Protocol):
    def tell(self, name: str, account: Account, secret: Secret, addresses: Addresses) -> None:
        """Takes up to a minute. Raises HearthError name-refused with the reason given, Refused name-refused-for-good
        where asking again is no use, Unavailable where nobody answers."""
        ...


class SystemDynamicName:
    """`folder` is gone with the power; the configuration is written there for as long as ddclient runs, since it reads
    it twice. `walled`: systemd keeps it apart from the rest of the machine. `tls` is False for tests alone."""

    def __init__(
        self,
        runner: Runner,
        files: Files,
        folder: Path,
        *,
        walled: bool = True,
        program: str = "ddclient",
        tls: bool = True,
    ) -> None:
        self._runner = runner
        self._files = files
        self._folder = folder
        self._walled = walled
        self._program = program
        self._tls = tls

    def tell(self, name: str, account: Account, secret: Secret, addresses: Addresses) -> None:
        provider = check(account, secret)
        if not all(address is None or _ADDRESS.fullmatch(address) for address in (addresses.a, addresses.aaaa)):
            raise BadInput("That is not an address.")
        if provider.key == RFC2136:
            update(self._runner, name, account, secret, addresses)
        else:
            self._run(provider, config(name, account, provider, secret, addresses, tls=self._tls), secret)

    def _run(self, provider: Provider, text: str, secret: Secret) -> None:
        self._files.make_folder(self._folder)
        path = self._folder / "ddclient.conf"
        try:
            self._files.replace(path, text.encode())
            done = self._runner.run(self._argv(path), timeout=_SECONDS, check=False)
        finally:
            self._files.remove(path)
        said = (done.output[:_MAX_SAID] + b"\n" + done.errors[:_MAX_SAID]).decode(errors="replace")
        reason = understood(said, secret)
        if reason:
            raise refusal(provider.label, reason)

    def _argv(self, path: Path) -> list[str]:
        """What ddclient itself remembers is thrown away: when somebody is told something is decided elsewhere."""
        options = ["-daemon=0", "-cache", "", "-force", "-file"]
        if not self._walled:
            return [self._program, *options, str(path)]
        return [
            *_WALLED,
            f"--property=LoadCredential={path.name}:{path}",
            self._program,
            *options,
            f"/run/credentials/{_UNIT}/{path.name}",
        ]


def check(account: Account, secret: Secret) -> Provider:
    """Raises BadInput for what no provider could take."""
    provider = find(account.provider)
    if provider is None:
        raise BadInput("Nobody knows this provider.", "Choose one of the list.", key="unknown-provider")
    given = {Asks.LOGIN: account.login, Asks.ZONE: account.zone, Asks.SERVER: account.server}
    for what, value in given.items():
        if what in provider.asks and not _PLAIN.fullmatch(value):
            words = "is missing" if not value else "has signs that can't be in it"
            raise BadInput(f"{provider.label}: the {what.value} {words}.", key=f"bad-name-{what.value}")
    text = secret.reveal()
    if not text or len(text) > 500 or not text.isprintable():
        raise BadInput(f"{provider.label}: the secret is missing, or can't be one.", key="bad-name-secret")
    return provider


def config(
    name: str, account: Account, provider: Provider, secret: Secret, addresses: Addresses, *, tls: bool = True
) -> str:
    """As ddclient reads it. Of a line with a password it takes all that stands between the first quote and the last."""
    lines = [f"ssl={'yes' if tls else 'no'}", "use=no", f"protocol={provider.protocol}"]
    server = provider.server or (account.server if Asks.SERVER in provider.asks else "")
    if server:
        lines.append(f"server={server}")
    if provider.script:
        lines.append(f"script={provider.script}")
    login = account.login if Asks.LOGIN in provider.asks else "token"
    lines.append(f"login='{login}'")
    if Asks.ZONE in provider.asks:
        lines.append(f"zone={account.zone}")
    if addresses.a:
        lines += ["usev4=ipv4", f"ipv4={addresses.a}"]
    if addresses.aaaa and provider.ipv6:
        lines += ["usev6=ipv6", f"ipv6={addresses.aaaa}"]
    return "\n".join([*lines, f"password='{secret.reveal()}'", provider.host(name), ""])


def understood(said: str, secret: Secret) -> str:
    """Why it did not go well, "" if it did."""
    lines = [line.strip() for line in said.splitlines()]
    well = [line for line in lines if line.startswith("SUCCESS:") or ": nochg:" in line]
    bad = [line for line in lines if line.startswith(("FAILED:", "FATAL:"))]
    if well and not bad:
        return ""
    bad = bad or [line for line in lines if line.startswith("WARNING:")]
    text = bad[-1].partition(":")[2].strip() if bad else "ddclient said nothing."
    text = text.replace(secret.reveal(), "****")
    return "".join(sign if sign.isprintable() else " " for sign in text)[:_MAX_REASON]


def refusal(who: str, reason: str) -> HearthError:
    if "Could not connect" in reason or "cannot connect" in reason:
        return Unavailable("name-unanswered", f"{who} does not answer.", "The box tries again by itself.")
    text = f": {reason.lower()}"
    if any(f": {word}" in text or f"'{word}" in text for word in _FOR_GOOD):
        remedy = "Look at what you gave in the settings; the box does not try again before tomorrow."
        return HearthError("name-refused-for-good", f"{who} refused: {reason}", remedy, status=409)
    return HearthError("name-refused", f"{who} refused: {reason}", "The box tries again by itself.", status=502)


@dataclass(frozen=True)
class Update:
    """What is asked of a name server. The login is the key's name, and may begin with its algorithm and a colon, as
    nsupdate(1) writes it: "hmac-sha256:hearth"."""

    name: str
    zone: str
    server: str
    login: str
    a: str | None
    aaaa: str | None
    secret: str = field(repr=False)


def update(runner: Runner, name: str, account: Account, secret: Secret, addresses: Addresses) -> None:
    """All addresses of the name become these. The secret goes to the child by a pipe."""
    if not internet_name.is_well_formed(name) or not f"{name}.".endswith(f".{account.zone.rstrip('.')}."):
        raise BadInput(f"{name} is not in the zone {account.zone}.", key="bad-name-zone")
    _check_base64(secret)
    wish = Update(name, account.zone, account.server, account.login, addresses.a, addresses.aaaa, secret.reveal())
    said = inquire(runner, "appliance.system.dns_update", wish, _READER, _UPDATE_SECONDS)
    if said == SILENT:
        raise Unavailable("name-unanswered", f"The name server {account.server} does not answer.")
    if said != "":
        reason = "".join(sign if sign.isprintable() else " " for sign in str(said))[:_MAX_REASON]
        raise refusal(account.server, reason.replace(secret.reveal(), "****"))


def _check_base64(secret: Secret) -> None:
    try:
        base64.b64decode(secret.reveal(), validate=True)
    except (ValueError, binascii.Error):
        raise BadInput(
            "The key is not base64.", "Copy it as the name server shows it.", key="bad-name-secret"
        ) from None


class VirtualDynamicName:
    """Takes what it is told, or refuses with `reason`."""

    def __init__(self, reason: str = "") -> None:
        self.reason = reason
        self.told: list[tuple[str, Account, Addresses]] = []

    def tell(self, name: str, account: Account, secret: Secret, addresses: Addresses) -> None:
        provider = check(account, secret)
        if self.reason:
            raise refusal(provider.label, self.reason)
        self.told.append((name, account, addresses))
