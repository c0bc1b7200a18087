# SPDX-License-Identifier: AGPL-3.0-or-later
"""`hearth gateway …` from the command line: set up, and the whole process with its commands."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.cli import main
from appliance.errors import HearthError
from appliance.gateway import install
from appliance.gateway.invitation import parse
from appliance.gateway.members import Members
from appliance.system.clock import SystemClock
from appliance.system.commands import CommandClient
from appliance.system.files import SystemFiles
from appliance.system.ports import check_free
from tests.end_to_end.waiting import eventually
from tests.repository import ROOT


def hearth(*arguments: str | Path) -> int:
    return main([*map(str, arguments)])


def test_set_up_once_and_durably(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = tmp_path / "gateway"
    assert hearth("gateway", "init", "GW.example.org.", "--state", state, "--no-service", "--https-port", "8443") == 0
    told = capsys.readouterr().out
    assert "type A, name *.gw.example.org" in told
    assert "lead port 443 to port 8443" in told
    assert {path.stat().st_mode & 0o777 for path in state.iterdir()} == {0o600}
    assert hearth("gateway", "init", "other.example.org", "--state", state, "--no-service") == 1
    assert "already" in capsys.readouterr().err

    members = Members(state, SystemFiles(), SystemClock())
    code = members.invite("alice", replace=False).code
    kept = Members(state, SystemFiles(), SystemClock())
    assert kept.names == {"alice.gw.example.org"}
    assert code.reveal() not in (state / "members.json").read_text()


@pytest.mark.parametrize(
    "changed",
    [{"members": 0}, {"megabits": 0}, {"https_port": 0}, {"http_port": 70000}, {"members": 100_000}],
)
def test_limits_of_limits(changed: dict[str, int]) -> None:
    with pytest.raises(HearthError):
        install.setup("gw.example.org", **{"members": 1, "megabits": 1, "https_port": 443, "http_port": 80} | changed)


@pytest.mark.parametrize("domain", ["", "gw", "https://gw.example.org", "gw.example.org/x", "ä.example.org"])
def test_bad_domains(domain: str) -> None:
    with pytest.raises(HearthError, match="no name for a gateway"):
        install.setup(domain, members=1, megabits=1, https_port=443, http_port=80)


def test_a_gateway_that_was_not_set_up_says_so(tmp_path: Path) -> None:
    with pytest.raises(HearthError, match="hearth gateway init"):
        Members(tmp_path / "none", SystemFiles(), SystemClock())


def test_a_damaged_book_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    hearth("gateway", "init", "gw.example.org", "--state", tmp_path / "gateway", "--no-service")
    (tmp_path / "gateway/members.json").write_text('{"entries": 7}')
    with pytest.raises(HearthError, match="could not be read"):
        Members(tmp_path / "gateway", SystemFiles(), SystemClock())


def test_the_process_and_its_commands(tmp_path: Path) -> None:
    state, socket = tmp_path / "gateway", tmp_path / "gateway.sock"
    ports = [next(port for port in range(start, start + 200) if _free(port)) for start in (24100, 24400)]
    options = ("--no-service", "--https-port", ports[0], "--http-port", ports[1])
    assert hearth("gateway", "init", "gw.example.org", "--state", state, *map(str, options)) == 0
    argv = [sys.executable, "-m", "appliance", "gateway", "serve", "--state", str(state), "--socket", str(socket)]
    process = subprocess.Popen(argv, cwd=ROOT, stderr=subprocess.PIPE)
    try:
        commands = CommandClient(socket, name="the gateway")
        eventually("the gateway answers", lambda: commands.ask("gateway.list") == [], seconds=45)
        made = commands.ask("gateway.invite", {"name": "alice"})
        assert parse(made["invitation"]).name == "alice.gw.example.org"
        assert [each["name"] for each in commands.ask("gateway.list")] == ["alice.gw.example.org"]
        with pytest.raises(HearthError, match="no member"):
            commands.ask("gateway.remove", {"key": "bob"})
        assert json.loads((state / "members.json").read_text())["entries"]
    finally:
        process.send_signal(signal.SIGTERM)
        _, words = process.communicate(timeout=20)
    assert process.returncode == 0, words
    assert made["invitation"].rpartition("/")[2] not in words.decode()


def _free(port: int) -> bool:
    try:
        check_free("0.0.0.0", port, SystemClock())
    except HearthError:
        return False
    return True


class Kept(SystemFiles):
    """Writes nothing, and keeps what it was to write."""

    def __init__(self) -> None:
        self.written: dict[Path, str] = {}

    def replace(self, path: Path, data: bytes, *, mode: int = 0o600) -> None:
        self.written[path] = data.decode()


def test_the_unit_starts_the_code_that_set_it_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(install, "PACKAGED", tmp_path)
    monkeypatch.setattr(install, "_HIDDEN", ())
    files = Kept()
    install._install_unit(files, ROOT)
    text = files.written[Path("/etc/systemd/system/hearth-gateway.service")]
    assert f"\nExecStart={sys.executable} -m appliance gateway serve\n" in text
    assert f"\nEnvironment=PYTHONPATH={ROOT}\n" in text
    assert "DynamicUser=yes" in text


@pytest.mark.parametrize("code", ["/root/hearth", "/home/anna/hearth", "/tmp/hearth"])
def test_code_that_a_service_cannot_see_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str) -> None:
    monkeypatch.setattr(install, "PACKAGED", tmp_path)
    with pytest.raises(HearthError, match="can't see it"):
        install._install_unit(Kept(), Path(code))


def test_where_hearth_is_installed_the_unit_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(install, "PACKAGED", tmp_path)
    (tmp_path / install.UNIT).write_text("")
    files = Kept()
    install._install_unit(files, Path("/root/hearth"))
    assert files.written == {}


class Box:
    """Its supervisor, as far as it is asked."""

    def __init__(self, **settings: str) -> None:
        self._settings = settings

    def settings(self) -> dict[str, str]:
        return self._settings


def test_a_box_is_one_under_its_own_name_and_can_stop_and_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "gateway"
    box = Box(address="our-house.example.org", gateway="")
    monkeypatch.setattr("appliance.cli.context.Context.supervisor", box)
    by_hand = ("--folder", folder, "--no-service")
    assert hearth("gateway", "open", *by_hand) == 0
    told = capsys.readouterr().out
    assert "type A for *.our-house.example.org" in told
    assert "only people you trust" in told
    members = Members(folder, SystemFiles(), SystemClock())
    assert (members.setup.https_port, members.setup.http_port, members.setup.passes) == (8445, None, {"*": 8443})
    invited = members.invite("alice", replace=False)
    assert (invited.gateway, invited.port, invited.name) == (
        "our-house.example.org",
        443,
        "alice.our-house.example.org",
    )
    assert hearth("gateway", "open", *by_hand) == 1
    assert hearth("gateway", "close", *by_hand) == 0
    assert hearth("gateway", "close", *by_hand) == 1
    with pytest.raises(HearthError, match="no gateway"):
        Members(folder, SystemFiles(), SystemClock())

    assert hearth("gateway", "open", "--members", "3", *by_hand) == 0
    again = Members(folder, SystemFiles(), SystemClock())
    assert again.names == {"alice.our-house.example.org"}
    assert again.invite("bob", replace=False).fingerprint == invited.fingerprint
    assert again.setup.limits.members == 3

    # Another name would be another gateway.
    assert hearth("gateway", "close", *by_hand) == 0
    monkeypatch.setattr("appliance.cli.context.Context.supervisor", Box(address="other.example.org", gateway=""))
    assert hearth("gateway", "open", *by_hand) == 1
    assert "was called our-house.example.org" in capsys.readouterr().err
    monkeypatch.setattr("appliance.cli.context.Context.supervisor", box)
    assert hearth("gateway", "open", *by_hand) == 0


@pytest.mark.parametrize(
    ("box", "key"),
    [
        (Box(address="", gateway=""), "no name"),
        (Box(address="a.gw.example.org", gateway="gw.example.org"), "come through a gateway themselves"),
    ],
)
def test_a_box_that_nobody_reaches_directly_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], box: Box, key: str
) -> None:
    monkeypatch.setattr("appliance.cli.context.Context.supervisor", box)
    assert hearth("gateway", "open", "--folder", tmp_path / "gateway", "--no-service") == 1
    assert key in capsys.readouterr().err
    assert not (tmp_path / "gateway").exists()


def test_what_is_no_box_is_told_the_other_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install, "PACKAGED", tmp_path)
    assert hearth("gateway", "open", "--folder", tmp_path / "gateway") == 1
    assert "hearth gateway init" in capsys.readouterr().err
    (tmp_path / install.BOX).write_text("")
    assert hearth("gateway", "init", "gw.example.org", "--state", tmp_path / "gateway") == 1
    assert "hearth gateway open" in capsys.readouterr().err
