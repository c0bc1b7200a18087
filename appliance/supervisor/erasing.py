# SPDX-License-Identifier: AGPL-3.0-or-later
"""Erasing as commands and jobs: decide in the loop, do it beside the loop, and finish in the loop again."""

import dataclasses
import logging
from collections.abc import Callable
from datetime import datetime

from appliance.errors import BadInput, HearthError
from appliance.settings import Erased, Settings
from appliance.supervisor.core import Core
from appliance.supervisor.erase import Eraser, after_erase, after_undo, decide
from appliance.supervisor.jobs import Progress
from appliance.supervisor.loop import Loop
from appliance.supervisor.protocol import Erase
from appliance.supervisor.secrets_store import SecretStore
from appliance.system.clock import Clock

log = logging.getLogger(__name__)


class Erasing:
    def __init__(
        self,
        loop: Loop,
        core: Core,
        eraser: Eraser,
        secrets: SecretStore,
        clock: Clock,
        forget_keys: Callable[[], None],
        forget_name: Callable[[], None],
    ) -> None:
        """`forget_keys`: whoever comes after the erasing must not be visited by ssh. `forget_name` has the web server
        forget name and certificates, which takes its time."""
        self._loop = loop
        self._core = core
        self._eraser = eraser
        self._secrets = secrets
        self._clock = clock
        self._forget_keys = forget_keys
        self._forget_name = forget_name
        self._busy = False
        self._deleting: set[str] = set()

    # In the loop:

    def erase(self, asked: Erase) -> dict[str, str]:
        """Raises BadInput wrong-sentence, erasing."""
        sentence = f"erase {self._core.settings.box_name}"
        if " ".join(asked.sentence.split()) != sentence:
            raise BadInput(
                "The sentence is not the right one, so nothing was erased.",
                f"Type exactly: {sentence}",
                key="wrong-sentence",
            )
        self._begin()
        try:
            erased = decide(self._clock.now(), self._core.settings.erased)
            self._core.change(erased=(*self._core.settings.erased, erased))
        except HearthError:
            self._busy = False
            raise
        return {"job": self._start(erased)}

    def resume(self) -> None:
        """After a restart: make good what a power cut interrupted."""
        for erased in self._core.settings.erased:
            if not erased.moved and not self._busy:
                self._busy = True
                self._start(erased)

    def tick(self) -> None:
        """Delete what has been kept for long enough; while the clock can't be trusted nothing is old enough."""
        if not self._clock.trusted() or self._busy:
            return
        now = self._clock.now()
        for erased in self._core.settings.erased:
            due = erased.moved and now >= datetime.fromisoformat(erased.until)
            if due and erased.folder not in self._deleting:
                self._deleting.add(erased.folder)
                self._start_deleting(erased.folder)

    def _start_deleting(self, folder: str) -> None:
        self._core.jobs.start("Delete erased data", lambda progress: self._delete(folder, progress))

    def _begin(self) -> None:
        if self._busy:
            raise BadInput("The box is erasing already.", "Wait until it is done.", key="erasing")
        self._busy = True

    def _start(self, erased: Erased) -> str:
        settings = self._core.settings
        return self._core.jobs.start("Erase everything", lambda progress: self._erase(erased, settings, progress))

    def _finish_erase(self, erased: Erased) -> None:
        self._core.close_recovery()
        self._forget_keys()
        self._secrets.give_owner({})
        self._core.replace(after_erase(self._core.settings, erased))
        log.warning("everything was put aside as %s", erased.folder)

    def _begin_undo(self) -> tuple[Erased, Erased, Settings]:
        """What to bring back, what is put aside instead, and the settings now."""
        self._begin()
        try:
            settings = self._core.settings
            kept = [each for each in settings.erased if each.moved and each.folder not in self._deleting]
            if not kept:
                raise BadInput(
                    "There is nothing to bring back.", "Erased data is kept for seven days.", key="no-erased"
                )
            instead = decide(self._clock.now(), settings.erased)
            # In front: should the power fail now, the next undo still brings back the right one.
            self._core.change(erased=(instead, *settings.erased))
        except HearthError:
            self._busy = False
            raise
        return kept[-1], instead, settings

    # Beside the loop:

    def undo(self) -> dict[str, str]:
        """Exchange the data for what was erased last. Raises BadInput no-erased, erasing."""
        erased, instead, settings = self._loop.ask(self._begin_undo)
        try:
            with self._eraser.stopped():
                self._eraser.put_aside(instead.folder, settings)
                before = self._eraser.bring_back(erased.folder).settings
                self._loop.ask(lambda: self._core.replace(after_undo(self._core.settings, before, erased.folder)))
        except HearthError:
            self._take_back(instead.folder)
            raise
        finally:
            self._loop.tell(self._free)
        self._delete_folder(erased.folder)
        return {}

    def _erase(self, erased: Erased, settings: Settings, progress: Progress) -> str:
        try:
            progress.say(0.1, "The instance is being stopped.")
            with self._eraser.stopped():
                self._eraser.put_aside(erased.folder, settings)
                self._try_to_forget_name()
                self._loop.ask(lambda: self._finish_erase(erased))
        except HearthError:
            self._take_back(erased.folder)
            raise
        finally:
            self._loop.tell(self._free)
        return "Everything was put aside; it is deleted in seven days."

    def _try_to_forget_name(self) -> None:
        try:
            self._forget_name()
        except HearthError as error:
            # The files are gone first, so that it is gone at the web server's next start at the latest.
            log.warning("the web server could not be told to forget the name: %s", error)

    def _take_back(self, folder: str) -> None:
        """What failed before anything was moved must not happen unasked at the next start."""
        if not self._eraser.has_moved(folder):
            self._loop.ask(lambda: self._forget(folder))
            self._delete_folder(folder)

    def _delete(self, folder: str, progress: Progress) -> str:
        self._eraser.delete(folder, lambda: progress.before_much_writing("The erased data is being deleted."))
        self._loop.ask(lambda: self._forget(folder))
        return "The erased data is gone."

    def _delete_folder(self, folder: str) -> None:
        """What is left of a folder whose data was brought back."""
        try:
            self._eraser.delete(folder)
        except HearthError as error:
            log.warning("%s is left over: %s", folder, error)

    def _forget(self, folder: str) -> None:
        rest = tuple(each for each in self._core.settings.erased if each.folder != folder)
        self._core.replace(dataclasses.replace(self._core.settings, erased=rest))

    def _free(self) -> None:
        self._busy = False
