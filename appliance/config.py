# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a process of the box finds its folders and sockets: read once from the environment, then passed on."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from appliance.errors import BadInput
from appliance.internet import front
from appliance.secret import Secret

STATE_ON_A_BOX = Path("/var/lib/hearth")


class Home(Enum):
    """What home a virtual board is in."""

    VIRTUAL = "virtual"  # one that the front panel plays
    REAL = "real"  # that of this machine, with its router and its internet


@dataclass(frozen=True)
class Config:
    """`state` is what survives; `runtime` holds sockets and is gone after a power cut.

    `virtual` is true where the box is played by a laptop (`hearth run`); it decides which doors `main`
    opens and nothing else; `home` decides likewise about those to router and internet. `development_origin` exists
    only there: a loopback origin to federate under.
    `behind_proxy` says that all requests come through Caddy, whose word on the asker's address counts.
    `console_url` is where the console answers if that is not port 80 of this machine.
    `database_url` names a PostgreSQL database, where the instance has outgrown SQLite; no box has it.
    `web` and `authority` are about Caddy, which ends TLS and asks for certificates.
    `time_heard` is the file that tells a virtual board in a real home that a time server has answered; without one it
    trusts this machine's clock.
    `console_uid` is who besides root may command the supervisor and the instance.
    """

    state: Path
    runtime: Path
    virtual: bool = False
    home: Home = Home.VIRTUAL
    console_bind: str = "fd://3"
    fediverse_bind: str = "127.0.0.1:8082"
    streaming_bind: str = "127.0.0.1:8083"
    behind_proxy: bool = False
    development_origin: str | None = None
    console_uid: int | None = None
    panel_url: str | None = None
    console_url: str | None = None
    database_url: Secret | None = None
    web: front.Places = field(default_factory=front.Places)
    authority: front.Authority = field(default_factory=front.Authority)
    time_heard: Path | None = None

    @property
    def settings_file(self) -> Path:
        return self.state / "settings.json"

    @property
    def secrets(self) -> Path:
        """One file each, 0600, in a 0700 folder of the supervisor's."""
        return self.state / "secrets"

    @property
    def card_file(self) -> Path:
        """`hearth.txt` on the card's first partition, which is mounted there: the claim code out, answers in."""
        return self.state / "card" / "hearth.txt"

    @property
    def ssh_keys_file(self) -> Path:
        """The owner's public keys; sshd of the image reads them there, and runs only if they are there."""
        return self.state / "ssh" / "authorized_keys"

    @property
    def fediverse_state(self) -> Path:
        return self.state / "fediverse"

    @property
    def supervisor_socket(self) -> Path:
        return self.runtime / "supervisor" / "command.sock"

    @property
    def admin_socket(self) -> Path:
        """The instance's admin socket, served by the companion."""
        return self.runtime / "fediverse" / "admin.sock"

    @property
    def nudge_socket(self) -> Path:
        """Datagrams after a commit: the companion looks at the outbox at once."""
        return self.runtime / "fediverse" / "nudge.sock"

    @property
    def nursery_socket(self) -> Path:
        """Datagrams of the instance's processes to the one that forked them: ready, alive."""
        return self.runtime / "fediverse" / "nursery.sock"

    @property
    def machine_socket(self) -> Path:
        """The virtual board and its service manager, on a laptop only."""
        return self.runtime / "machine" / "machine.sock"


def from_environment(environment: Mapping[str, str] = os.environ) -> Config:
    """Read HEARTH_*; what is not set is as on a real box. Raises BadInput."""
    state = Path(environment.get("HEARTH_STATE", STATE_ON_A_BOX))
    uid = environment.get("HEARTH_CONSOLE_UID", "")
    if uid and not uid.isdigit():
        raise BadInput("HEARTH_CONSOLE_UID must be a number.")
    url = environment.get("HEARTH_DATABASE_URL", "")
    if url and not url.startswith("postgresql://"):
        raise BadInput("HEARTH_DATABASE_URL must begin with postgresql://.")  # and is not shown: it may hold a password
    heard = environment.get("HEARTH_TIME_HEARD")
    return Config(
        state=state,
        runtime=Path(environment.get("HEARTH_RUNTIME", state / "run")).resolve(),
        virtual=environment.get("HEARTH_VIRTUAL") == "1",
        home=Home.REAL if environment.get("HEARTH_HOME") == "real" else Home.VIRTUAL,
        console_bind=environment.get("HEARTH_CONSOLE_BIND", "fd://3"),
        behind_proxy=environment.get("HEARTH_BEHIND_PROXY") == "1",
        fediverse_bind=environment.get("HEARTH_FEDIVERSE_BIND", "127.0.0.1:8082"),
        streaming_bind=environment.get("HEARTH_STREAMING_BIND", "127.0.0.1:8083"),
        development_origin=environment.get("HEARTH_DEVELOPMENT_ORIGIN") or None,
        console_uid=int(uid) if uid else None,
        panel_url=environment.get("HEARTH_PANEL_URL") or None,
        console_url=environment.get("HEARTH_CONSOLE_URL") or None,
        database_url=Secret(url) if url else None,
        web=front.places(environment),
        authority=front.authority(environment),
        time_heard=Path(heard) if heard else None,
    )
