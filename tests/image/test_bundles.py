# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whose updates a box takes: those made for its board, and signed by somebody it knows. Others leave no trace."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.image import machine
from tests.repository import ROOT

KEYS = ROOT / "build/image/keys"
SYSTEM = b"the system of a test\n" + random.Random(1).randbytes(8000)  # smaller ones RAUC does not take
SLOTS = "sha256sum /dev/hearth/boot_a /dev/hearth/boot_b /dev/hearth/system_b; cat /var/lib/hearth/card/autoboot.txt"

pytestmark = pytest.mark.timeout(900)


def bundle(folder: Path, compatible: str, certificate: Path, key: Path) -> bytes:
    """A tiny bundle in RAUC's own format (RAUC manual, "Bundle Formats")."""
    content, made = folder / "content", folder / "update.raucb"
    shutil.rmtree(content, ignore_errors=True)
    content.mkdir()
    made.unlink(missing_ok=True)
    for name in ("system", "boot"):
        (content / f"{name}.img").write_bytes((SYSTEM + name.encode()).ljust(8192, b"\0"))
    (content / "manifest.raucm").write_text(
        f"[update]\ncompatible={compatible}\nversion=test\n[bundle]\nformat=verity\n"
        "[image.system]\nfilename=system.img\n[image.boot]\nfilename=boot.img\n"
    )
    subprocess.run(
        ["rauc", "bundle", f"--cert={certificate}", f"--key={key}", content, made],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return made.read_bytes()


@pytest.fixture
def stranger(tmp_path: Path) -> tuple[Path, Path]:
    """Somebody with a certificate that looks like ours."""
    certificate, key = tmp_path / "stranger.pem", tmp_path / "stranger.key"
    subject = subprocess.run(
        ["openssl", "x509", "-in", KEYS / "updates.pem", "-noout", "-subject", "-nameopt", "compat"],
        check=True, capture_output=True, text=True, timeout=60,
    ).stdout.partition("=")[2].strip()  # fmt: skip
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-sha256", "-nodes",
            "-subj", subject, "-addext", "extendedKeyUsage=critical,codeSigning",
            "-addext", "keyUsage=critical,digitalSignature,keyCertSign", "-keyout", key, "-out", certificate,
        ],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return certificate, key


def install(home: machine.Box, content: bytes) -> str:
    home.put(content, "/run/update.raucb")
    return home.shell("rauc install /run/update.raucb; rm /run/update.raucb", seconds=300)


def test_another_board_s_update_is_refused(home: machine.Box, tmp_path: Path) -> None:
    before = home.shell(SLOTS)
    said = install(home, bundle(tmp_path, "hearth-raspberry-pi-4", KEYS / "updates.pem", KEYS / "updates.key"))
    assert "Verifying signature done" in said
    assert "Compatible mismatch: Expected 'hearth-qemu' but bundle manifest has 'hearth-raspberry-pi-4'" in said
    assert home.shell(SLOTS) == before


def test_a_stranger_s_update_is_refused(home: machine.Box, tmp_path: Path, stranger: tuple[Path, Path]) -> None:
    before = home.shell(SLOTS)
    said = install(home, bundle(tmp_path, "hearth-qemu", *stranger))
    assert "signature verification failed" in said
    assert home.shell(SLOTS) == before


def test_an_update_for_this_board_goes_into_the_other_slots(home: machine.Box, tmp_path: Path) -> None:
    """They are put back, as there is no system in it."""
    autoboot = home.shell("cat /var/lib/hearth/card/autoboot.txt")
    keep = "for s in boot system; do dd if=/dev/hearth/${s}_b of=/run/$s bs=8192 count=1 status=none; done"
    restore = "for s in boot system; do dd if=/run/$s of=/dev/hearth/${s}_b conv=notrunc,fsync status=none; done"
    home.shell(keep)
    try:
        said = install(home, bundle(tmp_path, "hearth-qemu", KEYS / "updates.pem", KEYS / "updates.key"))
        assert "succeeded" in said, said
        for slot in ("boot_b", "system_b"):
            assert home.shell(f"head -c 20 /dev/hearth/{slot}") == "the system of a test"
        # What starts for good changes only after the new system has proved itself.
        assert home.shell("cat /var/lib/hearth/card/autoboot.txt") == autoboot
    finally:
        home.shell(f"{restore}; rauc status mark-active booted; rm -r /var/lib/hearth-update/*; systemctl stop rauc")
