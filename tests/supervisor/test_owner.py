# SPDX-License-Identifier: AGPL-3.0-or-later
"""The owner's account, over the socket as the console uses it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from appliance.errors import HearthError
from appliance.secret import Secret
from appliance.supervisor import card
from appliance.supervisor.protocol import ClaimState

ANNA, BEN = Secret("browser of anna"), Secret("browser of ben")
PASSWORD, OTHER = Secret("quiet otters paint fences"), Secret("seven lamps in a harbour")


def key_of(call, *arguments, **named):
    with pytest.raises(HearthError) as caught:
        call(*arguments, **named)
    return caught.value.key


@pytest.fixture
def claimed(box):
    box.client.claim_wait(ANNA)
    box.press()
    return box


@pytest.fixture
def owned(claimed):
    claimed.client.owner_set(ANNA, "anna", PASSWORD)
    return claimed


def test_the_browser_that_claimed_becomes_the_owner_and_can_log_in(claimed):
    epoch = claimed.client.owner_set(ANNA, "anna", PASSWORD)
    assert claimed.client.owner_login("Anna", PASSWORD, "192.0.2.1") == epoch
    assert claimed.status().box.owner == "anna"


def test_another_browser_can_not_set_the_owner(claimed):
    assert key_of(claimed.client.owner_set, BEN, "ben", PASSWORD) == "not-yours"
    assert claimed.status().box.owner is None


def test_without_a_claim_nobody_can(box):
    assert key_of(box.client.owner_set, ANNA, "anna", PASSWORD) == "not-yours"


def test_the_same_answer_twice_is_one_answer(owned):
    assert owned.client.owner_set(ANNA, "anna", PASSWORD) == owned.status().box.epoch


@pytest.mark.parametrize(("name", "password"), [("anna", OTHER), ("else", PASSWORD)])
def test_a_second_owner_is_refused_even_from_the_right_browser(owned, name, password):
    assert key_of(owned.client.owner_set, ANNA, name, password) == "owner-exists"
    owned.client.owner_login("anna", PASSWORD, "192.0.2.1")


@pytest.mark.parametrize("name", ["", "an na", "änna", "a" * 31, "../etc", "anna\n"])
def test_a_bad_user_name_is_refused(claimed, name):
    assert key_of(claimed.client.owner_set, ANNA, name, PASSWORD) == "bad-username"


def test_a_weak_password_is_refused(claimed):
    assert key_of(claimed.client.owner_set, ANNA, "anna", Secret("short")) == "weak-password"


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(owned):
    assert key_of(owned.client.owner_login, "anna", OTHER, "192.0.2.1") == "wrong-password"
    assert key_of(owned.client.owner_login, "nobody", PASSWORD, "192.0.2.1") == "wrong-password"


def test_guessing_is_slowed_down_by_account_and_by_address(owned):
    login = owned.client.owner_login
    for number in range(5):
        assert key_of(login, "anna", OTHER, f"192.0.2.{number}") == "wrong-password"
    assert key_of(login, "anna", PASSWORD, "192.0.2.99") == "too-many-tries"
    owned.clock.advance(11)
    login("anna", PASSWORD, "192.0.2.99")
    for number in range(5):
        assert key_of(login, f"name{number}", OTHER, "192.0.2.7") == "wrong-password"
    assert key_of(login, "anna", PASSWORD, "192.0.2.7") == "too-many-tries"


def test_many_names_and_addresses_can_not_push_the_account_out_of_memory(owned):
    for number in range(5):
        assert key_of(owned.client.owner_login, f"name{number}", OTHER, f"192.0.2.{number}") == "wrong-password"
    assert key_of(owned.client.owner_login, "anna", OTHER, "192.0.2.99") == "too-many-tries"


def test_many_guesses_at_once_gain_nothing(owned):
    with ThreadPoolExecutor(12) as pool:
        keys = list(pool.map(lambda _: key_of(owned.client.owner_login, "anna", OTHER, "192.0.2.1"), range(12)))
    assert keys.count("wrong-password") == 5
    assert keys.count("too-many-tries") == 7


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(owned):
    before = owned.status().box.epoch
    assert key_of(owned.client.owner_password, OTHER, old=Secret("wrong and long enough")) == "wrong-password"
    assert key_of(owned.client.owner_password, OTHER) == "wrong-password"
    assert owned.client.owner_password(OTHER, old=PASSWORD) == before + 1
    owned.client.owner_login("anna", OTHER, "192.0.2.1")


def test_recovery_needs_a_press_and_is_open_for_five_minutes_once(owned):
    assert key_of(owned.client.owner_password, OTHER, recovery=True) == "recovery-closed"
    assert owned.press().box.recovery_open
    owned.clock.advance(299)
    owned.client.owner_password(OTHER, recovery=True)
    assert not owned.status().box.recovery_open
    assert key_of(owned.client.owner_password, PASSWORD, recovery=True) == "recovery-closed"
    owned.press()
    owned.clock.advance(300.5)
    assert key_of(owned.client.owner_password, PASSWORD, recovery=True) == "recovery-closed"


def test_recovery_works_though_somebody_has_been_guessing(owned):
    for _ in range(6):
        key_of(owned.client.owner_login, "anna", OTHER, "192.0.2.1")
    owned.press()
    owned.client.owner_password(OTHER, recovery=True)
    owned.client.owner_login("anna", OTHER, "192.0.2.2")


def test_there_is_no_recovery_before_there_is_an_owner(claimed):
    claimed.press()
    assert not claimed.status().box.recovery_open
    assert key_of(claimed.client.owner_password, OTHER, recovery=True) == "no-owner"


def test_the_code_on_the_card_claims(box):
    code = card.read(box.config.card_file.read_bytes())
    assert box.client.claim_code(ANNA, Secret(code.reveal().lower().replace("-", " "))).state is ClaimState.MINE
    assert box.client.claim_look(BEN).state is ClaimState.TAKEN


def test_wrong_codes_are_counted_for_everybody_together(box):
    code = card.read(box.config.card_file.read_bytes())
    for number in range(5):
        assert key_of(box.client.claim_code, Secret(f"browser {number}"), Secret("AAAA-AAAA")) == "wrong-code"
    assert key_of(box.client.claim_code, ANNA, code) == "too-many-tries"
    box.clock.advance(301)
    assert box.client.claim_code(ANNA, code).state is ClaimState.MINE


@pytest.mark.parametrize("code", ["", "é" * 8, "\ud800", "A" * 5000])
def test_odd_codes_are_simply_wrong(box, code):
    assert key_of(box.client.claim_code, ANNA, Secret(code)) in ("wrong-code", "bad-input")
    assert box.client.claim_look(ANNA).state is ClaimState.FREE


def test_with_an_owner_the_code_opens_the_recovery_and_claims_nothing(owned):
    code = card.read(owned.config.card_file.read_bytes())
    assert owned.client.claim_code(BEN, code).state is ClaimState.TAKEN
    assert owned.status().box.recovery_open


def test_the_login_survives_a_restart(owned):
    owned.restart()
    owned.client.owner_login("anna", PASSWORD, "192.0.2.1")


def test_secrets_lie_apart_and_closed(owned):
    folder = owned.config.secrets
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in folder.iterdir()} == {"owner-verifier", "claim-code", "console-session-key"}
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
    settings = owned.config.settings_file.read_text()
    assert "argon2" not in settings
    assert "browser of anna" not in settings
