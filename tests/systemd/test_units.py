# SPDX-License-Identifier: AGPL-3.0-or-later
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.system.unit_files import Restart, ServiceUnit, read_units, read_users

SYSTEMD = Path(__file__).parents[2] / "systemd"
UNITS = SYSTEMD / "system"
NAMES = {"hearth-supervisor", "hearth-console", "hearth-fediverse"}
# systemd.service(5): since version 254. Debian trixie, which the box runs, has 257.
NEW = ("RestartSteps", "RestartMaxDelaySec")

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A root with the units and what they refer to."""
    units = tmp_path / "usr/lib/systemd/system"
    shutil.copytree(UNITS, units)
    hearth = tmp_path / "usr/bin/hearth"
    hearth.parent.mkdir(parents=True)
    hearth.write_text("#!/bin/sh\n")
    hearth.chmod(0o755)
    for name in ("basic", "local-fs", "multi-user", "network", "shutdown", "sockets", "sysinit"):
        (units / f"{name}.target").write_text(f"[Unit]\nDescription={name}\nDefaultDependencies=no\n")
    return tmp_path


def analyze(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=50, check=False)


def units() -> dict[str, ServiceUnit]:
    return {unit.name: unit for unit in read_units(UNITS).services}


def all_text() -> str:
    return "\n".join(path.read_text() for path in sorted(UNITS.iterdir()))


@needs_systemd
def test_systemd_finds_nothing_wrong(tree: Path) -> None:
    names = [str(path) for path in sorted((tree / "usr/lib/systemd/system").glob("hearth-*"))]
    done = analyze("verify", "--man=no", f"--root={tree}", *names)
    version = re.search(r"systemd (\d+)", analyze("--version").stdout)
    assert version
    complaints = [
        line
        for line in done.stderr.splitlines()
        if line and not (int(version[1]) < 254 and re.search(f"Unknown key (name )?'({'|'.join(NEW)})'", line))
    ]
    assert done.returncode == 0
    assert complaints == []


@needs_systemd
def test_systemd_would_find_something_wrong(tree: Path) -> None:
    """The test above can fail."""
    path = tree / "usr/lib/systemd/system/hearth-fediverse.service"
    path.write_text(path.read_text().replace("/usr/bin/hearth", "/usr/bin/herth").replace("UMask=", "UMsk="))
    done = analyze("verify", "--man=no", f"--root={tree}", str(path))
    assert "UMsk" in done.stderr
    assert done.returncode != 0


@needs_systemd
@pytest.mark.parametrize(
    ("name", "threshold"),
    [("hearth-console", 20), ("hearth-fediverse", 20), ("hearth-supervisor", 40)],
)
def test_exposure_is_low(tree: Path, name: str, threshold: int) -> None:
    """Thresholds in tenths: 2.0 for what faces the network, 4.0 for the supervisor, which is root."""
    done = analyze("security", "--offline=true", f"--threshold={threshold}", f"--root={tree}", f"{name}.service")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not shutil.which("systemd-sysusers"), reason="systemd-sysusers is not installed")
def test_systemd_understands_the_users(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    done = subprocess.run(
        ["systemd-sysusers", "--dry-run", f"--root={tmp_path}", "-"],
        input=(SYSTEMD / "sysusers.d/hearth.conf").read_text(),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "hearth-console" in done.stderr + done.stdout


def test_the_three_services_and_the_socket_are_there_and_enabled() -> None:
    found = read_units(UNITS)
    assert {unit.name for unit in found.services} == NAMES
    assert [unit.name for unit in found.sockets] == ["hearth-console"]
    preset = (SYSTEMD / "system-preset/50-hearth.preset").read_text()
    enabled = {line.split()[1] for line in preset.splitlines() if line.startswith("enable ")}
    assert enabled == {f"{name}.service" for name in NAMES - {"hearth-console"}} | {"hearth-console.socket"}
    for name in enabled:
        assert "WantedBy=" in (UNITS / name).read_text()


def test_only_the_supervisor_is_root() -> None:
    users = {name: unit.user for name, unit in units().items()}
    assert users == {
        "hearth-supervisor": "root",
        "hearth-console": "hearth-console",
        "hearth-fediverse": "hearth-fediverse",
    }


def test_every_service_tells_that_it_is_ready_and_alive_and_comes_back() -> None:
    for unit in units().values():
        assert unit.notify
        assert unit.watchdog_seconds
        assert unit.restart is (Restart.ON_FAILURE if unit.name == "hearth-console" else Restart.ALWAYS)
        assert unit.restart_seconds <= unit.pause(1) <= unit.pause(2) <= unit.pause(50) == unit.restart_max_seconds


def test_the_supervisor_is_never_given_up() -> None:
    assert units()["hearth-supervisor"].start_limit_seconds == 0


def test_the_console_gets_its_key_and_cannot_read_the_others() -> None:
    unit = units()["hearth-console"]
    assert unit.credentials == (("console-session-key", Path("/var/lib/hearth/secrets/console-session-key")),)
    assert "InaccessiblePaths=/var/lib/hearth\n" in (UNITS / "hearth-console.service").read_text()
    for other in NAMES - {"hearth-console"}:
        assert units()[other].credentials == ()


def test_a_real_box_has_no_development_origin_and_is_not_virtual() -> None:
    for unit in units().values():
        assert {name for name in unit.environment if name.startswith("HEARTH_")} <= {"HEARTH_CONSOLE_UID"}
    for path in SYSTEMD.rglob("*"):
        if path.is_file():
            assert "DEVELOPMENT_ORIGIN" not in path.read_text()
            assert "HEARTH_VIRTUAL" not in path.read_text()
    assert "EnvironmentFile" not in all_text()
    assert "PassEnvironment" not in all_text()


def test_user_numbers_agree_everywhere() -> None:
    users = read_users(SYSTEMD / "sysusers.d/hearth.conf")
    assert set(users) == {"hearth-console", "hearth-fediverse", "hearth-tunnel"}
    for name, unit in units().items():
        if name != "hearth-console":
            assert unit.environment["HEARTH_CONSOLE_UID"] == str(users["hearth-console"])
    for line in (SYSTEMD / "tmpfiles.d/hearth.conf").read_text().splitlines():
        if line.startswith("d "):
            assert {line.split()[3], line.split()[4]} <= set(users) | {"root"}


def test_the_console_has_no_network_of_its_own() -> None:
    text = (UNITS / "hearth-console.service").read_text()
    assert "PrivateNetwork=yes" in text
    assert "RestrictAddressFamilies=AF_UNIX\n" in text


def test_the_console_is_told_of_its_socket_once() -> None:
    """gunicorn 23 takes the sockets of LISTEN_FDS besides those it is bound to, and closes each as it takes it."""
    text = (UNITS / "hearth-console.service").read_text()
    assert "UnsetEnvironment=LISTEN_FDS LISTEN_PID LISTEN_FDNAMES\n" in text
