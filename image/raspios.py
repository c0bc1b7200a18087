# SPDX-License-Identifier: AGPL-3.0-or-later
"""Raspberry Pi's archive (image/raspios.toml), and what of it may be installed beside Debian's packages."""

import subprocess
import tempfile
import tomllib
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from image.plan import ROOT

FILE = ROOT / "image/raspios.toml"
_OTHERWISE = "BASE=debian builds with Debian's own kernel and firmware, for every board but the Raspberry Pi 5."


@dataclass(frozen=True)
class Archive:
    """`packages`: patterns of those that are taken from here. `fingerprint` of the key that signs, in `keyring`."""

    url: str
    suite: str
    components: list[str]
    keyring: Path
    fingerprint: str
    packages: list[str]

    @property
    def source(self) -> str:
        """As apt reads it (sources.list(5))."""
        return f"deb [arch=arm64 signed-by={self.keyring}] {self.url} {self.suite} {' '.join(self.components)}"

    @property
    def preferences(self) -> str:
        """As apt reads it (apt_preferences(5)): nothing from here but `packages`, and those from nowhere else."""
        host = self.url.split("/")[2]
        pins = (("*", -1), (" ".join(self.packages), 990))
        return "\n".join(f"Package: {names}\nPin: origin {host}\nPin-Priority: {rank}\n" for names, rank in pins)


def load(path: Path = FILE) -> Archive:
    described = tomllib.loads(path.read_text())
    return Archive(**{**described, "keyring": Path(described["keyring"])})


def checked(archive: Archive | None = None) -> Archive:
    """The archive, if it answers and its key is there. Raises SystemExit, saying what is missing and what else can be
    done."""
    archive = archive or load()
    reach(archive)
    if archive.fingerprint not in fingerprints(archive.keyring):
        raise SystemExit(
            f"{archive.keyring} must hold Raspberry Pi's key {archive.fingerprint}; see {FILE.relative_to(ROOT)}.\n"
            + _OTHERWISE
        )
    return archive


def reach(archive: Archive) -> None:
    """Raises SystemExit if it does not answer."""
    release = f"{archive.url}/dists/{archive.suite}/InRelease"
    try:
        urllib.request.urlopen(release, timeout=30).close()
    except OSError as error:
        raise SystemExit(f"Raspberry Pi's archive cannot be reached: {release}: {error}.\n{_OTHERWISE}") from error


def fingerprints(keyring: Path) -> list[str]:
    """Of the keys in it; none if there is no such file."""
    # gpg does nothing without a folder of its own, which who builds need not have.
    with tempfile.TemporaryDirectory() as home:
        asked = subprocess.run(
            ["gpg", "--homedir", home, "--no-options", "--batch", "--with-colons", "--show-keys", keyring],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    return [line.split(":")[9] for line in asked.stdout.splitlines() if line.startswith("fpr:")]


def hooks(archive: Archive, folder: Path) -> list[str]:
    """Arguments that make mmdebstrap use the archive, and leave no trace of it in the tree."""
    inside = {"sources.list.d/raspios.list": archive.source, "preferences.d/raspios": archive.preferences}
    arguments = []
    for name, content in inside.items():
        held = folder / name.replace("/", "-")
        held.write_text(content + "\n")
        arguments.append(f"--setup-hook=upload {held} /etc/apt/{name}")
        arguments.append(f'--customize-hook=rm "$1/etc/apt/{name}"')
    return arguments
