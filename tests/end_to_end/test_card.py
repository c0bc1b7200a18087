# SPDX-License-Identifier: AGPL-3.0-or-later
"""The card, taken out and written on: the box sets itself up when it starts again, and nothing secret stays there."""

from collections.abc import Callable

from appliance.secret import Secret
from appliance.status import Status
from appliance.supervisor import card
from appliance.supervisor.card_reader import JOB
from appliance.supervisor.client import SupervisorClient
from tests.end_to_end.box import Box
from tests.end_to_end.panel import Panel
from tests.end_to_end.waiting import eventually

PASSWORD = "seven quiet otters"
WIFI_PASSWORD = "only for friends"
ANSWERS = f"""[wifi]
ssid = "Our home"
password = "{WIFI_PASSWORD}"
country = "DE"
[box]
name = "attic"
[wizard]
username = "anna"
password = "{PASSWORD}"
title = "Our friends"
address = ""
"""


def test_a_box_is_set_up_by_its_card(new_box: Callable[..., Box]) -> None:
    box = new_box("card", "--nameless").start()
    panel = Panel(box)
    supervisor = SupervisorClient(box.runtime / "supervisor" / "command.sock")
    text = panel.look()["card"]
    panel.pull_the_power()
    begin = card.BEGIN + "\n"
    panel.write_card(text.replace(begin, begin + ANSWERS))
    panel.give_power()
    box.wait_until_up()
    eventually("the card is read", lambda: _job(supervisor.status(), JOB) == "done", seconds=60)
    status = supervisor.status()
    assert (status.box.name, status.box.owner, status.box.setup_done) == ("attic", "anna", True)
    supervisor.owner_login("anna", Secret(PASSWORD), "127.0.0.1")
    told = panel.look()["card"]
    assert "> Your answers were removed from the card." in told
    for path in box.state.rglob("*"):
        if path.is_file() and path.suffix != ".sqlite-wal":
            content = path.read_bytes()
            assert PASSWORD.encode() not in content, path
            assert WIFI_PASSWORD.encode() not in content, path


def _job(status: Status, name: str) -> str | None:
    return next((job.state.value for job in status.jobs if job.name == name), None)
