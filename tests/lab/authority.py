# SPDX-License-Identifier: AGPL-3.0-or-later
"""Authority: who gives certificates to whoever proves to have a name (RFC 8555): a Caddy, with a staging form."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests import debian
from tests.end_to_end.waiting import eventually
from tests.lab.names import ZONE, Names
from tests.lab.probes import reaches
from tests.lab.spaces import Namespace

# Each is named, or Caddy puts it among those that this machine trusts.
_CONFIG = """
{{
	admin off
	skip_install_trust
	auto_https disable_redirects
	pki {{
		ca local {{
		}}
		ca staging {{
		}}
	}}
}}
https://{name} {{
	tls internal
	acme_server /acme/staging/* {{
		ca staging
	}}
	acme_server /acme/local/*
}}
"""


class Authority:
    """`root` is whom to trust, as browsers trust public authorities. It asks the name servers themselves."""

    def __init__(self, space: Namespace, names: Names, folder: Path) -> None:
        self.space = space
        self.names = names
        self.name = f"ca.{ZONE}"
        self._folder = folder / "authority"
        self._process: subprocess.Popen[bytes] | None = None
        self.root = folder / "root.crt"

    @property
    def environment(self) -> dict[str, str]:
        """What makes a box ask here."""
        at = f"https://{self.name}/acme"
        return {
            "HEARTH_ACME_STAGING": f"{at}/staging/directory",
            "HEARTH_ACME_REAL": f"{at}/local/directory",
            "HEARTH_ACME_ROOT": str(self.root),
        }

    def start(self) -> None:
        self._folder.mkdir(exist_ok=True)
        config = self._folder / "Caddyfile"
        config.write_text(_CONFIG.format(name=self.name))
        caddy = debian.program("caddy", "usr/bin/caddy")
        home = {"XDG_DATA_HOME": str(self._folder), "XDG_CONFIG_HOME": str(self._folder)}
        self._process = self.space.start("caddy", [caddy, "run", "--config", config], home)
        eventually("the authority answers", lambda: reaches(self.space, self.space.address, 443), seconds=30)
        shutil.copy(self._folder / "caddy/pki/authorities/local/root.crt", self.root)
        self.root.chmod(0o644)

    def make_old(self, certificate: Path, left: timedelta, life: timedelta = timedelta(days=90)) -> None:
        """What this one gave, as it would be if most of its life were over."""
        keys = self._folder / "caddy/pki/authorities/local"
        issuer = x509.load_pem_x509_certificate((keys / "intermediate.crt").read_bytes())
        key = serialization.load_pem_private_key((keys / "intermediate.key").read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        given = x509.load_pem_x509_certificate(certificate.read_bytes())
        until = datetime.now(UTC) + left
        builder = x509.CertificateBuilder(issuer.subject, given.subject, given.public_key(), given.serial_number + 1)
        builder = builder.not_valid_before(until - life).not_valid_after(until)
        for each in given.extensions:
            builder = builder.add_extension(each.value, each.critical)
        chain = (builder.sign(key, hashes.SHA256()), issuer)
        certificate.write_bytes(b"".join(each.public_bytes(serialization.Encoding.PEM) for each in chain))

    def stop(self) -> None:
        if self._process is not None:
            self.space.end(self._process)
            self._process = None
