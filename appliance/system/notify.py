# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a service tells its service manager: sd_notify(3), by systemd-python."""

import os

from systemd import daemon  # type: ignore[attr-defined]


def ready(status: str = "") -> None:
    """The service can be used now. Does nothing where no service manager listens."""
    daemon.notify("READY=1" + (f"\nSTATUS={status}" if status else ""))


def status(text: str) -> None:
    """One line about how it stands."""
    daemon.notify("STATUS=" + " ".join(text.split()))


def stopping() -> None:
    daemon.notify("STOPPING=1")


def alive() -> None:
    """Feed the watchdog; call it only from the loop whose life it proves."""
    daemon.notify("WATCHDOG=1")


def watchdog_interval() -> float | None:
    """Seconds between two calls of `alive` (half of what the manager allows), or None: nobody watches."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 2_000_000 if microseconds.isdigit() and int(microseconds) else None
