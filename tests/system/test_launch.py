# SPDX-License-Identifier: AGPL-3.0-or-later
import os
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.errors import HearthError
from appliance.system.files import SystemFiles
from appliance.system.folders import make_folders
from appliance.system.launch import Launch
from appliance.system.unit_files import parse_service

UNIT = parse_service(
    "hearth-x",
    "[Service]\nType=notify\nExecStart=/usr/bin/hearth service x\nUser=hearth-x\nWatchdogSec=30\n"
    "Environment=HEARTH_CONSOLE_UID=861 OTHER=1\nLoadCredential=key:/var/lib/hearth/secrets/key\n",
)


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    return Launch(
        ("python", "-m", "appliance"), tmp_path / "s", tmp_path / "r", {"hearth-x": 5}, {"HEARTH_CONSOLE_UID": "7"}
    )


def test_command_is_ours_and_tied_to_our_life(launch: Launch) -> None:
    argv = launch.argv(UNIT)
    assert argv[:3] == ["setpriv", "--pdeathsig", "KILL"]
    assert argv[argv.index("--") + 1 :] == ["python", "-m", "appliance", "service", "x"]
    assert argv[argv.index("--reuid") + 1] == argv[argv.index("--regid") + 1] == "5"
    assert "--clear-groups" in argv
    assert "--reuid" not in replace(launch, users={}).argv(UNIT)


def test_environment_of_the_unit_is_kept_and_ours_wins(launch: Launch, tmp_path: Path) -> None:
    environment = launch.child_environment(UNIT, tmp_path / "notify.sock")
    assert environment["OTHER"] == "1"
    assert environment["HEARTH_CONSOLE_UID"] == "7"
    assert environment["HEARTH_STATE"] == str(tmp_path / "s")
    assert environment["NOTIFY_SOCKET"] == str(tmp_path / "notify.sock")
    assert environment["WATCHDOG_USEC"] == "30000000"
    assert environment["CREDENTIALS_DIRECTORY"] == str(tmp_path / "r" / "credentials" / "hearth-x")


def test_paths_of_the_box_are_found_here(launch: Launch, tmp_path: Path) -> None:
    assert launch.here(Path("/var/lib/hearth/secrets/key")) == tmp_path / "s" / "secrets" / "key"
    assert launch.here(Path("/run/hearth")) == tmp_path / "r"
    assert launch.here(Path("/var/lib/hearthless")) == Path("/var/lib/hearthless")


def test_a_missing_credential_is_said(launch: Launch) -> None:
    (launch.runtime).mkdir()
    with pytest.raises(HearthError) as caught:
        replace(launch, users={}).hand_over_credentials(UNIT, SystemFiles())
    assert caught.value.key == "credential-missing"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_folders_get_owner_mode_and_setgid_and_what_is_in_them_follows(launch: Launch, tmp_path: Path) -> None:
    description = tmp_path / "tmpfiles.conf"
    description.write_text(
        "# comment\nd /run/hearth 0755 root root -\nd /run/hearth/x 2750 hearth-x hearth-y -\nL /ignored\n"
    )
    old = launch.runtime / "x" / "old"
    old.mkdir(parents=True)
    make_folders(description, replace(launch, users={"hearth-x": 5, "hearth-y": 6}), SystemFiles())
    found = (launch.runtime / "x").stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (5, 6, 0o2750)
    assert (old.stat().st_uid, old.stat().st_gid) == (5, 6)


def test_as_one_user_folders_are_made_and_stay_ours(launch: Launch, tmp_path: Path) -> None:
    description = tmp_path / "tmpfiles.conf"
    description.write_text("d /var/lib/hearth/secrets 0700 root root -\n")
    make_folders(description, replace(launch, users={}), SystemFiles())
    found = (launch.state / "secrets").stat()
    assert (found.st_uid, found.st_mode & 0o7777) == (os.geteuid(), 0o700)
