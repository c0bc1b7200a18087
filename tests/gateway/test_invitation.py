# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import BadInput
from appliance.gateway.invitation import Invitation, make_code, parse


def made(port: int = 443) -> Invitation:
    return Invitation("gw.example.org", port, "alice.gw.example.org", bytes(range(32)), make_code(bytes(range(16))))


@pytest.mark.parametrize("port", [443, 8443])
def test_what_is_written_is_read(port: int) -> None:
    text = made(port).text().reveal()
    read = parse(f"  {text[:50]}\n {text[50:]}\n")
    assert (read.gateway, read.port, read.name, read.fingerprint) == (
        "gw.example.org", port, "alice.gw.example.org", bytes(range(32)),
    )  # fmt: skip
    assert read.code.reveal() == made().code.reveal()


def test_it_does_not_print_its_secret() -> None:
    assert made().code.reveal() not in repr(made()) + str(made().text())


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: text[1:],
        lambda text: text[:-1],
        lambda text: text + "A",
        lambda text: text.replace("gw.example.org", "gw", 1),
        lambda text: text.replace("gw.example.org/", "gw.example.org:0/", 1),
        lambda text: text.replace("gw.example.org/", "gw.example.org:70000/", 1),
        lambda text: text.replace("alice", "al ice/"),
        lambda text: text * 20,
    ],
)
def test_what_is_none_is_refused(change) -> None:
    with pytest.raises(BadInput, match="no invitation"):
        parse(change(made().text().reveal()))


@given(st.text())
def test_whatever_is_pasted_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadInput):
        parse(f"hearth-gateway:{text}")
