# SPDX-License-Identifier: AGPL-3.0-or-later
"""`hearth name`: what is handed to the supervisor."""

import io
import os
from pathlib import Path

import pytest

from appliance.cli import main
from appliance.internet.model import Held
from appliance.supervisor.protocol import NameHold
from appliance.system.commands import Command, CommandServer


@pytest.fixture
def asked(tmp_path: Path):
    said: list[NameHold] = []

    def hold(wanted: NameHold) -> dict[str, str]:
        said.append(wanted)
        return {}

    (tmp_path / "run/supervisor").mkdir(parents=True)
    server = CommandServer(
        tmp_path / "run/supervisor/command.sock", [Command("name.hold", NameHold, hold)], users={os.geteuid()}
    )
    server.start()
    yield said
    server.close()


def test_a_name_of_ones_own(asked, tmp_path, capsys):
    assert main(["--state", str(tmp_path), "name", "our-house.example.org"]) == 0
    assert asked == [NameHold(Held.OWN, "our-house.example.org")]
    assert "our-house.example.org" in capsys.readouterr().out


def test_a_secret_is_read_and_never_an_argument(asked, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("sesame\n"))
    given = ["name", "a.dedyn.io", "--provider", "desec", "--login", "a.dedyn.io"]
    assert main(["--state", str(tmp_path), *given]) == 0
    (wanted,) = asked
    assert (wanted.held, wanted.provider, wanted.login) == (Held.DYNAMIC, "desec", "a.dedyn.io")
    assert wanted.secret.reveal() == "sesame"
