# SPDX-License-Identifier: AGPL-3.0-or-later
"""The supervisor's process: how its parts hang together, which threads run, and how it ends."""

import logging
import os
import signal
import threading
from collections.abc import Callable

from appliance.config import Config, Home
from appliance.errors import HearthError
from appliance.fediverse.client import InstanceClient
from appliance.health.capability import HealthCapability
from appliance.health.power import Power
from appliance.health.recorder import Recorder
from appliance.internet.capability import InternetCapability
from appliance.internet.certificate_part import CertificatePart
from appliance.internet.notebook import Notebook
from appliance.internet.parts import parts
from appliance.internet.tunnel_part import TunnelPart
from appliance.internet.update_part import UpdatePart
from appliance.network import hotspot
from appliance.network.capability import NetworkCapability
from appliance.network.radio import Radio
from appliance.settings import SettingsFile
from appliance.storage.capability import DRIVES_EVERY, StorageCapability
from appliance.supervisor.box_settings import BoxSettings
from appliance.supervisor.card_reader import JOB, CardFile, CardReader
from appliance.supervisor.claiming import Claiming
from appliance.supervisor.client import SupervisorClient
from appliance.supervisor.commands import Desk, commands
from appliance.supervisor.core import Core, Effects
from appliance.supervisor.doors import Doors, real_doors, virtual_doors
from appliance.supervisor.erase import Eraser
from appliance.supervisor.erasing import Erasing
from appliance.supervisor.gateway import A_GATEWAY, GatewayUse
from appliance.supervisor.instance import InstanceCapability
from appliance.supervisor.jobs import Jobs
from appliance.supervisor.loop import Loop
from appliance.supervisor.name import NameHolder
from appliance.supervisor.owner import Owner
from appliance.supervisor.protocol import PowerAction
from appliance.supervisor.secrets_store import Name, SecretStore
from appliance.supervisor.ssh_keys import SshKeys
from appliance.supervisor.throttle import Throttle
from appliance.supervisor.worker import LightSwitch, Listener, Looker
from appliance.system import notify
from appliance.system.commands import CommandServer
from appliance.system.files import Lock

log = logging.getLogger(__name__)


