# SPDX-License-Identifier: AGPL-3.0-or-later
"""`hearth gateway init`: a gateway's state, and its service on any Debian machine, in one go."""

import dataclasses
import sys
from pathlib import Path

import appliance
from appliance import internet_name
from appliance.errors import BadInput, HearthError
from appliance.gateway.limits import Limits
from appliance.gateway.members import Setup, load_setup, packed, set_up
from appliance.system.clock import SystemClock
from appliance.system.files import Files, SystemFiles
from appliance.system.runner import Runner, SystemRunner

UNIT = "hearth-gateway.service"
BOX = "hearth-web.service"  # only where there is a web server of Hearth's own
WEB_PORT, FRONT_PORT = 8443, 8445  # as the box's firewall knows them
UNITS = Path("/etc/systemd/system")
PACKAGED = Path("/usr/lib/systemd/system")
COMMAND = "/usr/bin/hearth"
_CLOSED = "closed.json"
_READABLE = 0o644  # the service's folder is closed to all others, and root is not who reads it there
# systemd shows a service nothing of these.
_HIDDEN = ("/root", "/home", "/tmp", "/run/user")  # noqa: S108


def setup(domain: str, *, members: int, megabits: int, https_port: int, http_port: int) -> Setup:
    """Raises BadInput."""
    name = domain.strip().lower().removesuffix(".")
    if not internet_name.is_well_formed(name):
        raise BadInput(
            f"{domain[:80]!r} is no name for a gateway.",
            "Give a name that leads here, like gw.example.org.",
            key="bad-name",
        )
    if not (1 <= members <= 1000 and 1 <= megabits <= 10_000):
        raise BadInput("A gateway has 1 to 1000 members, and each 1 to 10000 megabits a second.")
    if not all(0 < port < 65536 for port in (https_port, http_port)):
        raise BadInput("Ports are numbers from 1 to 65535.")
    return Setup(name, https_port=https_port, http_port=http_port, limits=Limits(members=members, megabits=megabits))


def install(folder: Path, made: Setup, *, service: bool) -> None:
    """Raises HearthError already-set-up, and those of writing and of systemctl."""
    files, runner = SystemFiles(), SystemRunner()
    if service and made.http_port is not None and on_a_box():
        raise HearthError(
            "box-has-ports",
            "This is a box, whose own web server has those ports.",
            "`hearth gateway open` makes it a gateway under its own name.",
            status=409,
        )
    if service:
        # First what can be refused, so that a second try finds nothing half done.
        _install_unit(files, code=Path(appliance.__file__).resolve().parent.parent)
    if not reopen(folder, made):
        set_up(folder, made, files, SystemClock())
    if service:
        _start(runner)


def setup_beside(name: str, *, members: int, megabits: int) -> Setup:
    """On a box, under its own name: who comes for nobody else is handed on to its web server, which has port 80 to
    itself. Raises BadInput."""
    made = setup(name, members=members, megabits=megabits, https_port=FRONT_PORT, http_port=FRONT_PORT)
    # A small board has less room than a rented machine, and more to do (its unit's drop-in says how much).
    limits = dataclasses.replace(made.limits, connections=1000)
    return dataclasses.replace(made, http_port=None, passes={"*": WEB_PORT}, limits=limits)


def reopen(folder: Path, made: Setup) -> bool:
    """Whether there was one, which goes on with its members as if it had not been closed. Raises HearthError
    already-set-up where that had another name."""
    files = SystemFiles()
    closed = folder / _CLOSED
    if not closed.exists():
        return False
    before = load_setup(files, closed).domain
    if before != made.domain:
        raise HearthError(
            "already-set-up",
            f"In {folder} are the members of a gateway that was called {before}.",
            "To begin anew, which ends all its invitations and members, remove that folder first.",
            status=409,
        )
    files.replace(folder / "gateway.json", packed(made), mode=_READABLE)
    files.remove(closed)
    return True


def shut(folder: Path, *, service: bool) -> None:
    """Raises HearthError not-set-up."""
    files = SystemFiles()
    made = load_setup(files, folder / "gateway.json")
    if service:
        SystemRunner().run(["systemctl", "stop", UNIT], timeout=60.0)
    files.replace(folder / _CLOSED, packed(made), mode=_READABLE)
    files.remove(folder / "gateway.json")


def on_a_box() -> bool:
    return (PACKAGED / BOX).exists()


def next_steps(made: Setup, *, service: bool) -> str:
    lines = [f"The gateway {made.domain} is set up{' and runs' if service else ''}.", ""]
    if made.http_port is None:
        lines += [
            "Where the name of this box is looked after, make a record of type A for *." + made.domain,
            "with the same address that the name itself has, and change it whenever that changes;",
            "and none of type AAAA: only IPv4 is passed on.",
            "",
            "Let in only people you trust: their names are below this box's, and their servers can set cookies for it.",
        ]
    else:
        lines += [
            "Where its domain is looked after, make these records, with this machine's address on the internet:",
            f"  type A, name {made.domain}",
            f"  type A, name *.{made.domain}",
            "and none of type AAAA: only IPv4 is passed on.",
        ]
    if made.http_port is not None and (made.https_port != 443 or made.http_port != 80):
        lines += ["", f"In the router, lead port 443 to port {made.https_port} here, and port 80 to {made.http_port}."]
    return "\n".join([*lines, "", "Then invite somebody: hearth gateway invite NAME"])


def _install_unit(files: Files, code: Path) -> None:
    """Where Hearth was installed the unit is there already."""
    if (PACKAGED / UNIT).exists():
        return
    if any(code.is_relative_to(hidden) for hidden in _HIDDEN):
        raise HearthError(
            "code-hidden",
            f"Hearth lies in {code}, where a service can't see it.",
            "Move that folder to /opt/hearth and give the command again there.",
            status=409,
        )
    text = (code / "systemd/box/system" / UNIT).read_text()
    command = f"{sys.executable} -m appliance"
    text = text.replace(COMMAND, command).replace("[Service]\n", f"[Service]\nEnvironment=PYTHONPATH={code}\n")
    files.replace(UNITS / UNIT, text.encode(), mode=0o644)


def _start(runner: Runner) -> None:
    if (PACKAGED / UNIT).exists():
        runner.run(["systemctl", "start", UNIT], timeout=60.0)
    else:
        runner.run(["systemctl", "daemon-reload"], timeout=30.0)
        runner.run(["systemctl", "enable", "--now", UNIT], timeout=60.0)
