# SPDX-License-Identifier: AGPL-3.0-or-later
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import BadInput, HearthError
from appliance.gateway.wire import Hello, Refusal, Welcome, pack, parse_answer, parse_hello
from appliance.secret import Secret

HELLO = Hello(1, "alice.example.org", Secret("0" * 64), "run", Secret("code"))


def changed(**values: object) -> bytes:
    return json.dumps(json.loads(pack(HELLO)) | values).encode()


def test_both_ways() -> None:
    assert parse_hello(pack(HELLO)).name == HELLO.name
    welcome = parse_answer(pack(Welcome(3, Secret("a" * 64), Secret("b" * 32))))
    assert (welcome.epoch, welcome.key.reveal()) == (3, "a" * 64)
    with pytest.raises(HearthError, match=r"Another box\. Ask\.") as told:
        parse_answer(pack(Refusal("gateway-replaced", "Another box.", "Ask.")))
    assert told.value.key == "gateway-replaced"


def test_a_gateway_cannot_say_much() -> None:
    with pytest.raises(HearthError) as told:
        parse_answer(pack(Refusal("k" * 1000, "a\x1b[31mb\n" * 1000, "")))
    assert len(str(told.value)) <= 240
    assert str(told.value).isprintable()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        changed(version=2),
        changed(token="0" * 63),
        changed(token="../../etc"),
        changed(name="a"),
        changed(name="../x.y"),
        changed(run="x" * 65),
        changed(code="x" * 65),
        changed(code="\ud800"),
        changed(more=1),
    ],
)
def test_silly_greetings_are_refused(line: bytes) -> None:
    with pytest.raises(BadInput):
        parse_hello(line)


@given(st.binary())
def test_whatever_comes_is_refused_in_words(line: bytes) -> None:
    with pytest.raises(BadInput):
        parse_hello(line)
    with pytest.raises(BadInput):
        parse_answer(line)


def test_key_and_vector_have_their_lengths() -> None:
    with pytest.raises(BadInput):
        parse_answer(pack(Welcome(3, Secret("a" * 62), Secret("b" * 32))))
