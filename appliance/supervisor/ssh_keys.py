# SPDX-License-Identifier: AGPL-3.0-or-later
"""The owner's ssh keys: one file that sshd of the image reads (AuthorizedKeysFile). Without a key there is no file,
and without the file no ssh server."""

import logging
import threading
from pathlib import Path

from appliance.errors import BadInput
from appliance.ssh_key import SshKey, parse_key
from appliance.system.files import Files
from appliance.system.ssh import Ssh

MAX_KEYS = 10
_LIMIT = 64 * 1024

log = logging.getLogger(__name__)


class SshKeys:
    """Asked by threads beside the loop, as switching a service takes its time."""

    def __init__(self, path: Path, files: Files, ssh: Ssh) -> None:
        self._path = path
        self._files = files
        self._ssh = ssh
        self._lock = threading.Lock()

    def all(self) -> tuple[SshKey, ...]:
        """Those in the file that we would accept; what somebody else wrote there is none of them."""
        try:
            lines = self._files.read(self._path, limit=_LIMIT).decode(errors="replace").splitlines()
        except FileNotFoundError:
            return ()
        return tuple(key for line in lines if (key := _key(line)) is not None)

    def add(self, text: str) -> SshKey:
        """Raises BadInput bad-ssh-key, too-many-keys; HearthError disk-full, disk-refused."""
        key = parse_key(text)
        with self._lock:
            others = tuple(each for each in self.all() if each.data != key.data)
            if len(others) >= MAX_KEYS:
                raise BadInput("There are ten keys already.", "Remove one that is not used.", key="too-many-keys")
            self._put((*others, key))
        return key

    def remove(self, fingerprint: str) -> None:
        """Raises BadInput no-such-key."""
        with self._lock:
            keys = self.all()
            rest = tuple(each for each in keys if each.fingerprint != fingerprint)
            if len(rest) == len(keys):
                raise BadInput("This key is not there any more.", "Look at the list of keys.", key="no-such-key")
            self._put(rest)

    def clear(self) -> None:
        """Nobody who came before may come back by ssh."""
        with self._lock:
            try:
                if self._path.exists():
                    self._put(())
            except OSError as error:
                log.error("the ssh keys could not be removed: %s", error.strerror)

    def _put(self, keys: tuple[SshKey, ...]) -> None:
        if keys:
            self._files.make_folder(self._path.parent, mode=0o755)
            self._files.replace(self._path, "".join(f"{key.line()}\n" for key in keys).encode(), mode=0o600)
        else:
            self._files.remove(self._path)
        self._ssh.turn(on=bool(keys))


def _key(line: str) -> SshKey | None:
    try:
        return parse_key(line)
    except BadInput:
        return None
