# SPDX-License-Identifier: AGPL-3.0-or-later
"""WebFront: the web server in front of everything, as far as it depends on the box's name: Caddy.

What concerns the name lies in a folder that Caddy's own configuration imports, so that it starts with name and
certificate when the supervisor does not run. Once it has the name, it obtains and renews the certificate by itself.
"""

import json
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from appliance import internet_name
from appliance.errors import BadInput, HearthError
from appliance.internet.front import CONSOLE_PORT, TUNNEL_PORT, Authority, Places
from appliance.internet.model import Certificate, Stage
from appliance.system.cage import Cage
from appliance.system.files import Files
from appliance.system.inquiry import inquire
from appliance.system.runner import Runner

_RELOAD_SECONDS = 60.0
_REMOVE_SECONDS = 30.0
_MAX_SITES = 16 * 1024
_MAX_CERTIFICATE = 64 * 1024
_MAX_LOG = 128 * 1024  # of its end
_READER = Cage("", 256 * 2**20, 5, 0, network=True)  # which also makes it nobody
_READ_SECONDS = 5.0
_MAX_REASON = 400

_Span = tuple[datetime, datetime]  # from when, until when


@dataclass(frozen=True)
class Site:
    """The name, which authority is asked for its certificate (NONE: none yet), and whether browsers shall remember
    to come by HTTPS alone (HSTS). `by_tls`: the authority is shown that the name leads here on port 443 alone
    (TLS-ALPN-01, RFC 8737), as a gateway passes nothing else through."""

    name: str
    stage: Stage
    strict: bool = False
    by_tls: bool = False


class WebFront(Protocol):
    """Everything here may take seconds. Raises HearthError."""

    def arranged(self) -> Site | None:
        """What was arranged last, None if nothing was."""
        ...

    def arrange(self, site: Site | None) -> None:
        """Serve that from now on, also after a power cut. If the web server refuses, all stays as it was."""
        ...

    def certificate(self) -> Certificate:
        """The best one there is for the name that was arranged, and what the authority has said since."""
        ...

    def forget(self) -> None:
        """Serve nothing of any name, and keep no certificate nor key of one: the box may become somebody else's."""
        ...


