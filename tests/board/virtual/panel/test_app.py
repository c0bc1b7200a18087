# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from appliance.board.virtual.box import VirtualBox
from appliance.board.virtual.home_network import HomeNetwork, Nat
from appliance.board.virtual.machine import Machine
from appliance.board.virtual.panel import Links, create_panel
from appliance.system.clock import VirtualClock

HOST = "127.0.0.1:8081"
ORIGIN = f"http://{HOST}"
CARD = "This is the card of a Hearth box.\r\n\r\nCode: ABCD-EFGH\r\n"


class Manager:
    """No services at all."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def states(self) -> tuple[()]:
        return ()

    def logs(self, name: str, lines: int) -> list[str]:
        return []


@pytest.fixture
def box() -> Iterator[VirtualBox]:
    clock = VirtualClock()
    made = VirtualBox(Machine(clock), lambda changed: Manager(), clock)  # type: ignore[arg-type,return-value]
    made.plug_in()
    yield made
    made.pull_plug()


@pytest.fixture
def written() -> list[str]:
    """What was written onto the card."""
    return []


@pytest.fixture
def client(box: VirtualBox, written: list[str]) -> FlaskClient:
    links = Links("http://127.0.0.1:8080/", ORIGIN + "/", "http://127.0.0.1:8082/")
    return create_panel(box, links, VirtualClock(), lambda: CARD, written.append).test_client()


def token(client: FlaskClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/", base_url=ORIGIN).text)
    assert found
    return found[1]


def do(client: FlaskClient, action: str, **fields: str) -> TestResponse:
    form = {"csrf": token(client), **fields}
    return client.post(f"/do/{action}", base_url=ORIGIN, headers={"Origin": ORIGIN}, data=form)


def test_shows_the_box_its_light_in_words_and_its_card(client: FlaskClient) -> None:
    page = client.get("/", base_url=ORIGIN)
    assert page.status_code == 200
    for words in ("The box is starting.", "White, blinking evenly.", "ABCD-EFGH", "http://127.0.0.1:8080/", "42 °C"):
        assert words in page.text
    assert "lamp--starting" in page.text
    assert "style=" not in page.text
    assert not re.search(r"<script(?![^>]*src=)", page.text)
    assert "unsafe" not in page.headers["Content-Security-Policy"]


def test_each_control_reaches_the_machine(client: FlaskClient, box: VirtualBox) -> None:
    assert do(client, "heat", temperature="81").status_code == 303
    assert box.machine.state().sensors.temperature == 81
    do(client, "weaken", weak="yes")
    assert box.machine.state().sensors.undervoltage
    do(client, "weaken", weak="no")
    assert not box.machine.state().sensors.undervoltage
    do(client, "plug-disk", model="Travel disk", gigabytes="500")
    assert [(disk.model, disk.size) for disk in box.machine.state().disks] == [("Travel disk", 500 * 10**9)]
    assert "500 GB" in client.get("/", base_url=ORIGIN).text
    do(client, "pull-disk", name="sda")
    assert not box.machine.state().disks
    do(client, "press")
    assert box.machine.state().held_since is not None
    do(client, "release")
    do(client, "pull")
    assert not box.machine.state().powered
    assert "lamp--off" in client.get("/", base_url=ORIGIN).text
    do(client, "plug")
    assert box.machine.state().powered


@pytest.mark.parametrize("what", ["throttled", "fan_stuck", "worn", "full", "read_only", "errors"])
def test_the_box_suffers_and_gets_well(client: FlaskClient, box: VirtualBox, what: str) -> None:
    well = box.machine.state().ailments
    assert do(client, "suffer", what=what, ill="yes").status_code == 303
    assert getattr(box.machine.state().ailments, what) != getattr(well, what)
    assert f'id="ail-{what}"' in client.get("/", base_url=ORIGIN).text
    do(client, "suffer", what=what, ill="no")
    assert box.machine.state().ailments == well


@pytest.mark.parametrize("what", ["", "plague", "__class__"])
def test_it_suffers_from_nothing_else(client: FlaskClient, box: VirtualBox, what: str) -> None:
    assert do(client, "suffer", what=what, ill="yes").status_code == 422


def test_the_home_can_be_played_with(client: FlaskClient, box: VirtualBox) -> None:
    assert do(client, "home", what="cable", value="no").status_code == 303
    assert not box.machine.state().home.cable
    page = client.get("/", base_url=ORIGIN).text
    assert "The network cable is pulled" in page
    assert client.get("/look", base_url=ORIGIN).json["home"]["spots"][5]["level"] == "red"
    do(client, "home", what="nat", value="carrier")
    do(client, "home-restart")
    assert box.machine.state().home == HomeNetwork(cable=False, nat=Nat.CARRIER, restarts=1)
    do(client, "home-mend")
    assert box.machine.state().home == HomeNetwork(restarts=1)


@pytest.mark.parametrize(("what", "value"), [("", ""), ("cable", "x" * 10_000), ("moat", "yes"), ("__class__", "yes")])
def test_a_home_like_no_other_is_refused(client: FlaskClient, box: VirtualBox, what: str, value: str) -> None:
    assert do(client, "home", what=what, value=value).status_code == 422
    assert box.machine.state().home == HomeNetwork()


def test_the_card_can_be_written_only_while_it_is_out(client: FlaskClient, written: list[str]) -> None:
    assert do(client, "card", text="mine").status_code == 409
    assert "<textarea" not in client.get("/", base_url=ORIGIN).text
    do(client, "pull")
    assert "<textarea" in client.get("/", base_url=ORIGIN).text
    assert do(client, "card", text="mine").status_code == 303
    assert do(client, "card", text="x" * 70_000).status_code in (413, 422)
    assert written == ["mine"]


def test_look_and_stream_tell_the_same(client: FlaskClient) -> None:
    look = client.get("/look", base_url=ORIGIN).json
    assert look["light"] == "starting"
    assert look["code"] == "ABCD-EFGH"
    with client.get("/stream", base_url=ORIGIN) as stream:
        assert stream.mimetype == "text/event-stream"
        first = next(iter(stream.response))
        text = first if isinstance(first, str) else first.decode()
        assert json.loads(text.removeprefix("data: ")) == look


def test_a_rebound_name_gets_nothing(client: FlaskClient) -> None:
    for host in ("evil.example", "evil.example:8081", "127.0.0.1.evil.example:8081", "[::2]:8081"):
        answer = client.get("/", base_url=f"http://{host}")
        assert answer.status_code == 403
        assert "ABCD-EFGH" not in answer.text


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999"])
def test_another_page_cannot_touch_the_box(client: FlaskClient, box: VirtualBox, origin: str) -> None:
    form = {"csrf": token(client)}
    answer = client.post("/do/pull", base_url=ORIGIN, headers={"Origin": origin}, data=form)
    assert answer.status_code == 403
    assert box.machine.state().powered


def test_the_token_is_needed(client: FlaskClient, box: VirtualBox) -> None:
    for form in ({}, {"csrf": "guess"}, {"csrf": "é"}):
        answer = client.post("/do/pull", base_url=ORIGIN, headers={"Origin": ORIGIN}, data=form)
        assert answer.status_code == 403
    assert box.machine.state().powered
    assert client.get("/do/pull", base_url=ORIGIN).status_code == 405


@pytest.mark.parametrize(
    ("action", "fields", "status"),
    [
        ("heat", {"temperature": "nan"}, 422),
        ("heat", {"temperature": "warm"}, 422),
        ("heat", {}, 422),
        ("plug-disk", {"model": "Disk", "gigabytes": "1e400"}, 422),
        ("plug-disk", {"model": "", "gigabytes": "5"}, 422),
        ("pull-disk", {"name": "sdz"}, 404),
        ("hold", {"seconds": "100000"}, 422),
        ("explode", {}, 404),
        ("heat", {"temperature": "x" * 70_000}, 413),
    ],
)
def test_bad_input_gets_a_clear_answer(client: FlaskClient, action: str, fields: dict[str, str], status: int) -> None:
    answer = do(client, action, **fields)
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_a_script_gets_errors_as_data(client: FlaskClient) -> None:
    headers = {"Origin": ORIGIN, "Accept": "application/json"}
    form = {"csrf": token(client), "name": "sdz"}
    answer = client.post("/do/pull-disk", base_url=ORIGIN, headers=headers, data=form)
    assert answer.json["error"]["key"] == "no-such-disk"
