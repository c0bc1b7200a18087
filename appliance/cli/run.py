# SPDX-License-Identifier: AGPL-3.0-or-later
"""`hearth run`: a whole box on this machine, with a front panel in the browser."""

import argparse
import ipaddress
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from appliance.board.virtual import home, real_home
from appliance.board.virtual.box import VirtualBox
from appliance.board.virtual.commands import machine_commands
from appliance.board.virtual.machine import Machine
from appliance.board.virtual.panel import Links, PanelServer, create_panel
from appliance.config import Config, Home
from appliance.errors import BadInput, HearthError
from appliance.internet import front
from appliance.supervisor import card
from appliance.supervisor.secrets_store import SecretStore
from appliance.system.clock import Clock, SystemClock
from appliance.system.commands import CommandServer
from appliance.system.files import Files, SystemFiles
from appliance.system.folders import make_folders
from appliance.system.launch import Launch
from appliance.system.ports import check_free, listen
from appliance.system.runner import Runner, SystemRunner
from appliance.system.service import ServiceState, State
from appliance.system.services import ServiceManager
from appliance.system.unit_files import read_units

_LOOPBACK = "127.0.0.1"
_START_SECONDS = 90.0
_HOPELESS_RESTARTS = 2


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    parser = subparsers.add_parser("run", help="run a whole box on this machine, with a front panel in the browser")
    # Without a default of its own, so that it does not hide one that was given before the command.
    parser.add_argument(
        "--state", default=argparse.SUPPRESS, metavar="DIR", help="folder that keeps everything (default: var)"
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=8080,
        help="console; front panel, server and its streams follow on the next three (default: 8080)",
    )
    parser.add_argument(
        "--home",
        type=Home,
        choices=list(Home),
        default=Home.VIRTUAL,
        metavar="{virtual,real}",
        help="the home network it is in: played by the panel, or this machine's own, with the box's web server and its "
        "real ports",
    )
    parser.add_argument(
        "--nameless", action="store_true", help="give the instance no name to begin with, as on a real box"
    )
    parser.add_argument(
        "--listen", type=_address, default=_LOOPBACK, help="address to listen on, to try it from a phone"
    )
    parser.add_argument("--open", action="store_true", help="open the front panel in a browser")
    return parser