class CaddyFront:
    def __init__(self, runner: Runner, files: Files, places: Places, authority: Authority) -> None:
        self._runner = runner
        self._files = files
        self._places = places
        self._authority = authority
        self._sites = places.sites / "site.caddy"
        self._plain = places.sites / "plain.caddy"
        self._read_already: dict[bytes, _Span | None] = {}

    def arranged(self) -> Site | None:
        try:
            found = json.loads(self._read(self._sites).decode().partition("\n")[0].removeprefix("# "))
            return Site(str(found["name"]), Stage(found["stage"]), found["strict"] is True, found.get("by_tls") is True)
        except (ValueError, KeyError, TypeError):
            return None

    def arrange(self, site: Site | None) -> None:
        if site is not None and not internet_name.is_well_formed(site.name):
            raise BadInput("That is not a name on the internet.")
        self._files.make_folder(self._places.sites, mode=0o755)
        before = {path: self._read(path) for path in (self._sites, self._plain)}
        try:
            self._put(self._sites, sites(site, self._authority) if site else "")
            self._put(self._plain, plain(site) if site else "")
            self._reload()
        except HearthError:
            for path, content in before.items():
                self._put(path, content.decode())
            raise

    def certificate(self) -> Certificate:
        site, authority = self.arranged(), self._authority.issuer
        if site is None:
            return Certificate(Stage.NONE, authority=authority)
        found = {stage: self._found(site.name, stage) for stage in (Stage.REAL, Stage.STAGING)}
        best, chain = next(((stage, each) for stage, each in found.items() if each), (Stage.NONE, None))
        error = "" if site.stage is Stage.NONE else self._reason(site)
        trying = site.stage is not Stage.NONE and found[site.stage] is None and not error
        if chain is None:
            return Certificate(best, None, error, trying, authority=authority)
        since, until = chain
        return Certificate(best, until, error, trying, life=until - since, authority=authority)

    def forget(self) -> None:
        for path in (self._sites, self._plain):
            self._put(path, "")
        folders = [issuer_folder(self._authority.directory(stage)) for stage in (Stage.REAL, Stage.STAGING)]
        self._remove_theirs(
            [self._places.storage / kind / each for kind in ("certificates", "acme") for each in folders]
        )
        self._reload()

    def _remove_theirs(self, paths: Sequence[Path]) -> None:
        """As whoever they belong to, who may have put there what leads elsewhere."""
        try:
            owner = self._places.storage.parent.stat()
        except OSError:
            return  # nothing was ever kept
        who = ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups", "--"]
        remove = ["rm", "-rf", "--", *map(str, paths)]
        self._runner.run(remove if owner.st_uid == os.geteuid() else [*who, *remove], timeout=_REMOVE_SECONDS)

    def _put(self, path: Path, content: str) -> None:
        if content:
            self._files.replace(path, content.encode(), mode=0o644)
        else:
            self._files.remove(path)

    def _read(self, path: Path) -> bytes:
        try:
            return self._files.read(path, limit=_MAX_SITES)
        except OSError:
            return b""

    def _reload(self) -> None:
        """Caddy looks through all of a configuration before it takes it, and else goes on with the old one."""
        places = self._places
        folders = [f"HEARTH_WEB_SITES={places.sites}", f"HEARTH_WEB_RUNTIME={places.runtime}"]
        reload = [str(places.program), "reload", "--config", str(places.config), "--adapter", "caddyfile", "--force"]
        address = f"unix/{places.runtime}/admin.sock"
        self._runner.run(["env", *folders, *reload, "--address", address], timeout=_RELOAD_SECONDS)

    def _found(self, name: str, stage: Stage) -> _Span | None:
        """From when and until when the certificate in Caddy's storage is good."""
        try:
            chain = _read_theirs(self._certificate_file(name, stage), _MAX_CERTIFICATE)
        except OSError:
            return None
        if chain not in self._read_already:
            if len(self._read_already) >= 4:
                self._read_already.clear()
            self._read_already[chain] = _validity(self._runner, chain)
        return self._read_already[chain]

    def _certificate_file(self, name: str, stage: Stage) -> Path:
        folder = issuer_folder(self._authority.directory(stage))
        return self._places.storage / "certificates" / folder / name / f"{name}.crt"

    def _reason(self, site: Site) -> str:
        """What the authority refused last, "" if it has been well since, or was asked anew since."""
        since = max(_changed(self._sites), _changed(self._certificate_file(site.name, site.stage)))
        try:
            lines = _read_theirs(self._places.runtime / "authority.log", _MAX_LOG).splitlines()
        except OSError:
            return ""
        return next((found for line in reversed(lines) if (found := reason(line, site.name, since))), "")


def sites(site: Site, authority: Authority) -> str:
    """The file that Caddy's configuration imports; its first line is for `arranged`."""
    known = {"name": site.name, "stage": site.stage.value, "strict": site.strict, "by_tls": site.by_tls}
    lines = [f"# {json.dumps(known)}", "# Written by the supervisor: changes are lost."]
    if site.stage is Stage.NONE:
        return "\n".join([*lines, ""])
    root = f"\t\t\ttrusted_roots {authority.root}\n" if authority.root else ""
    by = "\t\t\tdisable_http_challenge\n" if site.by_tls else ""
    tls = f"\ttls {{\n\t\tissuer acme {{\n\t\t\tdir {authority.directory(site.stage)}\n{root}{by}\t\t}}\n\t}}"
    quick = [] if site.by_tls else ["\timport http3"]
    strict = ['\theader Strict-Transport-Security "max-age=31536000"'] if site.strict else []
    # At home the name is the server's as elsewhere. The console has pages of the same names, so a port of its own.
    sides = [(8443, "public"), (443, "public"), (CONSOLE_PORT, "home")]
    # The firewall leads nobody to the tunnel's; who came there all the same would find less than at the public one.
    for port, side in [*sides, (TUNNEL_PORT, "tunnel")] if site.by_tls else sides:
        lines += [f"https://{site.name}:{port} {{", tls, *quick, *strict, f"\timport {side}", "}"]
    if site.stage is Stage.REAL:
        lines.append(f"http://{site.name}:80 {{\n\tredir https://{site.name}{{uri}} 308\n}}")
    return "\n".join([*lines, ""])


