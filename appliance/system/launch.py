# SPDX-License-Identifier: AGPL-3.0-or-later
"""How a unit written for the box is started on this machine: as which user, from where, with which environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import HearthError
from appliance.system.files import Files
from appliance.system.unit_files import ServiceUnit

HEARTH = "/usr/bin/hearth"
STATE = Path("/var/lib/hearth")
RUNTIME = Path("/run/hearth")


@dataclass(frozen=True)
class Launch:
    """`hearth` replaces /usr/bin/hearth. `users` maps the units' users to numbers; empty: all run as we do.

    `environment` is added to each unit's own and wins over it.
    """

    hearth: tuple[str, ...]
    state: Path
    runtime: Path
    users: Mapping[str, int]
    environment: Mapping[str, str]

    def argv(self, unit: ServiceUnit) -> list[str]:
        """The command line. setpriv(1) ties the child's life to ours, as a box's processes end with its power."""
        command = (*self.hearth, *unit.command[1:]) if unit.command[0] == HEARTH else unit.command
        argv = ["setpriv", "--pdeathsig", "KILL", "--no-new-privs"]
        user = self.users.get(unit.user)
        if user:
            argv += ["--reuid", str(user), "--regid", str(user), "--clear-groups", "--inh-caps=-all"]
        return [*argv, "--", *command]

    def child_environment(self, unit: ServiceUnit, notify: Path) -> dict[str, str]:
        environment = {
            "PYTHONUNBUFFERED": "1",
            **unit.environment,
            **self.environment,
            "HEARTH_STATE": str(self.state),
            "HEARTH_RUNTIME": str(self.runtime),
        }
        if unit.notify:
            environment["NOTIFY_SOCKET"] = str(notify)
        if unit.watchdog_seconds:
            environment["WATCHDOG_USEC"] = str(int(unit.watchdog_seconds * 1_000_000))
        if unit.credentials:
            environment["CREDENTIALS_DIRECTORY"] = str(self._credentials(unit))
        return environment

    def hand_over_credentials(self, unit: ServiceUnit, files: Files) -> None:
        """Copy what LoadCredential= names to where only the service reads it. Raises HearthError credential-missing."""
        if not unit.credentials:
            return
        folder, user = self._credentials(unit), self.users.get(unit.user, -1)
        files.make_folder(folder.parent, mode=0o711)
        files.make_folder(folder, mode=0o700)
        for name, source in unit.credentials:
            try:
                content = files.read(self.here(source))
            except OSError:
                raise HearthError("credential-missing", f"There is no {source} yet.", status=503) from None
            files.replace(folder / name, content, mode=0o400)
            files.give(folder / name, user=user, group=user)
        files.give(folder, user=user, group=user)

    def here(self, path: Path) -> Path:
        """A path of the box as it is on this machine."""
        for there, ours in ((STATE, self.state), (RUNTIME, self.runtime)):
            if path.is_relative_to(there):
                return ours / path.relative_to(there)
        return path

    def _credentials(self, unit: ServiceUnit) -> Path:
        return self.runtime / "credentials" / unit.name
