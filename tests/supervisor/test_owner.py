# SPDX-License-Identifier: AGPL-3.0-or-later
"""The owner's account, over the socket as the console uses it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from appliance.errors import HearthError
from appliance.secret import Secret
from appliance.supervisor import card
from appliance.supervisor.protocol import ClaimState

ANNA, BEN, GUEST = Secret("browser of anna"), Secret("browser of ben"), Secret("browser of a guest")
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


def forgot(box, browser):
    """The recovery opens for this browser."""
    box.client.recovery_wait(browser)
    assert box.press().box.recovery_open


def test_recovery_needs_a_press_and_is_open_for_five_minutes_once(owned):
    assert key_of(owned.client.owner_password, OTHER, recovery=BEN) == "recovery-closed"
    forgot(owned, BEN)
    owned.clock.advance(299)
    owned.client.owner_password(OTHER, recovery=BEN)
    assert not owned.status().box.recovery_open
    assert key_of(owned.client.owner_password, PASSWORD, recovery=BEN) == "recovery-closed"
    forgot(owned, BEN)
    owned.clock.advance(300.5)
    assert not owned.status().box.recovery_open
    assert key_of(owned.client.owner_password, PASSWORD, recovery=BEN) == "recovery-closed"


def test_a_guest_who_is_quick_gets_nothing_of_the_recovery_that_another_opened(owned):
    forgot(owned, BEN)
    assert owned.client.recovery_look(BEN).state is ClaimState.MINE
    assert owned.client.recovery_look(GUEST).state is ClaimState.TAKEN
    assert key_of(owned.client.owner_password, OTHER, recovery=GUEST) == "recovery-closed"
    owned.client.recovery_wait(GUEST)
    assert key_of(owned.client.owner_password, OTHER, recovery=GUEST) == "recovery-closed"
    owned.client.owner_login("anna", PASSWORD, "192.0.2.1")
    owned.client.owner_password(OTHER, recovery=BEN)


def test_looking_is_not_waiting(owned):
    for _ in range(10):
        assert owned.client.recovery_look(GUEST).state is ClaimState.FREE
    assert not owned.press().box.recovery_open


def test_a_press_without_anybody_waiting_opens_nothing(owned):
    assert not owned.press().box.recovery_open
    owned.client.recovery_wait(BEN)
    owned.clock.advance(61)
    assert not owned.press().box.recovery_open


def test_with_two_waiting_a_press_opens_for_neither(owned):
    owned.client.recovery_wait(BEN)
    assert owned.client.recovery_wait(GUEST).state is ClaimState.CONTESTED
    assert not owned.press().box.recovery_open
    assert owned.client.recovery_look(BEN).state is ClaimState.CONTESTED
    for browser in (BEN, GUEST):
        assert key_of(owned.client.owner_password, OTHER, recovery=browser) == "recovery-closed"


def test_a_second_press_while_it_is_open_changes_nothing(owned):
    forgot(owned, BEN)
    owned.press()
    assert owned.client.recovery_look(BEN).state is ClaimState.MINE


def test_a_later_press_gives_the_recovery_to_another_and_takes_it_from_the_first(owned):
    forgot(owned, GUEST)
    forgot(owned, BEN)
    assert owned.client.recovery_look(GUEST).state is ClaimState.TAKEN
    assert key_of(owned.client.owner_password, OTHER, recovery=GUEST) == "recovery-closed"


def test_whoever_waited_to_claim_does_not_wait_to_recover(claimed):
    claimed.client.claim_wait(GUEST)
    claimed.client.owner_set(ANNA, "anna", PASSWORD)
    assert not claimed.press().box.recovery_open
    assert claimed.client.recovery_look(GUEST).state is ClaimState.FREE


def test_a_reset_closes_the_recovery(owned):
    forgot(owned, BEN)
    owned.press(16)
    owned.press()
    status = owned.status()
    assert status.box.owner is None
    assert not status.box.recovery_open
    claimed_again(owned)
    assert key_of(owned.client.owner_password, OTHER, recovery=BEN) == "recovery-closed"


def claimed_again(box):
    box.client.claim_wait(ANNA)
    box.press()
    box.client.owner_set(ANNA, "anna", PASSWORD)


def test_the_claim_of_long_ago_opens_no_recovery(owned):
    assert owned.client.recovery_look(ANNA).state is ClaimState.FREE
    assert key_of(owned.client.owner_password, OTHER, recovery=ANNA) == "recovery-closed"


def test_recovery_works_though_somebody_has_been_guessing(owned):
    for _ in range(6):
        key_of(owned.client.owner_login, "anna", OTHER, "192.0.2.1")
    forgot(owned, BEN)
    owned.client.owner_password(OTHER, recovery=BEN)
    owned.client.owner_login("anna", OTHER, "192.0.2.2")


def test_there_is_no_recovery_before_there_is_an_owner(claimed):
    assert claimed.client.recovery_wait(BEN).state is ClaimState.FREE
    assert not claimed.press().box.recovery_open
    assert key_of(claimed.client.owner_password, OTHER, recovery=BEN) == "no-owner"


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


def test_with_an_owner_the_code_opens_the_recovery_for_who_typed_it_and_claims_nothing(owned):
    code = card.read(owned.config.card_file.read_bytes())
    owned.client.recovery_wait(GUEST)
    assert owned.client.claim_code(BEN, code).state is ClaimState.TAKEN
    assert owned.status().box.recovery_open
    assert owned.client.recovery_look(GUEST).state is ClaimState.TAKEN
    assert key_of(owned.client.owner_password, OTHER, recovery=GUEST) == "recovery-closed"
    owned.client.owner_password(OTHER, recovery=BEN)


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
