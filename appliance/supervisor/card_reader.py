# SPDX-License-Identifier: AGPL-3.0-or-later
"""The card as a file: the code is written out, answers are taken in, and what was secret there is wiped.

Everything taken can be taken again, so a power cut before the wiping costs nothing: the next start does it over.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from appliance.errors import HearthError, Unavailable
from appliance.secret import Secret
from appliance.setup import WholeInstance, WholeSupervisor, answer_all
from appliance.supervisor import card, preseed
from appliance.supervisor.jobs import Progress
from appliance.supervisor.preseed import Preseed
from appliance.supervisor.ssh_keys import SshKeys
from appliance.system.clock import Clock
from appliance.system.files import SECTOR, Files
from appliance.system.wifi import Wifi

JOB = "Take the answers from the card"
# A slow board makes its database first; whoever wrote on the card does not watch.
PATIENCE = 600.0
_ASK_EVERY = 2.0
_LATE = {"instance": "The server did not start.", "wifi": "What looks after the Wi-Fi did not start."}

log = logging.getLogger(__name__)


class CardFile:
    """hearth.txt. A card that can't be read or written must not keep the box from starting: the button still works."""

    def __init__(self, path: Path, files: Files, code: Secret) -> None:
        self._path = path
        self._files = files
        self._code = code

    def prepare(self) -> str | None:
        """See to it that the code stands there; answers what somebody else wrote, if anything."""
        content = self._read()
        found = card.pending(content)
        if found is None:
            self.write(card.said(content))
        return found

    def write(self, said: tuple[str, ...], answers: str | None = None) -> None:
        content = self._read()
        size = len(content) if 2 * SECTOR <= len(content) <= card.MAX_SIZE else card.SIZE
        fresh = card.write(self._code, said, answers, size)
        if fresh == content:
            return
        try:
            if len(content) == size:
                self._files.overwrite(self._path, card.closed(content))
                self._files.overwrite(self._path, fresh)
            else:
                # Missing, or made useless by somebody's editor: there is nothing to write over.
                self._files.make_folder(self._path.parent, mode=0o700)
                self._files.replace(self._path, fresh)
        except HearthError as error:
            log.error("the card could not be written: %s", error)

    def _read(self) -> bytes:
        try:
            return self._files.read(self._path, limit=card.MAX_SIZE + 1)
        except OSError:
            return b""


class CardReader:
    """Works as a job, beside the loop. `remember_country` and `rename` do their work in the loop."""

    def __init__(
        self,
        file: CardFile,
        clock: Clock,
        *,
        wifi: Wifi,
        keys: SshKeys,
        supervisor: WholeSupervisor,
        instance: WholeInstance,
        code: Callable[[], Secret],
        remember_country: Callable[[str], None],
    ) -> None:
        self._file = file
        self._clock = clock
        self._wifi = wifi
        self._keys = keys
        self._supervisor = supervisor
        self._instance = instance
        self._code = code
        self._remember_country = remember_country

    def take(self, text: str, progress: Progress) -> str:
        """Raises HearthError after having written it onto the card, where the answers stay to be corrected."""
        done: list[str] = []
        try:
            self._take(preseed.parse(text), progress, done)
        except HearthError as error:
            tail = () if isinstance(error, Unavailable) else ("The answers were left as they are: correct them.",)
            self._file.write((*done, str(error), *tail), text)
            raise
        done.append("Your answers were removed from the card.")
        self._file.write(tuple(done))
        return " ".join(done)

    def _take(self, answers: Preseed, progress: Progress, done: list[str]) -> None:
        if answers.wifi is not None:
            progress.say(None, "The Wi-Fi is being set up.")
            wifi = answers.wifi
            self._patiently("wifi", lambda: self._wifi.join(wifi), progress)
            self._remember_country(answers.wifi.country)
            done.append("The Wi-Fi is set up.")
        if answers.box.ssh_key is not None:
            self._keys.add(answers.box.ssh_key)
            done.append("The ssh key is put in.")
        if answers.box.name is not None:
            self._supervisor.settings_set("name", answers.box.name)
            done.append("The box has its name.")
        if (wizard := answers.wizard) is None:
            return
        progress.say(None, "The box waits for its server to start.")
        self._patiently("instance", self._instance.get_all, progress)
        progress.say(None, "The wizard's questions are being answered.")
        password = wizard.password
        assert password is not None  # `parse` has seen to it
        steps = answer_all(self._supervisor, self._instance, wizard, code=self._code, password=lambda: password)
        done.append("The wizard's questions are answered." if steps else "The box was set up already.")

    def _patiently(self, part: str, ask: Callable[[], object], progress: Progress) -> None:
        """Until who is asked is there: the box has only just started, and each part of it in its own time. Raises
        Unavailable instance-late, wifi-late."""
        give_up = self._clock.monotonic() + PATIENCE
        while True:
            progress.stop_if_cancelled()
            try:
                ask()
                return
            except Unavailable:
                if self._clock.monotonic() > give_up:
                    raise Unavailable(
                        f"{part}-late", _LATE[part], "The box tries again when it starts next time."
                    ) from None
            self._clock.sleep(_ASK_EVERY)
