# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verifiers, and which passwords are too weak."""

import pytest
from argon2 import extract_parameters
from argon2.exceptions import VerifyMismatchError
from hypothesis import given
from hypothesis import strategies as st

from appliance import passwords
from appliance.errors import BadInput
from appliance.passwords import MAX_LENGTH, check_strength, hash_password, make_password, verify
from appliance.secret import Secret

GOOD = "quiet otters paint fences"


def test_a_password_fits_its_verifier_and_no_other():
    verifier = hash_password(Secret(GOOD))
    assert verifier.startswith("$argon2id$")
    assert verify(verifier, Secret(GOOD))
    assert not verify(verifier, Secret(GOOD + " "))


def test_the_same_password_gives_another_verifier_each_time():
    assert hash_password(Secret(GOOD)) != hash_password(Secret(GOOD))


@pytest.mark.parametrize("verifier", [None, "", "nonsense", "$argon2id$v=19$m=1,t=1,p=1$x$y"])
def test_without_a_proper_verifier_nothing_fits(verifier):
    assert not verify(verifier, Secret(GOOD))


def test_the_verifier_of_nobody_takes_as_long_as_a_real_one():
    with pytest.raises(VerifyMismatchError):
        passwords._HASHER.verify(passwords._NOBODY, GOOD)
    assert cost(passwords._NOBODY) == cost(hash_password(Secret(GOOD)))


def cost(verifier):
    """All that decides how long verifying takes; the salt's length does not."""
    found = extract_parameters(verifier)
    return found.type, found.version, found.hash_len, found.time_cost, found.memory_cost, found.parallelism


def test_an_endless_password_is_not_even_tried():
    assert not verify(hash_password(Secret(GOOD)), Secret("x" * (MAX_LENGTH + 1)))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "tiny",
            "aaaaaaaaaaaa",
            "abababababab",
            "abcdefghijkl",
            "1234567890",
            "password123",
            "Passw0rd",
            "x" * 201,
        ),
        *("qwerty1234", "hearth2026!!", "letmein-2024", "98765432101"),
    ],
)
def test_weak_ones_are_refused(text):
    with pytest.raises(BadInput) as caught:
        check_strength(Secret(text))
    assert caught.value.key == "weak-password"
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize("text", ["anna-anna1", "Anna2026!!", "annaanna99"])
def test_ones_made_of_the_own_name_are_refused(text):
    with pytest.raises(BadInput):
        check_strength(Secret(text), about=("anna",))


@pytest.mark.parametrize("text", [GOOD, "k7mpx-3qwhz", "Ελληνικά γράμματα", "密码学很有意思但是不容易"])
def test_good_ones_in_any_script_pass(text):
    check_strength(Secret(text), about=("anna",))


def test_one_that_is_too_long_is_not_asked_to_be_longer():
    with pytest.raises(BadInput, match="Choose a shorter one") as caught:
        check_strength(Secret(GOOD * 20))
    assert "a longer one" not in str(caught.value)


def test_a_long_number_is_called_what_it_is():
    with pytest.raises(BadInput, match="digits only"):
        check_strength(Secret("98765432101"))


@given(st.text(max_size=300))
def test_the_check_knows_yes_and_no_and_nothing_else(text):
    try:
        check_strength(Secret(text))
    except BadInput as error:
        assert error.key in ("weak-password", "bad-input")  # noqa: PT017


def test_made_ones_are_strong_and_different():
    made = {make_password().reveal() for _ in range(50)}
    assert len(made) == 50
    for each in made:
        check_strength(Secret(each))
        assert len(each) == 23
