# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may call the box theirs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.secret import Secret
from appliance.supervisor import claim
from appliance.supervisor.protocol import ClaimState

ANNA, BEN = "a" * 64, "b" * 64


def look(waiting, browser, now, given_to=None, for_good=False):
    return claim.view(waiting, browser, now, given_to=given_to, for_good=for_good).state


def test_a_press_claims_for_the_one_browser_that_waits():
    waiting = claim.wait((), ANNA, 100.0)
    assert look(waiting, ANNA, 100.0) is ClaimState.WAITING
    assert claim.press(waiting, 159.0) == ANNA


def test_a_press_without_anybody_waiting_claims_for_nobody():
    assert claim.press((), 100.0) is None


@pytest.mark.parametrize(("seconds", "winner"), [(59.9, ANNA), (60.0, ANNA), (60.1, None)])
def test_the_wait_ends_after_sixty_seconds(seconds, winner):
    waiting = claim.wait((), ANNA, 100.0)
    assert claim.press(waiting, 100.0 + seconds) == winner


def test_asking_again_does_not_prolong_the_wait():
    waiting = claim.wait((), ANNA, 100.0)
    for second in range(101, 159):
        waiting = claim.wait(waiting, ANNA, float(second))
    assert claim.view(waiting, ANNA, 159.0, given_to=None, for_good=False).seconds_left == 1
    assert claim.press(waiting, 161.0) is None


def test_two_waiting_browsers_are_both_told_and_neither_gets_the_box():
    waiting = claim.wait(claim.wait((), ANNA, 100.0), BEN, 101.0)
    assert look(waiting, ANNA, 102.0) is ClaimState.CONTESTED
    assert look(waiting, BEN, 102.0) is ClaimState.CONTESTED
    assert claim.press(waiting, 102.0) is None


def test_when_the_other_gives_up_a_press_claims_again():
    waiting = claim.wait(claim.wait((), ANNA, 100.0), BEN, 150.0)
    assert claim.press(waiting, 161.0) == BEN


def test_after_the_claim_others_see_that_it_is_taken():
    assert look((), ANNA, 1.0, given_to=ANNA) is ClaimState.MINE
    assert look((), BEN, 1.0, given_to=ANNA) is ClaimState.TAKEN


def test_while_there_is_no_owner_another_browser_can_wait_again_as_its_cookie_may_be_lost():
    waiting = claim.wait((), BEN, 100.0)
    assert look(waiting, BEN, 100.0, given_to=ANNA) is ClaimState.WAITING
    assert look(waiting, BEN, 100.0, given_to=ANNA, for_good=True) is ClaimState.TAKEN


def test_a_crowd_is_bounded():
    waiting = ()
    for number in range(1000):
        waiting = claim.wait(waiting, f"{number}", 100.0)
    assert len(waiting) == claim.MAX_WAITING


@pytest.mark.parametrize("joins", [130.0, 161.0])
def test_nobody_gets_the_box_by_filling_the_crowd_before_somebody_else_comes(joins):
    waiting = ()
    for number in range(claim.MAX_WAITING - 1):
        waiting = claim.wait(waiting, f"crowd {number}", 100.0)
    waiting = claim.wait(waiting, "crowd, later", 150.0)
    waiting = claim.wait(waiting, ANNA, joins)
    assert look(waiting, ANNA, joins) is ClaimState.CONTESTED
    assert claim.press(waiting, joins + 45) != "crowd, later"


def test_nobody_gets_the_box_by_turning_somebody_out():
    waiting = claim.wait((), ANNA, 100.0)
    for number in range(50):
        waiting = claim.wait(waiting, f"crowd {number}", 101.0 + number)
        assert claim.press(waiting, 101.0 + number) is None
    for second in range(150, 161):
        assert claim.press(waiting, float(second)) is None


def test_the_fingerprint_does_not_contain_the_token():
    assert "token" not in claim.fingerprint(Secret("token"))
    assert claim.fingerprint(Secret("token")) == claim.fingerprint(Secret("token"))


actions = st.lists(st.tuples(st.sampled_from(["wait", "press"]), st.sampled_from("abc"), st.floats(0, 40)), max_size=40)


@given(actions)
def test_whatever_happens_a_press_only_claims_for_a_browser_that_asked_alone_within_the_minute(steps):
    now, waiting, asked = 0.0, (), {}
    for verb, browser, pause in steps:
        now += pause
        if verb == "wait":
            if asked.get(browser, -1000.0) + claim.WAIT_SECONDS < now:
                asked[browser] = now
            waiting = claim.wait(waiting, browser, now)
            continue
        current = [each for each, at in asked.items() if now <= at + claim.WAIT_SECONDS]
        assert claim.press(waiting, now) == (current[0] if len(current) == 1 else None)
