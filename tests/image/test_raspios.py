# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is taken from Raspberry Pi's archive, and what is said where it cannot be reached."""

import dataclasses
import shutil
import socket
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from image import raspios
from image.plan import BOARDS, Base, common_packages, plan

BOARDS_OF_RASPIOS = [path.stem for path in sorted(BOARDS.glob("raspberry-pi-*.toml"))]
# As Raspberry Pi OS trixie has them: RPi-Distro/pi-gen, stage0/02-firmware and stage2/01-sys-tweaks; rpi-image-gen,
# layer/rpi/device. One kernel with pages of 4 KiB for all boards; that of a Raspberry Pi 5 with 16 KiB is not used.
THEIRS = {"linux-image-rpi-v8", "raspi-firmware", "rpi-eeprom", "firmware-brcm80211"}
ARCHIVE = raspios.load()

needs_gpg = pytest.mark.skipif(not shutil.which("gpg"), reason="needs gpg")


@pytest.mark.parametrize("board", BOARDS_OF_RASPIOS)
def test_raspberry_pis_start_from_their_own_archive_unless_told_otherwise(board: str) -> None:
    planned = plan(board)
    assert planned.base is Base.RASPIOS
    taken = {name for name in planned.packages if any(fnmatch(name, each) for each in ARCHIVE.packages)}
    assert taken <= THEIRS
    assert taken >= {"linux-image-rpi-v8", "raspi-firmware", "firmware-brcm80211"}
    debian = {"u-boot-rpi", "libubootenv-tool", *common_packages()}
    assert not debian & taken
    assert planned.kernel == ("linux-image-rpi-v8",)


def test_apt_takes_nothing_else_from_it() -> None:
    archive = dataclasses.replace(ARCHIVE, url="http://example.org/debian")
    assert archive.preferences.splitlines() == [
        "Package: *", "Pin: origin example.org", "Pin-Priority: -1", "",
        "Package: linux-image-* raspi-firmware rpi-eeprom firmware-brcm80211", "Pin: origin example.org",
        "Pin-Priority: 990",
    ]  # fmt: skip


def test_apt_trusts_one_key_for_it() -> None:
    signed = "signed-by=/usr/share/keyrings/raspberrypi-archive-keyring.pgp"
    assert ARCHIVE.source == f"deb [arch=arm64 {signed}] {ARCHIVE.url} trixie main"
    assert len(ARCHIVE.fingerprint) == 40


def test_mmdebstrap_gets_both_and_the_tree_keeps_neither(tmp_path: Path) -> None:
    hooks = raspios.hooks(ARCHIVE, tmp_path)
    put = [each.split()[1:] for each in hooks if each.startswith("--setup-hook=upload")]
    assert {Path(held).read_text().strip() for held, _ in put} == {ARCHIVE.source, ARCHIVE.preferences.strip()}
    assert {f'--customize-hook=rm "$1{inside}"' for _, inside in put} == set(hooks[1::2])


def test_an_archive_that_cannot_be_reached_is_named_with_what_else_can_be_done() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(SystemExit) as stopped:
        raspios.checked(dataclasses.replace(ARCHIVE, url=f"http://127.0.0.1:{port}/debian"))
    assert f"cannot be reached: http://127.0.0.1:{port}/debian/dists/trixie/InRelease" in str(stopped.value)
    assert "BASE=debian" in str(stopped.value)


@needs_gpg
@pytest.mark.parametrize("content", [None, b"", b"no key"])
def test_without_the_right_key_nothing_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    monkeypatch.setattr(raspios, "reach", lambda archive: None)
    keyring = tmp_path / "keyring.pgp"
    if content is not None:
        keyring.write_bytes(content)
    with pytest.raises(SystemExit, match=r"must hold Raspberry Pi's key CF8A[0-9A-F]{36}"):
        raspios.checked(dataclasses.replace(ARCHIVE, keyring=keyring))


@needs_gpg
def test_the_key_is_known_by_its_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raspios, "reach", lambda archive: None)
    gpg = ["gpg", "--homedir", tmp_path, "--batch", "--pinentry-mode", "loopback", "--passphrase", ""]
    subprocess.run([*gpg, "--quick-generate-key", "archive", "ed25519"], check=True, capture_output=True, timeout=60)
    keyring = tmp_path / "keyring.pgp"
    subprocess.run([*gpg, "--output", keyring, "--export"], check=True, capture_output=True, timeout=60)
    # Making a key starts an agent, which would stay for ever.
    subprocess.run(["gpgconf", "--homedir", tmp_path, "--kill", "gpg-agent"], check=True, timeout=60)
    (fingerprint,) = raspios.fingerprints(keyring)
    raspios.checked(dataclasses.replace(ARCHIVE, keyring=keyring, fingerprint=fingerprint))
