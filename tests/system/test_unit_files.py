# SPDX-License-Identifier: AGPL-3.0-or-later
from pathlib import Path

import pytest

from appliance.errors import HearthError
from appliance.system.unit_files import (
    Restart,
    in_order,
    parse_seconds,
    parse_service,
    parse_socket,
    read_units,
    read_users,
)

MINIMAL = "[Service]\nExecStart=/usr/bin/hearth service x\n"


@pytest.mark.parametrize(
    ("text", "seconds"), [("30", 30), ("5s", 5), ("1min 30s", 90), ("200ms", 0.2), ("2h", 7200), ("0", 0)]
)
def test_understands_times(text: str, seconds: float) -> None:
    assert parse_seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "5 apples", "1min and a bit", "-3"])
def test_refuses_times_it_does_not_understand(text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        parse_seconds(text)


def test_defaults_are_systemds() -> None:
    unit = parse_service("x", MINIMAL)
    assert unit.user == "root"
    assert not unit.notify
    assert unit.restart is Restart.NO
    assert (unit.restart_seconds, unit.start_limit, unit.start_limit_seconds) == (0.1, 5, 10.0)
    assert (unit.start_seconds, unit.stop_seconds, unit.watchdog_seconds) == (90.0, 90.0, None)


def test_lists_gather_and_an_empty_value_forgets() -> None:
    unit = parse_service(
        "x",
        "# a comment\n; another\n[Unit]\nAfter=a.service b.target\nAfter=c.service\n"
        "Requires=lost.service\nRequires=\nRequires=d.service \\\n e.service\n"
        f'{MINIMAL}Environment=A=1 "B=two words"\nEnvironment=C=x=y\n',
    )
    assert unit.after == {"a", "c"}
    assert unit.requires == {"d", "e"}
    assert unit.environment == {"A": "1", "B": "two words", "C": "x=y"}


def test_pauses_grow_to_their_limit_as_systemds_do() -> None:
    unit = parse_service("x", MINIMAL + "RestartSec=1\nRestartSteps=5\nRestartMaxDelaySec=32\n")
    assert [round(unit.pause(count)) for count in (1, 2, 3, 4, 5, 6, 7, 100)] == [1, 2, 4, 8, 16, 32, 32, 32]
    assert parse_service("x", MINIMAL + "RestartSec=3\n").pause(9) == 3


@pytest.mark.parametrize("text", ["[Service]\nUser=x\n", MINIMAL + "RestartSec=soon\n", MINIMAL + "nonsense\n"])
def test_says_which_unit_is_damaged(text: str) -> None:
    with pytest.raises(HearthError, match="hearth-x") as caught:
        parse_service("hearth-x", text)
    assert caught.value.key == "unit-damaged"


def test_puts_those_first_that_others_come_after() -> None:
    units = [
        parse_service(name, f"[Unit]\nAfter={after}\n{MINIMAL}")
        for name, after in (("a", "b.service"), ("b", "c.service"), ("c", "network.target"))
    ]
    assert [unit.name for unit in in_order(units)] == ["c", "b", "a"]


def test_refuses_a_circle() -> None:
    units = [
        parse_service(name, f"[Unit]\nAfter={after}\n{MINIMAL}")
        for name, after in (("a", "b.service"), ("b", "a.service"))
    ]
    with pytest.raises(HearthError, match="wait for one another"):
        in_order(units)


def test_reads_sockets_and_users(tmp_path: Path) -> None:
    socket = parse_socket("x", "[Socket]\nListenStream=127.0.0.1:8081\nBacklog=7\n")
    assert (socket.listen, socket.backlog) == ("127.0.0.1:8081", 7)
    path = tmp_path / "users.conf"
    path.write_text('# comment\nu hearth-a 861 "Some one" / /bin/false\ng group 5\n')
    assert read_users(path) == {"hearth-a": 861}


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(HearthError) as caught:
        read_units(tmp_path)
    assert caught.value.key == "units-missing"
