# SPDX-License-Identifier: AGPL-3.0-or-later
"""A virtual box's place on a laptop: its state folder, its runtime folder, and the users its parts run as."""

import os
import sys
import tempfile
import webbrowser
from collections.abc import Mapping
from pathlib import Path

import appliance
from appliance.errors import HearthError
from appliance.system.files import Files, Lock
from appliance.system.runner import Runner
from appliance.system.unit_files import read_users

# A database, its migration and the logs need this much to begin with.
LEAST_FREE = 16 * 1024 * 1024
_PREFIX = "hearth-"
_CODE = Path(appliance.__file__).parent.parent
_PROBE = """
import importlib.util, os, sys
sys.path.insert(0, sys.argv[1])
missing = [name for name in ("appliance", "flask", "sqlalchemy") if importlib.util.find_spec(name) is None]
for folder in sys.argv[2:]:
    os.chdir(folder)
sys.exit(bool(missing))
"""


def open_state(state: Path, files: Files) -> Lock:
    """Make and lock the state folder. Raises HearthError disk-refused, disk-full or state-in-use."""
    files.make_folder(state, mode=0o711)
    lock = Lock(state / "run.lock")
    free = files.free_bytes(state)
    if free < LEAST_FREE:
        lock.release()
        raise HearthError(
            "disk-full",
            f"There is too little room for {state}: {free // 2**20} MB are free, {LEAST_FREE // 2**20} MB are needed.",
            "Make room on the disk, or choose another folder with --state.",
            status=507,
        )
    return lock


def make_runtime(state: Path, files: Files, environment: Mapping[str, str] = os.environ) -> Path:
    """A folder for sockets with a short path, reachable as `state`/run. What an earlier run left is removed."""
    link = state / "run"
    drop_runtime(state, files)
    own = Path(environment.get("XDG_RUNTIME_DIR", ""))
    # Root's own runtime folder is closed to the other users that root starts the services as.
    usable = own.is_absolute() and os.geteuid() != 0 and os.access(own, os.W_OK) and len(str(own)) < 50
    runtime = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=own if usable else "/tmp"))  # noqa: S108 - mkdtemp is safe there
    files.give(runtime, mode=0o711)
    link.symlink_to(runtime)
    return runtime


def drop_runtime(state: Path, files: Files) -> None:
    """Remove the runtime folder that `state`/run points to, if it is one of ours."""
    link = state / "run"
    if not link.is_symlink():
        return
    old = Path(os.readlink(link))
    if old.name.startswith(_PREFIX) and old.is_dir() and not old.is_symlink() and old.stat().st_uid == os.geteuid():
        files.remove(old)
    files.remove(link)


def units_folder() -> Path:
    """Where the units lie: beside the code in a checkout. Raises HearthError units-missing."""
    folder = _CODE / "systemd"
    if not folder.is_dir():
        raise HearthError(
            "units-missing",
            "`hearth run` plays a box from a checkout of the source, and this is an installed copy.",
            "Clone the repository and use `make run` there.",
        )
    return folder


def hearth_command() -> tuple[str, ...]:
    return (sys.executable, "-m", "appliance")


def code_folder() -> Path:
    return _CODE


def find_users(state: Path, runtime: Path, runner: Runner) -> dict[str, int]:
    """The units' users as numbers if we are root and they can reach code and state; else empty."""
    if os.geteuid() != 0:
        return {}
    users = read_users(units_folder() / "sysusers.d" / "hearth.conf")
    for user in users.values():
        who = ["setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups", "--"]
        probe = [sys.executable, "-c", _PROBE, str(_CODE), str(state), str(runtime)]
        try:
            done = runner.run([*who, *probe], timeout=20.0, check=False)
        except HearthError:
            return {}
        if done.code != 0:
            return {}
    return users


def open_browser(url: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a browser could be opened. Never one in the terminal, where it would cover what we say."""
    graphical = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    return bool(graphical) and webbrowser.open(url)
