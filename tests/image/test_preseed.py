# SPDX-License-Identifier: AGPL-3.0-or-later
"""hearth.txt on the first partition of a real card: answers in before the first start, no secrets there after it; and
the ssh key that came that way, which is the only way in."""

import json
import subprocess
import time
import tomllib
from pathlib import Path

import pytest

from tests.image import firmware, machine

pytestmark = pytest.mark.timeout(1500)

WIFI_PASSWORD = "otters beside the weir"
OWNER_PASSWORD = "plain wooden ladder 7"
ANSWERS = """[wifi]
ssid = "Our home"
password = "{wifi}"
country = "GB"

[box]
name = "attic"
ssh_key = "{key}"

[wizard]
username = "clara"
password = "{owner}"
title = "The Shed"
description = "A place for us"
rules = ["Be kind."]
address = ""
"""
BEGIN, END = "===== answers: begin =====", "===== answers: end ====="
DONE = "Your answers were removed from the card."


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ssh") / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "clara", "-f", path], check=True, timeout=60)
    return path


@pytest.fixture(scope="module")
def written(box: machine.Box, key: Path) -> machine.Box:
    """Somebody has written on the card, as another computer does."""
    before = firmware.read(box.card, 1, "hearth.txt")
    assert f"{BEGIN}\r\n" in before.decode(), "no place for answers"
    front, _, rest = before.decode().replace("\r\n", "\n").partition(f"{BEGIN}\n")
    public = key.with_suffix(".pub").read_text().strip()
    answers = ANSWERS.format(wifi=WIFI_PASSWORD, owner=OWNER_PASSWORD, key=public)
    assert tomllib.loads(answers)
    text = f"{front}{BEGIN}\n{answers}{END}\n".replace("\n", "\r\n").encode()
    assert rest
    assert len(text) <= len(before)
    firmware.write(box.card, 1, "hearth.txt", text.ljust(len(before)))
    assert places(box, WIFI_PASSWORD, partition=1)
    assert places(box, OWNER_PASSWORD, partition=1)
    return box


@pytest.fixture(scope="module")
def started(written: machine.Box) -> machine.Box:
    written.start(more_words=machine.SHELL_WORDS)
    written.answer(written.public + "/health", seconds=600)
    give_up = time.monotonic() + 300
    while DONE not in written.card_text():
        assert time.monotonic() < give_up, written.card_text() + written.shell("journalctl -u hearth-supervisor -n 50")
        time.sleep(2)
    return written


def test_the_box_is_set_up_by_it(started: machine.Box) -> None:
    status = json.loads(started.shell("hearth status --json"))
    assert (status["box"]["name"], status["box"]["owner"]) == ("attic", "clara")
    assert status["box"]["setup_done"]
    assert b"The Shed" in started.answer(started.public + "/about")[1]
    assert b"Log in" in started.answer(started.console)[1]
    assert "Our home" in started.shell("nmcli --get-values name connection")


def test_the_file_has_the_code_and_what_was_done_and_keeps_its_length(started: machine.Box) -> None:
    text = started.card_text()
    assert "Code: " in text
    assert "> The Wi-Fi is set up." in text
    assert "> The wizard's questions are answered." in text
    assert len(firmware.read(started.card, 1, "hearth.txt")) == 8192


def test_no_secret_is_left_anywhere_on_the_first_partition(started: machine.Box) -> None:
    assert places(started, WIFI_PASSWORD, partition=1) == []
    assert places(started, OWNER_PASSWORD, partition=1) == []


def test_the_owner_s_password_lies_nowhere_on_the_card(started: machine.Box) -> None:
    started.shell("sync")
    assert places(started, OWNER_PASSWORD) == []
    # NetworkManager needs the one of the Wi-Fi itself. It lies on the data partition, where only root reads it.
    (kept,) = started.shell(f"grep -rl '{WIFI_PASSWORD}' /var/lib").splitlines()
    assert started.shell(f"stat -c '%a %U' '{kept}'") == "600 root"


def test_the_key_opens_the_box_and_a_password_never_does(started: machine.Box, key: Path) -> None:
    give_up = time.monotonic() + 120
    while (done := ssh(started, "-i", str(key), "-o", "IdentitiesOnly=yes", command="id -u")).returncode != 0:
        assert time.monotonic() < give_up, done.stderr
        time.sleep(2)
    assert done.stdout.strip() == "0"
    refused = ssh(started, "-o", "PubkeyAuthentication=no", command="id -u")
    assert refused.returncode == 255
    assert "Permission denied (publickey)" in refused.stderr


def test_without_a_key_the_server_is_off(started: machine.Box) -> None:
    """The last one is taken out, as the owner does on the page of keys."""
    remove = (
        "from pathlib import Path\n"
        "from appliance.supervisor.client import SupervisorClient\n"
        "client = SupervisorClient(Path('/run/hearth/supervisor/command.sock'))\n"
        "[client.ssh_remove(each.fingerprint) for each in client.ssh_keys()]\n"
    )
    assert started.shell(f'python3 -I -c "{remove}"') == ""
    give_up = time.monotonic() + 60
    while started.shell("ss -Hlnt 'sport = :22'"):
        assert time.monotonic() < give_up, started.shell("systemctl status ssh.service hearth-ssh.path")
        time.sleep(1)
    assert started.shell("systemctl is-active ssh.service") == "inactive"


def ssh(box: machine.Box, *options: str, command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [
            "ssh", "-F", "none", "-p", str(box.ports["ssh"]), "-o", "BatchMode=yes", "-o", "ConnectTimeout=30",
            "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentityAgent=none",
            *options, "root@127.0.0.1", command,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )  # fmt: skip


def places(box: machine.Box, secret: str, *, partition: int | None = None) -> list[int]:
    """Where these bytes stand on the card: its first partition alone, or all of it."""
    wanted, found, chunk = secret.encode(), [], 1 << 24
    with box.card.open("rb") as card:
        position = firmware.offset(box.card, partition) if partition else 0
        end = position + firmware.size(box.card, partition) if partition else box.card.stat().st_size
        while position < end:
            card.seek(position)
            piece = card.read(min(chunk + len(wanted), end - position))
            at = piece.find(wanted)
            if at >= 0:
                found.append(position + at)
            position += chunk
    return found