def run(args: argparse.Namespace) -> int:
    """Run until Ctrl-C or SIGTERM. The exit code: 0 after a clean stop, 1 when the box could not start."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    session = _Session(args.state.resolve(), args.port, args.listen, args.home, stop, print)
    try:
        return session.run(nameless=args.nameless, browse=args.open)
    except HearthError as error:
        print(error, file=sys.stderr)
        return 1


class _Session:
    """One `hearth run`, from the checks at its begin to the stop at its end."""

    def __init__(
        self, state: Path, port: int, address: str, at: Home, stop: threading.Event, say: Callable[[str], None]
    ) -> None:
        self._config = Config(state=state, runtime=state / "run", virtual=True, home=at)
        self._real = at is Home.REAL
        self._web: front.Places | None = None
        self._ports = ports = real_home.BEHIND_THE_WEB_SERVER if self._real else real_home.ports_from(port)
        self._address = address
        self._stop = stop
        self._say = say
        self._clock: Clock = SystemClock(assume_trusted=True)
        self._files: Files = SystemFiles()
        self._runner: Runner = SystemRunner()
        self._began = self._clock.monotonic()
        host = _LOOPBACK if address in (_LOOPBACK, "0.0.0.0", "::") else address  # noqa: S104 - compared only
        host = f"[{host}]" if ":" in host else host
        self._links = Links(
            console=f"http://{host}/" if self._real else f"http://{host}:{ports.console}/",
            panel=f"http://{_LOOPBACK}:{ports.panel}/",
            instance=f"http://{host}:{ports.instance}/",
        )

    def run(self, *, nameless: bool, browse: bool) -> int:
        state = self._config.state
        lock = home.open_state(state, self._files)
        try:
            check_free(_LOOPBACK, self._ports.panel, self._clock)
            for port in (self._ports.console, self._ports.instance, self._ports.streams):
                check_free(self._address, port, self._clock)
            runtime = home.make_runtime(state, self._files)
            try:
                return self._with_runtime(runtime, nameless=nameless, browse=browse)
            finally:
                home.drop_runtime(state, self._files)
        finally:
            lock.release()

    def _with_runtime(self, runtime: Path, *, nameless: bool, browse: bool) -> int:
        if self._real:
            self._web = real_home.places(self._config.state, runtime)
            self._files.make_folder(self._web.runtime, mode=0o700)
        launch = self._launch(runtime, nameless=nameless)
        make_folders(home.units_folder() / "tmpfiles.d" / "hearth.conf", launch, self._files)
        # The console starts beside the supervisor, and its key must be there by then.
        SecretStore(self._config.secrets, self._files).prepare()
        for folder in (runtime / "machine", self._config.state / "logs"):
            self._files.make_folder(folder)
        machine = Machine(self._clock)
        box = VirtualBox(machine, lambda changed: self._boot(launch, changed), self._clock)
        socket = CommandServer(runtime / "machine" / "machine.sock", machine_commands(box), users={0, os.geteuid()})
        panel = PanelServer(
            create_panel(box, self._links, self._clock, self._card, self._write_card), _LOOPBACK, self._ports.panel
        )
        socket.start()
        panel.start()
        try:
            self._announce_start(launch)
            box.plug_in()
            if not self._wait_until_up(box):
                return 0 if self._stop.is_set() else 1
            self._announce(browse)
            self._stop.wait()
            return 0
        finally:
            self._shut_down(box)
            panel.close()
            socket.close()

    def _launch(self, runtime: Path, *, nameless: bool) -> Launch:
        users = home.find_users(self._config.state, runtime, self._runner)
        environment = {
            "PYTHONPATH": str(home.code_folder()),
            "HEARTH_VIRTUAL": "1",
            "HEARTH_CONSOLE_UID": str(users.get("hearth-console", os.geteuid())),
            "HEARTH_FEDIVERSE_BIND": f"{_bracketed(self._address)}:{self._ports.instance}",
            "HEARTH_STREAMING_BIND": f"{_bracketed(self._address)}:{self._ports.streams}",
            "HEARTH_PANEL_URL": self._links.panel,
        }
        if self._web is not None:
            environment |= real_home.environment(self._web)
            return Launch(home.hearth_command(), self._config.state, runtime, users, environment)
        environment["HEARTH_CONSOLE_URL"] = self._links.console
        if not nameless:
            environment["HEARTH_DEVELOPMENT_ORIGIN"] = f"http://{_LOOPBACK}:{self._ports.instance}"
        return Launch(home.hearth_command(), self._config.state, runtime, users, environment)

    def _boot(self, launch: Launch, changed: Callable[[], None]) -> ServiceManager:
        units = real_home.units(self._web) if self._web else read_units(home.units_folder() / "system")
        listeners = {
            unit.name: listen(self._address, self._ports.console, backlog=unit.backlog) for unit in units.sockets
        }
        logs = self._config.state / "logs"
        return ServiceManager(
            units, launch, self._runner, self._files, self._clock, logs=logs, listeners=listeners, changed=changed
        )

    def _announce_start(self, launch: Launch) -> None:
        self._say(f"Hearth on a virtual board. State: {self._config.state}")
        if os.geteuid() == 0 and not launch.users:
            self._say("The other users can't read the code or the state folder, so every part runs as root.")
        if self._address != _LOOPBACK:
            self._say("Careful: other devices on your network can now open this box's pages, without encryption.")

    def _wait_until_up(self, box: VirtualBox) -> bool:
        """Show each service as it becomes ready; say why not if one can't."""
        give_up = self._clock.monotonic() + _START_SECONDS
        shown: set[str] = set()
        serial = -1
        while not self._stop.is_set():
            states = box.services()
            for each in states:
                if each.name not in shown and each.state in (State.RUNNING, State.LISTENING):
                    shown.add(each.name)
                    words = "listening" if each.state is State.LISTENING else "running"
                    self._say(f"  {self._clock.monotonic() - self._began:4.1f} s  {each.name} {words}")
            if all(each.name in shown or each.state is State.STOPPED for each in states):
                return True
            broken = [each for each in states if each.name not in shown and _hopeless(each)]
            late = self._clock.monotonic() > give_up
            if broken or late:
                self._explain(box, broken or [each for each in states if each.name not in shown])
                return False
            serial = box.machine.wait(serial, 0.2)
        return False

    def _explain(self, box: VirtualBox, broken: list[ServiceState]) -> None:
        for each in broken:
            print(f"The {each.name} could not start. Its last words:", file=sys.stderr)
            for line in box.logs(each.name, 15):
                print(f"  {line.line}", file=sys.stderr)
        print(f"The whole logs are in {self._config.state / 'logs'}.", file=sys.stderr)

    def _announce(self, browse: bool) -> None:
        self._say(f"Started in {self._clock.monotonic() - self._began:.1f} s.\n")
        self._say(f"  Console       {self._links.console}")
        self._say(f"  Front panel   {self._links.panel}   the box: its light, its button, its cable")
        self._say(f"  Server        {self._links.instance}")
        code = card.read(self._card().encode())
        if code:
            self._say(f"  Claim code    {code.reveal()}   does what pressing the button on the front panel does")
        self._say("\nCtrl-C stops everything.")
        sys.stdout.flush()
        if browse and not home.open_browser(self._links.panel):
            self._say("No browser could be opened: open the front panel yourself.")

    def _card(self) -> str:
        """What a person reads who puts the box's card into another computer; "" before the supervisor wrote it."""
        try:
            return self._files.read(self._config.card_file, limit=card.MAX_SIZE).decode(errors="replace")
        except OSError:
            return ""

    def _write_card(self, text: str) -> None:
        """What an editor on another computer does: a file made anew, here filled up to the length it had."""
        lines = text.replace("\r\n", "\n").replace("\n", "\r\n").encode()
        if len(lines) > card.MAX_SIZE:
            raise BadInput("That is too long for the card.")
        self._files.replace(self._config.card_file, lines.ljust(card.SIZE))

    def _shut_down(self, box: VirtualBox) -> None:
        self._say("\nStopping.")
        self._stop.clear()
        done = threading.Event()

        def hurry() -> None:
            # A second Ctrl-C: whoever asks twice does not want to wait.
            while not done.is_set():
                if self._stop.wait(0.2):
                    box.pull_plug()
                    return

        threading.Thread(target=hurry, name="hurry", daemon=True).start()
        box.shut_down()
        done.set()
        self._say("Stopped. Everything is kept.")


def _hopeless(service: ServiceState) -> bool:
    return service.state is State.FAILED or service.restarts >= _HOPELESS_RESTARTS


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65533:
        raise argparse.ArgumentTypeError("must be a number from 1 to 65533, as the two ports after it are used too")
    return int(text)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise argparse.ArgumentTypeError("must be an IP address of this machine, for example 192.168.1.20") from None


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
