# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hours: a time server, and how a box hears of the time; both Debian's chrony, which is let near no clock (-x, -Q)."""

import subprocess
from pathlib import Path

from tests import debian
from tests.lab.spaces import Namespace

_PROGRAM = "usr/sbin/chronyd"
_SERVER = """
local stratum 1
allow all
cmdport 0
bindcmdaddress /
pidfile {folder}/chronyd.pid
"""
# As systemd-timesyncd does on a box: when a server has answered, a file in /run tells.
_CLIENT = 'until "$@"; do sleep 1; done; touch "$HEARD"'
_ONE_TRY = "8"


class Hours:
    def __init__(self, space: Namespace, folder: Path) -> None:
        self._space = space
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        conf = self._folder / "chrony.conf"
        conf.write_text(_SERVER.format(folder=self._folder))
        program, environment = _chronyd()
        self._process = self._space.start("chronyd", [program, "-x", "-d", "-u", "root", "-f", conf], environment)

    def stop(self) -> None:
        """It answers nobody."""
        if self._process is not None:
            self._space.end(self._process)
            self._process = None

    def listen(self, where: Namespace, heard: Path) -> "subprocess.Popen[bytes]":
        """Somebody who asks until there is an answer, and makes the file then."""
        program, environment = _chronyd()
        ask = [program, "-Q", "-u", "root", "-t", _ONE_TRY]
        said = [f"pidfile {heard}.pid", "cmdport 0", "bindcmdaddress /", f"server {self._space.address} iburst"]
        return where.start("time", ["sh", "-c", _CLIENT, "sh", *ask, *said], {**environment, "HEARD": str(heard)})


def _chronyd() -> tuple[Path, dict[str, str]]:
    installed = Path("/") / _PROGRAM
    if installed.exists():
        return installed, {}
    tree = debian.tree("chrony")
    return tree / _PROGRAM, {"LD_LIBRARY_PATH": ":".join(str(each) for each in tree.glob("usr/lib/*-linux-gnu"))}
