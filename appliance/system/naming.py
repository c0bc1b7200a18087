# SPDX-License-Identifier: AGPL-3.0-or-later
"""DynamicName: tells whoever looks after a name which addresses it has now: by ddclient, or as RFC 2136 says."""

import base64
import binascii
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import dns.exception
import dns.inet
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.resolver
import dns.tsig
import dns.update

from appliance import internet_name
from appliance.errors import BadInput, HearthError, Unavailable
from appliance.internet.model import Account
from appliance.internet.providers import RFC2136, Asks, Provider, find
from appliance.secret import Secret
from appliance.system.files import Files
from appliance.system.runner import Runner

TTL = 300  # of records that we write ourselves
_SECONDS = 60.0
_MAX_REASON = 300
_MAX_SAID = 64 * 1024
_PLAIN = re.compile(r"[A-Za-z0-9._@+:-]{1,200}")
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
        if provider.key == RFC2136:
            update(name, account, secret, addresses)
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


def update(name: str, account: Account, secret: Secret, addresses: Addresses) -> None:
    """All addresses of the name become these. The login is the key's name, and may begin with its algorithm and a
    colon, as nsupdate(1) writes it: "hmac-sha256:hearth"."""
    algorithm, _, key_name = account.login.rpartition(":")
    if not internet_name.is_well_formed(name) or not f"{name}.".endswith(f".{account.zone.rstrip('.')}."):
        raise BadInput(f"{name} is not in the zone {account.zone}.", key="bad-name-zone")
    try:
        key = {dns.name.from_text(key_name): dns.tsig.Key(key_name, _tsig(secret), algorithm or "hmac-sha256")}
        message = dns.update.UpdateMessage(dns.name.from_text(account.zone), keyring=key)
        for kind, address in (("A", addresses.a), ("AAAA", addresses.aaaa)):
            if address:
                message.replace(dns.name.from_text(name), TTL, kind, address)
            else:
                message.delete(dns.name.from_text(name), kind)
        address, port = _server(account.server)
        answer = dns.query.tcp(message, address, timeout=10.0, port=port)
    except (dns.exception.Timeout, dns.resolver.NoAnswer, dns.resolver.NXDOMAIN, OSError, EOFError) as error:
        raise Unavailable("name-unanswered", f"The name server {account.server} does not answer.") from error
    except dns.tsig.PeerError as error:
        raise refusal(account.server, f"badauth: {type(error).__name__}") from error
    except (dns.exception.DNSException, NotImplementedError, ValueError) as error:
        raise refusal(account.server, str(error)[:_MAX_REASON]) from error
    if answer.rcode() in (dns.rcode.NOTAUTH, dns.rcode.REFUSED, dns.rcode.NOTZONE):
        raise refusal(account.server, f"said: !yours: {dns.rcode.to_text(answer.rcode())}")
    if answer.rcode() != dns.rcode.NOERROR:
        raise refusal(account.server, dns.rcode.to_text(answer.rcode()))


def _tsig(secret: Secret) -> bytes:
    try:
        return base64.b64decode(secret.reveal(), validate=True)
    except (ValueError, binascii.Error):
        raise BadInput(
            "The key is not base64.", "Copy it as the name server shows it.", key="bad-name-secret"
        ) from None


def _server(text: str) -> tuple[str, int]:
    """Address and port of "ns.example.org", "192.0.2.1" or "192.0.2.1:5353"."""
    host, _, port = text.partition(":") if text.count(":") == 1 else (text, "", "")
    number = int(port) if port.isdigit() and 0 < int(port) < 65536 else 53
    if dns.inet.is_address(host):
        return host, number
    resolver = dns.resolver.Resolver()
    resolver.lifetime = 5.0
    return str(resolver.resolve(host, "A", search=False)[0].to_text()), number


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
