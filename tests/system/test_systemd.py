# SPDX-License-Identifier: AGPL-3.0-or-later
"""systemd over a real D-Bus daemon, with its manager played here."""

import contextlib
import socket
import threading
from pathlib import Path

import pytest
from jeepney import HeaderFields, new_error, new_method_return, new_signal
from jeepney.wrappers import DBusAddress

from appliance.errors import HearthError, Unavailable
from appliance.system.bus import SystemBus
from appliance.system.systemd import ServiceUnit, Systemd
from tests.system.played_service import PlayedService, bus, needs_a_bus

__all__ = ["bus"]  # a fixture

NAME = "org.freedesktop.systemd1"
MANAGER = DBusAddress("/org/freedesktop/systemd1", NAME, f"{NAME}.Manager")
JOB = "/org/freedesktop/systemd1/job/7"
UNIT = "/org/freedesktop/systemd1/unit/hearth"
PROPERTIES = {"MainPID": ("u", 17), "NRestarts": ("u", 3), "StatusText": ("s", "It serves.")}


class Manager:
    """Answers as systemd does; `result` is how its jobs end."""

    def __init__(self, bus: Path) -> None:
        self.called: list[tuple[object, ...]] = []
        self.result = "done"
        self.failed = True
        # Looked up at each call, as a test puts another answer in its place.
        self._service = PlayedService(bus, NAME, lambda message: self._answer(message))

    def close(self) -> None:
        self._service.close()

    def _answer(self, message) -> None:
        member, send = message.header.fields[HeaderFields.member], self._service.send
        self.called.append((member, *message.body))
        if member == "ListUnitsByNames":
            rows = [
                (message.body[0][0], "", "loaded", "active", "running", "", UNIT, 0, "", "/"),
                ("hearth-none.service", "", "not-found", "inactive", "dead", "", UNIT, 0, "", "/"),
            ]
            send(new_method_return(message, "a(ssssssouso)", (rows,)))
        elif member == "Get":
            send(new_method_return(message, "v", (PROPERTIES[message.body[1]],)))
        elif member in ("StartUnit", "StopUnit", "RestartUnit"):
            send(new_signal(MANAGER, "JobRemoved", "uoss", (6, "/other", "other.service", "failed")))
            # Before the answer: a quick job ends before its caller hears of it.
            send(new_signal(MANAGER, "JobRemoved", "uoss", (7, JOB, message.body[0], self.result)))
            send(new_method_return(message, "o", (JOB,)))
        elif member == "ResetFailedUnit" and not self.failed:
            send(new_error(message, f"{NAME}.NoSuchUnit", "s", ("Unit is not loaded.",)))
        elif member == "Silent":
            return
        else:
            send(new_method_return(message))


@pytest.fixture
def manager(bus):
    manager = Manager(bus)
    yield manager
    manager.close()


@pytest.fixture
def systemd(bus, manager):
    return Systemd(SystemBus(str(bus)))


@needs_a_bus
def test_services_that_are_there_are_told_of(systemd):
    (found,) = systemd.services(["hearth-fediverse.service"])
    assert found == ServiceUnit("hearth-fediverse.service", "active", 17, 3, "It serves.")


@needs_a_bus
@pytest.mark.parametrize(("verb", "member"), [("start", "StartUnit"), ("stop", "StopUnit"), ("restart", "RestartUnit")])
def test_a_job_is_waited_for(systemd, manager, verb, member):
    getattr(systemd, verb)("hearth-console.service", 10.0)
    assert (member, "hearth-console.service", "replace") in manager.called


@needs_a_bus
@pytest.mark.parametrize("failed", [True, False])
def test_a_service_that_was_given_up_is_started_again(systemd, manager, failed):
    manager.failed = failed
    systemd.restart("hearth-console.service", 10.0)
    members = [member for member, *_ in manager.called]
    assert members.index("ResetFailedUnit") < members.index("RestartUnit")


@needs_a_bus
@pytest.mark.parametrize("result", ["failed", "timeout", "dependency", "canceled"])
def test_a_job_that_ends_badly_is_told_in_words(systemd, manager, result):
    manager.result = result
    with pytest.raises(HearthError) as error:
        systemd.start("hearth-console.service", 10.0)
    assert error.value.key == "service-failed"
    assert result in error.value.sentence


@needs_a_bus
def test_what_systemd_refuses_is_told_in_its_words(bus, manager):
    manager.failed = False
    with SystemBus(str(bus)).connect() as connection, pytest.raises(HearthError, match="Unit is not loaded"):
        connection.call(MANAGER, "ResetFailedUnit", "s", "x.service")


@needs_a_bus
def test_a_job_that_never_ends_is_not_waited_for_for_ever(systemd, manager, monkeypatch):
    monkeypatch.setattr(f"{__name__}.JOB", "/never")
    manager.result = "done"
    monkeypatch.setattr(manager, "_answer", _forget_jobs(manager))
    with pytest.raises(Unavailable):
        systemd.start("hearth-console.service", 0.2)


def _forget_jobs(manager):
    def answer(message):
        signature = "o" if message.header.fields[HeaderFields.member] == "StartUnit" else None
        manager._service.send(new_method_return(message, signature, (JOB,) if signature else ()))

    return answer


@needs_a_bus
def test_on_a_bus_without_systemd_trying_again_later_is_right(bus):
    """So is who has not started yet told from who refuses."""
    with pytest.raises(Unavailable, match="The system does not answer"):
        Systemd(SystemBus(str(bus))).services(["hearth-console.service"])


def test_no_bus_at_all_is_a_plain_error(tmp_path):
    with pytest.raises(Unavailable) as error:
        Systemd(SystemBus(str(tmp_path / "none"))).services([])
    assert error.value.key == "bus-away"


def test_a_bus_that_says_nothing_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr("appliance.system.bus.TIMEOUT", 0.2)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "bus"))
        server.listen()

        def greet():
            client, _ = server.accept()
            with client, contextlib.suppress(OSError):  # it may be gone by then: it waits for a moment only
                while b"BEGIN" not in (said := client.recv(1024)) and said:
                    client.sendall(b"OK 1234\r\n" if b"AUTH" in said else b"DATA\r\n")
                client.recv(1024)
                client.recv(1024)

        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises(Unavailable):
            Systemd(SystemBus(str(tmp_path / "bus"))).services([])
        thread.join(timeout=10)
