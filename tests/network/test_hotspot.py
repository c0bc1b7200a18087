# SPDX-License-Identifier: AGPL-3.0-or-later
"""When the box opens a Wi-Fi of its own, keeps it, and gives it up."""

import dataclasses

from appliance.network import hotspot
from appliance.network.hotspot import (
    ATTEMPT_LOST,
    PATIENCE_AFTER_LOSS,
    PATIENCE_AT_START,
    UNUSED_FOR_GOOD,
    UNUSED_FOR_NOW,
    USED_FOR_NOW,
    Hotspot,
    Phase,
)
from appliance.system.wifi import Nearby, Outcome, Seen

ALONE = Seen(radio=True, cable=False)
KNOWING = dataclasses.replace(ALONE, known=("Home",))
AT_HOME = dataclasses.replace(KNOWING, connected="Home")
HOME = Nearby("Home", 80, True)


def after(state: Hotspot, seen: Seen, *times: float) -> Hotspot:
    for now in times:
        state = hotspot.look(state, seen, now)
    return state


def opened(now: float = PATIENCE_AT_START, seen: Seen = ALONE) -> Hotspot:
    state = after(Hotspot(0.0), seen, now)
    assert state.phase is Phase.OPEN
    return state


def test_a_minute_after_the_start_without_a_network_it_opens():
    state = after(Hotspot(0.0), ALONE, 5.0, PATIENCE_AT_START - 1)
    assert state.phase is Phase.SEEKING
    assert after(state, ALONE, PATIENCE_AT_START).phase is Phase.OPEN


def test_with_a_cable_or_a_network_it_never_does():
    for seen in (dataclasses.replace(ALONE, cable=True), AT_HOME, Seen(radio=False, cable=True)):
        assert after(Hotspot(0.0), seen, 5.0, 1e6).phase is Phase.ONLINE


def test_a_radio_that_comes_late_is_given_its_minute():
    state = after(Hotspot(0.0), Seen(radio=False, cable=False), 5.0, 500.0, 1000.0)
    state = after(state, ALONE, 1005.0, 1000.0 + PATIENCE_AT_START - 1)
    assert state.phase is Phase.SEEKING
    assert after(state, ALONE, 1000.0 + PATIENCE_AT_START).phase is Phase.OPEN


def test_what_is_near_is_looked_for_before_and_kept_as_the_radio_is_blind_later():
    early = after(Hotspot(0.0), ALONE, 1.0)
    assert not hotspot.wants_scan(early, 1.0)
    assert hotspot.wants_scan(early, PATIENCE_AT_START - 10)
    state = after(early, dataclasses.replace(ALONE, nearby=(HOME,)), 50.0)
    assert after(state, dataclasses.replace(ALONE, hotspot=True), 60.0, 70.0).nearby == (HOME,)


def test_a_lost_network_is_given_minutes_before_it_opens():
    state = after(after(Hotspot(0.0), AT_HOME, 10.0), KNOWING, 1000.0, 1000.0 + PATIENCE_AFTER_LOSS - 1)
    assert state.phase is Phase.SEEKING
    assert after(state, AT_HOME, 1100.0).phase is Phase.ONLINE
    assert after(state, KNOWING, 1000.0 + PATIENCE_AFTER_LOSS).phase is Phase.OPEN


def test_a_cable_ends_it():
    assert after(opened(), dataclasses.replace(ALONE, cable=True, hotspot=True), 70.0).phase is Phase.ONLINE


def test_it_closes_when_nobody_uses_it_and_opens_when_the_button_is_pressed():
    state = hotspot.used(opened(60.0), 600.0)
    assert after(state, ALONE, 600.0 + UNUSED_FOR_GOOD - 1).phase is Phase.OPEN
    state = after(state, ALONE, 600.0 + UNUSED_FOR_GOOD)
    assert state.phase is Phase.CLOSED
    assert after(state, ALONE, 1e6).phase is Phase.CLOSED
    assert hotspot.used(state, 1e6) == state
    state = hotspot.pressed(state, 1e6)
    assert after(state, ALONE, 1e6 + UNUSED_FOR_GOOD - 1).phase is Phase.OPEN


