# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lifeline: lets forked workers end with the process that made them, even when it was killed."""

import os
import threading


class Lifeline:
    """A pipe that only the maker keeps open for writing: when it is gone, by whatever means, readers notice.

    On a box systemd ends the whole control group; without it a killed master leaves workers behind that answer
    for a while longer, and hold the port.
    """

    def __init__(self) -> None:
        self._read, self._write = os.pipe2(os.O_CLOEXEC)

    def hold(self) -> None:
        """Called in a forked worker: from now on it ends at once, without tidying up, when the maker is gone."""
        os.close(self._write)
        threading.Thread(target=self._wait, name="lifeline", daemon=True).start()

    def close(self) -> None:
        """Called by the maker, when nobody holds it any more."""
        os.close(self._read)
        os.close(self._write)

    def _wait(self) -> None:
        os.read(self._read, 1)
        os._exit(1)
