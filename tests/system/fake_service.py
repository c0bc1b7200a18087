# SPDX-License-Identifier: AGPL-3.0-or-later
"""A service for tests of the service manager: behaves, or misbehaves, as its second argument says."""

import os
import signal
import socket
import subprocess
import sys
import time

from systemd import daemon


def main(name: str) -> None:
    how, _, rest = name.partition("-")
    folder = os.environ["HEARTH_STATE"]
    with open(f"{folder}/{name}.starts", "a") as file:
        file.write(f"{os.getpid()}\n")
    getattr(sys.modules[__name__], how)(folder, rest)


def _sleep() -> None:
    while True:
        time.sleep(60)


def good(folder: str, rest: str) -> None:
    """Ready at once, ends on SIGTERM, tells when it did."""

    def end(*_: object) -> None:
        with open(f"{folder}/stopped", "a") as file:
            file.write(f"good-{rest}\n")
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    print("hello from", rest, flush=True)
    print(
        "environment", sorted(key for key in os.environ if key != "LC_CTYPE"), os.getuid(), os.getgroups(), flush=True
    )
    if "CREDENTIALS_DIRECTORY" in os.environ:
        with open(os.environ["CREDENTIALS_DIRECTORY"] + "/key") as file:
            print("credential", file.read(), flush=True)
    daemon.notify("READY=1\nSTATUS=as good as can be")
    while True:
        daemon.notify("WATCHDOG=1")
        time.sleep(0.05)


def late(folder: str, rest: str) -> None:
    """Never ready."""
    _sleep()


def deaf(folder: str, rest: str) -> None:
    """Does not end on SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    daemon.notify("READY=1")
    _sleep()


def hung(folder: str, rest: str) -> None:
    """Ready, then no sign of life."""
    daemon.notify("READY=1")
    _sleep()


def broken(folder: str, rest: str) -> None:
    print("I can't", flush=True)
    sys.exit(3)


def family(folder: str, rest: str) -> None:
    """Has a child of its own, and says so."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open(f"{folder}/grandchild", "w") as file:
        file.write(str(child.pid))
    daemon.notify("READY=1")
    _sleep()


def impostor(folder: str, rest: str) -> None:
    """Is not ready, but a process outside its session says it is."""
    subprocess.run(
        [sys.executable, "-c", "from systemd import daemon; daemon.notify('READY=1')"], start_new_session=True
    )
    with open(f"{folder}/lied", "w"):
        pass
    _sleep()


def called(folder: str, rest: str) -> None:
    """Answers three connections on the socket it was handed, then goes away."""
    number = int(os.environ[f"HEARTH_CALLED-{rest.upper()}_BIND"].removeprefix("fd://"))
    listener = socket.socket(fileno=number)
    listener.setblocking(True)
    daemon.notify("READY=1")
    for _ in range(3):
        connection, _ = listener.accept()
        connection.sendall(f"{os.getpid()}".encode())
        connection.close()


main(sys.argv[2])
