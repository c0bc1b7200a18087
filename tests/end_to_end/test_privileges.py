# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who runs as whom, and who may command the supervisor: by the kernel's word, with real user ids."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.boxes import Pair

NOBODY = 65534
# A server may refuse and hang up before it was spoken to: what it said is read all the same.
_ASK = """
import contextlib, socket, sys
asking = socket.socket(socket.AF_UNIX)
asking.settimeout(5)
asking.connect(sys.argv[1])
with contextlib.suppress(BrokenPipeError):
    asking.sendall(b'{"command": "status", "arguments": {}}\\n')
print(asking.recv(65536).decode())
"""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start processes under several user ids")


def test_the_services_run_under_three_user_ids(pair: Pair) -> None:
    uids = {name: {_uid(p.pid) for p in found} for name, found in pair.a.box.services().items()}
    assert uids["supervisor"] == {0}
    assert all(len(uids[name]) == 1 for name in ("console", "fediverse", "companion")), uids
    assert uids["fediverse"] == uids["companion"], "they share the database"
    assert len(uids["supervisor"] | uids["console"] | uids["fediverse"]) == 3, uids


def test_a_foreign_user_cannot_command_the_supervisor(pair: Pair) -> None:
    socket = pair.a.box.runtime / "supervisor" / "command.sock"
    outside = _ask(socket, NOBODY, NOBODY)
    assert "PermissionError" in outside.stderr, "the folder lets nobody in but the console's group"
    in_the_group = _ask(socket, NOBODY, socket.stat().st_gid)
    assert json.loads(in_the_group.stdout)["error"]["key"] == "not-allowed", in_the_group.stderr


def test_the_fediverse_server_cannot_command_the_supervisor(pair: Pair) -> None:
    """Whoever breaks into the part that faces the internet has not got the box."""
    fediverse = _uid(pair.a.box.services()["fediverse"][0].pid)
    socket = pair.a.box.runtime / "supervisor" / "command.sock"
    assert "status" not in _ask(socket, fediverse, fediverse).stdout


@pytest.mark.parametrize("name", ["settings.json", "secrets", "fediverse"])
def test_the_console_cannot_reach_past_its_sockets(pair: Pair, name: str) -> None:
    console = _uid(pair.a.box.services()["console"][0].pid)
    done = subprocess.run(
        ["/bin/ls", pair.a.box.state / name, pair.a.box.state / "fediverse" / "database.sqlite"],
        user=console,
        group=console,
        extra_groups=[],
        capture_output=True,
        check=False,
    )
    readable = subprocess.run(
        ["/bin/cat", pair.a.box.state / name],
        user=console,
        group=console,
        extra_groups=[],
        capture_output=True,
        check=False,
    )
    assert done.returncode != 0
    assert readable.returncode != 0


def _uid(pid: int) -> int:
    """The real user id; real, effective, saved and file system id must be one and the same."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("Uid:"))
    ids = {int(part) for part in line.split()[1:]}
    assert len(ids) == 1, line
    return ids.pop()


def _ask(socket: Path, user: int, group: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/usr/bin/python3", "-c", _ASK, str(socket)],
        user=user,
        group=group,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
