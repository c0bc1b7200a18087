# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whose updates a box takes: the keyring inside the system slot. how keys are kept and handed over: image/keys.md."""

import sys
from pathlib import Path

from image.plan import ROOT
from image.steps import Workshop

RELEASE = ROOT / "image/release.pem"


def keyring(workshop: Workshop, folder: Path) -> Path:
    """The release's certificates; as long as there are none, one made on this machine, with a warning."""
    if RELEASE.is_file():
        return RELEASE
    certificate, key = folder / "updates.pem", folder / "updates.key"
    if not certificate.is_file():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        workshop.run(
            # No Ed25519: OpenSSL of Debian 12 signs no bundle with it.
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-sha256",
            "-nodes", "-days", "7300",
            "-subj", "/O=Hearth/CN=Hearth development updates",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,digitalSignature,keyCertSign",
            "-addext", "extendedKeyUsage=critical,codeSigning", "-keyout", key, "-out", certificate,
        )  # fmt: skip
    print("This image takes updates signed on this machine only (image/keys.md); do not hand it out.", file=sys.stderr)
    return certificate
