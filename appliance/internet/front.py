# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where the web server's things lie, and whom it asks for certificates."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from appliance.errors import BadInput
from appliance.internet.model import Stage

# Where the console is under the box's name, with encryption; for the home network alone.
CONSOLE_PORT = 4443
# Where this machine's own end of a tunnel lets visitors in, and nobody else comes.
TUNNEL_PORT = 8444


@dataclass(frozen=True)
class Authority:
    """The two directories of the certificate authority (RFC 8555), the file with whom to trust where that is nobody
    whom the machine trusts anyway, as in tests, and what CAA records call it (RFC 8659)."""

    staging: str = "https://acme-staging-v02.api.letsencrypt.org/directory"
    real: str = "https://acme-v02.api.letsencrypt.org/directory"
    root: Path | None = None
    issuer: str = "letsencrypt.org"

    def directory(self, stage: Stage) -> str:
        return self.real if stage is Stage.REAL else self.staging


@dataclass(frozen=True)
class Places:
    """`program` and `config` are Caddy's; `sites` is what the config imports; in `storage` lie its certificates, and in
    `runtime` its admin socket and what the authority said."""

    program: Path = Path("/usr/bin/caddy")
    config: Path = Path("/etc/caddy/Caddyfile")
    sites: Path = Path("/var/lib/hearth-web")
    storage: Path = Path("/var/lib/caddy/caddy")
    runtime: Path = Path("/run/hearth-web")


def places(environment: Mapping[str, str]) -> Places:
    """HEARTH_WEB_PROGRAM, …_CONFIG, …_SITES, …_STORAGE, …_RUNTIME; what is not set is as on a box."""
    names = ("program", "config", "sites", "storage", "runtime")
    given = {name: environment.get(f"HEARTH_WEB_{name.upper()}") for name in names}
    return Places(**{name: Path(path) for name, path in given.items() if path})


def authority(environment: Mapping[str, str]) -> Authority:
    """HEARTH_ACME_STAGING, HEARTH_ACME_REAL, HEARTH_ACME_ROOT and HEARTH_ACME_ISSUER, which is the directory's host
    where it is not told. Raises BadInput."""
    known = Authority()
    staging = environment.get("HEARTH_ACME_STAGING") or known.staging
    real = environment.get("HEARTH_ACME_REAL") or known.real
    root = environment.get("HEARTH_ACME_ROOT")
    # They are written into the web server's configuration.
    for text in (staging, real, root or "/"):
        if any(sign.isspace() or sign in "{}\"'`\\" for sign in text):
            raise BadInput("HEARTH_ACME_STAGING, …_REAL and …_ROOT hold addresses and a path, without blanks.")
    if not all(url.startswith("https://") for url in (staging, real)):
        raise BadInput("HEARTH_ACME_STAGING and HEARTH_ACME_REAL must begin with https://.")
    issuer = environment.get("HEARTH_ACME_ISSUER") or (known.issuer if real == known.real else urlsplit(real).hostname)
    return Authority(staging, real, Path(root) if root else None, (issuer or "").lower())
