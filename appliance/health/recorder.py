# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeps the box's history in memory and writes it down seldom: cards die of writes, so a power cut may cost an hour."""

import json
import logging
import threading
from collections.abc import Mapping
from pathlib import Path

from appliance.errors import BadInput, HearthError
from appliance.health.history import History, KeptHistory, Series, empty, keep, unpack
from appliance.parse import from_dict, to_dict
from appliance.system.clock import Clock
from appliance.system.files import Files

SAVE_EVERY = 3600.0
_LIMIT = 64 * 1024

log = logging.getLogger(__name__)


class Recorder:
    """Written by the thread that looks around, read by others: what is kept is one value, replaced as a whole."""

    def __init__(self, path: Path, files: Files, clock: Clock) -> None:
        self._path = path
        self._files = files
        self._clock = clock
        self._lock = threading.Lock()
        self._kept = self._load()
        # The time of day is made of the last one known and of what has passed since, until the clock can be trusted.
        self._began = clock.monotonic()
        self._resumed = self._kept.day.end * self._kept.day.seconds
        self._save_at = clock.monotonic() + SAVE_EVERY

    @property
    def history(self) -> History:
        return self._kept

    def note(self, measured: Mapping[Series, float]) -> None:
        with self._lock:
            self._kept = self._kept.note(self._moment(), measured)
        if self._clock.monotonic() >= self._save_at:
            self.save()

    def save(self) -> None:
        """Once an hour, and when the box stops in order. A disk that refuses must stop nothing else."""
        self._save_at = self._clock.monotonic() + SAVE_EVERY
        with self._lock:
            data = json.dumps(to_dict(keep(self._kept))).encode()
        try:
            self._files.replace(self._path, data)
        except HearthError as error:
            log.warning("the record of the box's health could not be written: %s", error)

    def _moment(self) -> float:
        if self._clock.trusted():
            return self._clock.now().timestamp()
        return self._resumed + self._clock.monotonic() - self._began

    def _load(self) -> History:
        try:
            return unpack(from_dict(KeptHistory, json.loads(self._files.read(self._path, limit=_LIMIT))))
        except FileNotFoundError:
            return empty()
        except (OSError, ValueError, RecursionError, BadInput):
            log.warning("the record of the box's health could not be read and starts anew")
            return empty()
