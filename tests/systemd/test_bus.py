# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may speak to whom on the box's D-Bus: a real one, with the image's own rules."""

import os
import pwd
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from jeepney import message_bus, new_method_return
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from tests.repository import ROOT

RULES = ROOT / "image/overlay/usr/share/dbus-1/system.d/de.pengutronix.rauc.conf"
# As dbus-daemon's own system.conf begins: methods may be called only where a rule allows it.
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <!-- Without a file, which other users would have to be let at. -->
  <listen>unix:abstract={name}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
  </policy>
  <include>{rules}</include>
</busconfig>
"""

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user"),
    pytest.mark.skipif(
        not all(map(shutil.which, ("dbus-daemon", "dbus-send", "setpriv"))), reason="dbus-daemon is not installed"
    ),
]


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "bus.conf").write_text(CONFIG.format(name=f"hearth-test-{uuid.uuid4()}", rules=RULES))
    daemon = subprocess.Popen(
        ["dbus-daemon", f"--config-file={tmp_path / 'bus.conf'}", "--nofork", "--print-address"], stdout=subprocess.PIPE
    )
    assert daemon.stdout is not None
    with daemon, daemon.stdout:
        try:
            yield daemon.stdout.readline().decode().strip()
        finally:
            daemon.terminate()


@pytest.fixture
def updater(bus: str) -> Iterator[DBusConnection]:
    """In the place of RAUC."""
    with open_dbus_connection(bus) as connection:
        assert connection.send_and_get_reply(message_bus.RequestName("de.pengutronix.rauc"), timeout=10).body == (1,)
        yield connection


def mark(bus: str, user: int) -> "subprocess.Popen[str]":
    """Somebody wants another slot to start."""
    somebody = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups")
    asks = ("dbus-send", f"--bus={bus}", "--print-reply", "--reply-timeout=5000", "--dest=de.pengutronix.rauc", "/")
    return subprocess.Popen(
        [*somebody, *asks, "de.pengutronix.rauc.Installer.Mark", "string:active", "string:other"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_root_may_choose_the_slot_that_starts(bus: str, updater: DBusConnection) -> None:
    with mark(bus, 0) as asker:
        asked = updater.receive(timeout=10)
        while asked.body != ("active", "other"):
            asked = updater.receive(timeout=10)
        updater.send(new_method_return(asked))
        assert asker.wait(timeout=10) == 0


def test_nobody_else_may(bus: str, updater: DBusConnection) -> None:
    with mark(bus, pwd.getpwnam("nobody").pw_uid) as asker:
        _, said = asker.communicate(timeout=20)
    assert "AccessDenied" in said