def serve(config: Config) -> None:
    """Run until told to stop. Raises HearthError when the state can't be used."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    doors = virtual_doors(config) if config.virtual else real_doors(config)
    doors.files.make_folder(config.state, mode=0o711)
    lock = Lock(config.state / "lock")
    try:
        Supervisor(config, doors).run()
    finally:
        lock.release()


class Supervisor:
    """All parts put together. `start` opens the socket, `run` works until SIGTERM."""

    def __init__(self, config: Config, doors: Doors) -> None:
        clock, files, board, host, units = doors.clock, doors.files, doors.board, doors.host, doors.units
        self._config = config
        self._clock = clock
        self._board = board
        self._wifi = doors.wifi
        self.loop = loop = Loop()
        settings_file = SettingsFile(config.settings_file, files, clock)
        settings = settings_file.load().settings
        secrets = SecretStore(config.secrets, files)
        code = secrets.prepare()
        played = config.virtual and config.home is Home.VIRTUAL
        url = config.development_origin or (f"http://{config.fediverse_bind}" if played else "")
        power = Power(clock)
        self.recorder = Recorder(config.state / "health.json", files, clock)
        self.radio = radio = Radio(
            doors.wifi,
            clock,
            name=hotspot.name(doors.interfaces.machine()),
            look_again=lambda: self._looker.look_again(),
        )
        self.internet = InternetCapability(
            doors.interfaces,
            parts(
                doors.resolver,
                doors.router,
                doors.outside,
                clock,
                UpdatePart(doors.naming, secrets.name_secret, Notebook(config.state / "name.json", files), clock),
                TunnelPart(doors.tunnel),
                CertificatePart(doors.front, Notebook(config.state / "certificate.json", files), clock),
            ),
            clock,
            look_again=lambda: self._looker.look_again(),
            announcements=doors.announcements,
            latest=doors.latest,
            believe=lambda: loop.ask(lambda: core.change(ports_by_hand=True)),
            # Health always says the one, and the network the other where the box is no laptop.
            raised_elsewhere=frozenset({"clock-untrusted"} | ({"no-link"} if config.console_url is None else set())),
        )
        # What plays on a laptop must not speak to the world as if it had a name.
        self.instance = InstanceCapability(
            units,
            InstanceClient(config.admin_socket),
            clock,
            url=url,
            power=power,
            front=None if played else doors.front,
        )
        capabilities = (
            StorageCapability(
                config.state, files, board, host, clock, drives_every=0.0 if config.virtual else DRIVES_EVERY
            ),
            NetworkCapability(
                doors.interfaces,
                radio,
                doors.firewall,
                console_url=config.console_url,
                local_name=doors.local_name,
            ),
            self.internet,
            HealthCapability(board, host, clock, state=config.state, recorder=self.recorder, power=power),
            self.instance,
        )
        self._light = LightSwitch(board)
        self._looker = Looker(
            capabilities,
            lambda name, observed: loop.ask(lambda: core.take(name, observed)),
            lambda name, error: loop.ask(lambda: core.take_failure(name, error)),
        )
        jobs = Jobs(config.state / "jobs.json", files, clock, loop.tell, power=power)

        keys = SshKeys(config.ssh_keys_file, files, doors.ssh)

        def forget_keys() -> None:
            # Beside the loop: it stops a service.
            threading.Thread(target=keys.clear, name="ssh keys", daemon=True).start()

        def reset_console() -> None:
            core.reset()
            secrets.drop(Name.OWNER_VERIFIER)
            forget_keys()

        effects = Effects(
            show=self._light.show,
            power_off=lambda: self._power(PowerAction.OFF),
            look_again=self._looker.look_again,
            reset_console=reset_console,
            pressed=lambda: radio.tell(hotspot.pressed),
        )
        self.core = core = Core(
            settings, settings_file, clock, jobs, capabilities, effects, board=board.name, instance_url=url
        )
        self._listener = Listener(
            board,
            clock,
            lambda event: loop.tell(lambda: core.board_event(event)),
            lambda: loop.tell(core.show_again),
        )
        self.erasing = Erasing(
            loop,
            core,
            Eraser(config.state, config.fediverse_state, files, units, secrets),
            secrets,
            clock,
            forget_keys,
            doors.front.forget,
        )
        box_settings = BoxSettings(core, lambda: self.instance.origin)
        gateway = GatewayUse(core, box_settings, secrets, is_one=lambda: not config.virtual and A_GATEWAY.exists())
        desk = Desk(
            loop=loop,
            core=core,
            claiming=Claiming(core, secrets, clock),
            owner=Owner(loop, core, secrets, Throttle(clock)),
            settings=box_settings,
            name=NameHolder(core, box_settings, secrets, gateway),
            erasing=self.erasing,
            recorder=self.recorder,
            keys=keys,
            radio=radio,
            gateway=gateway,
            internet=self.internet,
            units=units,
            power=self._power_command,
        )
        files.make_folder(config.supervisor_socket.parent, mode=0o2750)
        users = {0, os.geteuid()} | ({config.console_uid} if config.console_uid is not None else set())
        self._server = CommandServer(config.supervisor_socket, commands(desk), users=users)
        self._jobs = jobs
        self._card = CardFile(config.card_file, files, code)
        self._answers = self._card.prepare()
        self._reader = CardReader(
            self._card,
            clock,
            wifi=doors.wifi,
            keys=keys,
            supervisor=SupervisorClient(config.supervisor_socket),
            instance=InstanceClient(config.admin_socket),
            code=lambda: code,
            remember_country=lambda country: loop.ask(lambda: core.change(wifi_country=country)),
        )
        self._fed = clock.monotonic()

    def start(self) -> None:
        """Answer commands and watch the board."""
        for name, work in (
            ("looker", self._looker.run),
            ("board", self._listener.run),
            ("light", self._light.run),
        ):
            threading.Thread(target=work, name=name, daemon=True).start()
        self.internet.start()
        self._server.start()
        log.info("watching over the box %s", self.core.settings.box_name)
        self.loop.tell(self.erasing.resume)
        self.loop.tell(self._read_card)

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.loop.stop())
        self.start()
        notify.ready("The box is watched over.")
        try:
            self.loop.run(self.tick)
        finally:
            notify.stopping()
            self.recorder.save()
            self.internet.close()
            self._server.close()

    def tick(self) -> float:
        seconds = self.core.tick()
        self.erasing.tick()
        interval = notify.watchdog_interval()
        if interval is None:
            return seconds
        if self._clock.monotonic() - self._fed >= interval / 2:
            self._fed = self._clock.monotonic()
            notify.alive()
        return min(seconds, interval / 2)

    def _read_card(self) -> None:
        """Take what somebody wrote there while the power was off."""
        country, answers = self.core.settings.wifi_country, self._answers
        if country is not None:
            threading.Thread(target=lambda: self._wifi.obey(country), name="wifi", daemon=True).start()
        if answers is not None:
            self._jobs.start(JOB, lambda progress: self._reader.take(answers, progress))

    def _power_command(self, action: PowerAction) -> None:
        if action is PowerAction.OFF:
            self.core.power_off()
        else:
            self._power(action)

    def _power(self, action: PowerAction) -> None:
        act = self._board.power_off if action is PowerAction.OFF else self._board.power_restart
        threading.Thread(target=lambda: self._try_power(act), name="power", daemon=True).start()

    def _try_power(self, act: Callable[[], None]) -> None:
        try:
            act()
        except HearthError as error:
            log.error("the power could not be switched: %s", error)
            self.loop.tell(self.core.power_stays_on)
