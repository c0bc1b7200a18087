# SPDX-License-Identifier: AGPL-3.0-or-later
"""Box: a box in a home of the lab: `hearth run --home real` with its web server, and the image's firewall around it."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from appliance.status import LinkState, Picture
from appliance.supervisor.client import SupervisorClient
from tests import debian
from tests.end_to_end.waiting import Hopeless, eventually
from tests.lab.authority import Authority
from tests.lab.home import Home
from tests.lab.hours import Hours
from tests.lab.probes import fetches
from tests.repository import ROOT

OWNER = "anna"
PASSWORD = "violet kettle harbour 9"
_START_SECONDS = 60.0


class Box:
    """`name` is the one on the internet that it is to have. `hours` is whom it asks what time it is; where there is
    nobody it has a clock that goes on without power. `hearth` asks it what its owner may ask on the box."""

    def __init__(self, home: Home, folder: Path, authority: Authority, name: str, hours: Hours | None = None) -> None:
        self.home = home
        self.name = name
        self.space = home.box
        self.state = folder / f"{home.name}-state"
        self._authority = authority
        self._hours = hours
        self._heard = folder / f"{home.name}-heard"
        self._listening: subprocess.Popen[bytes] | None = None
        self.supervisor = SupervisorClient(self.state / "run/supervisor/command.sock")
        self._answers = folder / f"{home.name}-answers.toml"
        self._process: subprocess.Popen[bytes] | None = None
        self.space.trust(authority.root)
        self.space.nft((ROOT / "image/overlay/etc/nftables.conf").read_text())
        self.look_around()

    def look_around(self) -> None:
        """Let the firewall learn who is who, as when the network comes up."""
        self.space.run([ROOT / "image/overlay/usr/lib/hearth/neighbours"])

    def start(self, *, wait: bool = True) -> "Box":
        caddy = debian.program("caddy", "usr/bin/caddy")
        environment = {"HEARTH_WEB_PROGRAM": str(caddy), "PYTHONUNBUFFERED": "1", **self._authority.environment}
        if self._hours is not None:
            environment["HEARTH_TIME_HEARD"] = str(self._heard)
            self._listening = self._hours.listen(self.space, self._heard)
        argv = [sys.executable, "-m", "appliance", "run", "--state", str(self.state), "--home", "real"]
        self._process = self.space.start("hearth", ["env", f"--chdir={ROOT}", *argv], environment)
        if wait:
            eventually(f"the console of {self.name} answers", self._answers_at_home, seconds=_START_SECONDS)
        return self

    def stop(self) -> None:
        """Ctrl-C."""
        assert self._process is not None
        self.space.end(self._process, signal.SIGINT, seconds=40)
        self._process = None
        self._forget_the_time()

    def cut_power(self) -> None:
        assert self._process is not None
        self.space.end(self._process, signal.SIGKILL)
        self._process = None
        self._forget_the_time()

    def set_up(self, **more: Any) -> None:
        """The wizard's answers in a file, as `hearth setup` takes them."""
        answers = {"username": OWNER, "password": PASSWORD, "title": self.home.name, "address": self.name, **more}
        self._answers.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in answers.items()))
        self.hearth("setup", "--answers", str(self._answers))

    def hearth(self, *arguments: str, given: str = "") -> str:
        argv = [sys.executable, "-m", "appliance", "--state", str(self.state), *arguments]
        return self.space.run(["env", f"--chdir={ROOT}", *argv], given, seconds=60)

    @property
    def certificate(self) -> Path:
        """The one that it was given for its name, and that others trust."""
        return next(self.state.glob(f"caddy/caddy/certificates/*-local-*/{self.name}/{self.name}.crt"))

    def way(self) -> Picture:
        """What the dashboard draws of the way from the internet."""
        return self.supervisor.status().way

    def is_well(self) -> bool:
        way = self.way()
        return not way.cause and all(each.state is LinkState.GREEN for each in way.stretches)

    def words(self) -> str:
        """The ends of its logs."""
        logs = sorted((self.state / "logs").glob("*"))
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-4000:]}" for path in logs)

    def remove(self) -> None:
        if self._process is not None:
            self.stop()
        shutil.rmtree(self.state, ignore_errors=True)

    def _forget_the_time(self) -> None:
        if self._listening is not None:
            self.space.end(self._listening)
            self._listening = None
        self._heard.unlink(missing_ok=True)

    def _answers_at_home(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise Hopeless(f"{self.name} ended")
        status, _ = fetches(self.space, "127.0.0.1", "hearth.local", None, port=80)
        return status < 500
