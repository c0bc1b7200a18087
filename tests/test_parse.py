# SPDX-License-Identifier: AGPL-3.0-or-later
"""The edge: what gets in, and what does not."""

import json
from dataclasses import dataclass, field
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import BadInput
from appliance.parse import from_dict, to_dict
from appliance.secret import Secret


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Inner:
    number: int


@dataclass(frozen=True)
class Outer:
    text: str
    secret: Secret | None = None
    ratio: float = 0.0
    yes: bool = False
    colour: Colour = Colour.RED
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    named: dict[str, int] = field(default_factory=dict)
    either: int | str = 0


def test_everything_there_and_back():
    data = {
        "text": "x",
        "secret": "s",
        "ratio": 0.5,
        "yes": True,
        "colour": "blue",
        "inner": {"number": 1},
        "many": [{"number": 2}, {"number": 3}],
        "named": {"a": 1},
        "either": "text",
    }
    outer = from_dict(Outer, data)
    assert outer.inner == Inner(1)
    assert outer.colour is Colour.BLUE
    assert isinstance(outer.secret, Secret)
    assert to_dict(outer) == data


def test_an_int_will_do_for_a_float_and_nothing_else_is_converted():
    assert from_dict(Outer, {"text": "", "ratio": 1}).ratio == 1.0


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (None, "Outer"),
        ([], "Outer"),
        ({}, "text"),
        ({"text": 5}, "text"),
        ({"text": None}, "text"),
        ({"text": "", "unknown": 1}, "unknown"),
        ({"text": "", 5: 1}, "5"),
        ({"text": "", "secret": 5}, "secret"),
        ({"text": "", "ratio": True}, "ratio"),
        ({"text": "", "ratio": "1"}, "ratio"),
        ({"text": "", "yes": 1}, "yes"),
        ({"text": "", "colour": "green"}, "colour"),
        ({"text": "", "colour": []}, "colour"),
        ({"text": "", "inner": {"number": True}}, "inner.number"),
        ({"text": "", "inner": {"number": 1.0}}, "inner.number"),
        ({"text": "", "many": {"number": 1}}, "many"),
        ({"text": "", "many": [{"number": 1}, {}]}, "many[1].number"),
        ({"text": "", "named": {"a": "b"}}, "named.a"),
        ({"text": "", "either": []}, "either"),
        ({"text": "\ud800"}, "text"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_place(data, where):
    with pytest.raises(BadInput) as caught:
        from_dict(Outer, data)
    assert where in caught.value.sentence


def test_an_error_does_not_repeat_what_was_sent():
    with pytest.raises(BadInput) as caught:
        from_dict(Outer, {"text": "", "secret": ["very secret"]})
    assert "very secret" not in str(caught.value)


json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_data)
def test_whatever_comes_is_refused_in_plain_words_or_understood(data):
    try:
        outer = from_dict(Outer, data)
    except BadInput:
        return
    assert from_dict(Outer, json.loads(json.dumps(to_dict(outer)))) == outer or outer.secret is not None
