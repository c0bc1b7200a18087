# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notebook: what a part must not forget over a power cut, one small file. What can't be read was never written."""

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from appliance.errors import HearthError
from appliance.system.files import Files

_MAX = 16 * 1024

log = logging.getLogger(__name__)


class Notebook:
    def __init__(self, path: Path, files: Files) -> None:
        self._path = path
        self._files = files

    def read(self) -> dict[str, str]:
        try:
            found = json.loads(self._files.read(self._path, limit=_MAX))
        except (OSError, ValueError, RecursionError):
            return {}
        return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}

    def write(self, values: Mapping[str, str | int | datetime | None]) -> None:
        """Durably, but a full disk is no reason to stop."""
        plain = {
            key: value.isoformat() if isinstance(value, datetime) else str(value)
            for key, value in values.items()
            if value not in (None, "", 0)
        }
        try:
            self._files.replace(self._path, json.dumps(plain).encode() + b"\n")
        except HearthError as error:
            log.warning("%s could not be written: %s", self._path.name, error)


def moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0
