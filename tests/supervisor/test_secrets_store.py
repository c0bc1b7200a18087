# SPDX-License-Identifier: AGPL-3.0-or-later
"""Secrets, the claim code and the card."""

import math

import pytest

from appliance.errors import HearthError
from appliance.secret import Secret
from appliance.supervisor import card
from appliance.supervisor.secrets_store import CODE_ALPHABET, CODE_LENGTH, Name, SecretStore, make_code, same_code
from appliance.system.files import SystemFiles


@pytest.fixture
def store(tmp_path):
    return SecretStore(tmp_path / "secrets", SystemFiles())


def test_what_is_put_is_there_again_and_closed_to_others(store, tmp_path):
    store.put(Name.OWNER_VERIFIER, Secret("verifier"))
    assert store.get(Name.OWNER_VERIFIER).reveal() == "verifier"
    assert (tmp_path / "secrets" / "owner-verifier").stat().st_mode & 0o777 == 0o600
    store.drop(Name.OWNER_VERIFIER)
    assert store.get(Name.OWNER_VERIFIER) is None


def test_code_and_session_key_are_made_once(store):
    code = store.prepare()
    key = store.get(Name.CONSOLE_SESSION_KEY)
    assert len(bytes.fromhex(key.reveal())) == 32
    assert store.prepare().reveal() == code.reveal()
    assert store.get(Name.CONSOLE_SESSION_KEY).reveal() == key.reveal()


def test_a_secret_that_can_not_be_read_is_said_without_it(store, tmp_path):
    (tmp_path / "secrets" / "owner-verifier").write_bytes(b"\xff\xfe")
    with pytest.raises(HearthError) as caught:
        store.get(Name.OWNER_VERIFIER)
    assert caught.value.key == "state-unreadable"


def test_the_code_is_strong_enough_and_has_no_look_alikes():
    assert math.log2(len(set(CODE_ALPHABET))) * CODE_LENGTH >= 38
    assert not set("0O1IL") & set(CODE_ALPHABET)
    assert len({make_code().reveal() for _ in range(100)}) == 100


@pytest.mark.parametrize("typed", ["ABCD-EFGH", "abcd efgh", " abcdefgh\r\n", "Abcd--EfgH"])
def test_the_code_may_be_typed_carelessly(typed):
    assert same_code(Secret("ABCD-EFGH"), Secret(typed))


@pytest.mark.parametrize("typed", ["", "ABCD-EFG", "ABCD-EFGHH", "ABCDEFGI", "é"])
def test_wrong_is_wrong(typed):
    assert not same_code(Secret("ABCD-EFGH"), Secret(typed))


def test_the_card_can_be_read_back_and_has_line_ends_for_every_editor():
    text = card.write(Secret("ABCD-EFGH"))
    assert card.read(text).reveal() == "ABCD-EFGH"
    assert card.read(text.replace(b"\r\n", b"\n")).reveal() == "ABCD-EFGH"
    assert text.count(b"\n") == text.count(b"\r\n") > 5


@pytest.mark.parametrize("text", [b"", b"\xff\xfe", b"Code: abcd", b"Code: ABCD-EFGHX"])
def test_a_card_without_a_code(text):
    assert card.read(text) is None