def test_a_press_opens_it_at_once_but_not_where_it_is_not_needed():
    assert hotspot.pressed(Hotspot(0.0), 5.0).phase is Phase.OPEN
    online = after(Hotspot(0.0), AT_HOME, 1.0)
    assert hotspot.pressed(online, 5.0) == online


def test_a_box_that_knows_networks_looks_for_them_between_and_gives_up_at_the_same_time_as_others():
    state, now, phases = Hotspot(0.0), 0.0, []
    while state.phase is not Phase.CLOSED:
        now += 5.0
        state = hotspot.look(state, KNOWING, now)
        if not phases or phases[-1] is not state.phase:
            phases.append(state.phase)
    assert phases[:3] == [Phase.SEEKING, Phase.OPEN, Phase.SEEKING]
    assert phases.count(Phase.OPEN) > 2
    assert now <= PATIENCE_AT_START + UNUSED_FOR_GOOD + PATIENCE_AT_START + 5


def test_nobody_is_thrown_out_of_it_who_uses_it():
    state = hotspot.used(opened(60.0, KNOWING), 60.0 + UNUSED_FOR_NOW - 1)
    assert after(state, KNOWING, 60.0 + UNUSED_FOR_NOW + 10).phase is Phase.OPEN


def test_nobody_who_keeps_it_busy_keeps_the_box_from_a_network_it_knows():
    state, now = opened(60.0, KNOWING), 60.0
    while state.phase is Phase.OPEN:
        now += 5.0
        state = hotspot.look(hotspot.used(state, now), KNOWING, now)
        assert now <= 60.0 + USED_FOR_NOW
    assert state.phase is Phase.SEEKING
    assert after(state, AT_HOME, now + 10.0).phase is Phase.ONLINE


def test_a_network_is_chosen_and_joined():
    state = hotspot.chosen(opened(), "Home", 100.0)
    assert (state.phase, state.tried) == (Phase.JOINING, "Home")
    assert after(state, KNOWING, 110.0) == state
    state = hotspot.ended(state, Outcome.JOINED, 120.0)
    assert after(state, AT_HOME, 121.0).phase is Phase.ONLINE


def test_after_a_wrong_password_it_is_there_again_and_says_so():
    state = hotspot.ended(hotspot.chosen(opened(), "Home", 100.0), Outcome.WRONG_PASSWORD, 120.0)
    assert (state.phase, state.tried, state.outcome) == (Phase.OPEN, "Home", Outcome.WRONG_PASSWORD)
    assert after(state, ALONE, 130.0).outcome is Outcome.WRONG_PASSWORD


def test_an_attempt_that_never_ends_leads_back():
    state = hotspot.chosen(opened(), "Home", 100.0)
    assert after(state, ALONE, 100.0 + ATTEMPT_LOST).phase is Phase.OPEN


def test_what_comes_late_changes_nothing():
    online = after(Hotspot(0.0), AT_HOME, 1.0)
    assert hotspot.ended(online, Outcome.WRONG_PASSWORD, 2.0) == online
    assert hotspot.chosen(online, "Home", 2.0) == online
    assert hotspot.refused(online, 2.0) == online


def test_a_radio_that_can_not_is_not_asked_again_and_again():
    assert after(hotspot.refused(opened(), 61.0), ALONE, 1e5).phase is Phase.CLOSED


def test_one_that_is_there_when_the_supervisor_starts_is_kept():
    assert after(Hotspot(0.0), dataclasses.replace(ALONE, hotspot=True), 1.0).phase is Phase.OPEN


def test_the_name_tells_boxes_apart_but_not_the_machine_id():
    one, other = hotspot.name("0123456789abcdef0123456789abcdef\n"), hotspot.name("f" * 32)
    assert one != other
    assert one.startswith("Hearth-")
    assert len(one) == len("Hearth-XXXX")
    assert one[7:].lower() not in "0123456789abcdef0123456789abcdef"