def plain(site: Site) -> str:
    """What holds for the public side without HTTPS. Others must be able to try the port by itself at any time."""
    if site.stage is not Stage.REAL:
        return ""
    # Names below it are those of boxes that this one may be a gateway for: theirs is the same way, to themselves.
    guests = f"@guests host *.{site.name}\nredir @guests https://{{host}}{{uri}} 308\n"
    return f"{guests}@safely not path /.well-known/hearth/*\nredir @safely https://{site.name}{{uri}} 308\n"


def issuer_folder(directory: str) -> str:
    """As Caddy calls the folder with the certificates of an authority."""
    parts = urlsplit(directory)
    path = parts.path.replace("/", "-").strip("-")
    return f"{parts.netloc}-{path}".lower().replace(":", "-").rstrip("-")


def reason(line: bytes, name: str, since: float) -> str:
    """The reason in a line of Caddy's log, "" if it has none of this name's or is older."""
    try:
        entry: Mapping[str, Any] = json.loads(line)
        if entry["identifier"] != name or float(entry["ts"]) < since:
            return ""
        text = str(entry["error"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return ""
    return "".join(sign if sign.isprintable() else " " for sign in text)[:_MAX_REASON]


@dataclass(frozen=True)
class _Chain:
    pem: str


def _validity(runner: Runner, pem: bytes) -> _Span | None:
    """Of the first certificate in it."""
    try:
        asked = _Chain(pem.decode("ascii"))
        found = inquire(runner, "appliance.system.validity", asked, _READER, _READ_SECONDS)
        since, until = (datetime.fromisoformat(each) for each in found)
    except (HearthError, ValueError, TypeError):
        return None
    return (since, until) if since.tzinfo is not None and until.tzinfo is not None else None


def _read_theirs(path: Path, limit: int) -> bytes:
    """The end of a plain file. Its folder belongs to somebody else, who must not be able to keep us waiting."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return b""
        return os.pread(descriptor, limit, max(0, found.st_size - limit))
    finally:
        os.close(descriptor)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


@dataclass(frozen=True)
class Issuing:
    """How a virtual authority answers: by a certificate, or by a reason. `revoked`: what it gave before is good no
    longer. `left`: so many days are left of it."""

    refuses: str = ""
    days: float = 90.0
    revoked: bool = False
    left: float | None = None
    issuer: str = "letsencrypt.org"


class VirtualFront:
    """Keeps what is arranged, and has certificates issued at once, by what `look` says."""

    def __init__(self, now: Callable[[], datetime], look: Callable[[], Issuing] = Issuing) -> None:
        self.look = look
        self._now = now
        self._site: Site | None = None
        self._issued: dict[tuple[str, Stage], datetime] = {}

    def arranged(self) -> Site | None:
        return self._site

    def arrange(self, site: Site | None) -> None:
        if site is not None and not internet_name.is_well_formed(site.name):
            raise BadInput("That is not a name on the internet.")
        self._site = site

    def certificate(self) -> Certificate:
        site, issuing = self._site, self.look()
        if issuing.revoked:
            self._issued.clear()
        if site is None:
            return Certificate(Stage.NONE, authority=issuing.issuer)
        key = (site.name, site.stage)
        if site.stage is not Stage.NONE and not issuing.refuses and key not in self._issued:
            self._issued[key] = self._now() + timedelta(days=issuing.days)
        best = next((stage for stage in (Stage.REAL, Stage.STAGING) if (site.name, stage) in self._issued), Stage.NONE)
        error = issuing.refuses if site.stage is not Stage.NONE and key not in self._issued else ""
        until = self._issued.get((site.name, best))
        if until is not None and issuing.left is not None:
            until = min(until, self._now() + timedelta(days=issuing.left))
        return Certificate(best, until, error, authority=issuing.issuer)

    def forget(self) -> None:
        self._site = None
        self._issued.clear()
