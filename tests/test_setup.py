# SPDX-License-Identifier: AGPL-3.0-or-later
"""The wizard without its pages."""

import dataclasses
import itertools

import pytest

from appliance.board.light import Light
from appliance.errors import HearthError
from appliance.fediverse.model import Role
from appliance.secret import Secret
from appliance.setup import Answers, Setup, Step, answer_all, step
from appliance.status import Box, Level, Status
from appliance.supervisor.protocol import ClaimState, ClaimView, Held, NameHold

NEW = Box("hearth", "test", "1", False, None, None, False, False, 1)
PASSWORD = Secret("quiet otters paint fences")


def status(**box):
    new = dataclasses.replace(NEW, **box)
    return Status(1, "", Level.WELL, Light.WELL, "", new, (), "", True, False, (), (), ())


@pytest.mark.parametrize(
    ("box", "title", "expected"),
    [
        ({}, "", Step.CLAIM),
        ({}, "Friends", Step.CLAIM),
        ({"claimed": True}, "", Step.OWNER),
        ({"claimed": True}, "Friends", Step.OWNER),
        ({"claimed": True, "owner": "anna"}, "", Step.INSTANCE),
        ({"claimed": True, "owner": "anna"}, "Friends", Step.ADDRESS),
        ({"claimed": True, "owner": "anna", "address": "a.example.org"}, "", Step.INSTANCE),
        ({"claimed": True, "owner": "anna", "address": ""}, "Friends", Step.REVIEW),
        ({"claimed": True, "owner": "anna", "address": "", "setup_done": True}, "Friends", Step.DONE),
    ],
)
def test_the_next_step_follows_from_what_is_known(box, title, expected):
    assert step(status(**box), {"title": title}) is expected


def test_no_step_can_be_skipped():
    """Whatever is known, everything before the step is fulfilled."""
    for claimed, owner, title, address in itertools.product([False, True], [None, "anna"], ["", "F"], [None, ""]):
        here = step(status(claimed=claimed, owner=owner, address=address), {"title": title})
        fulfilled = [claimed, owner is not None, bool(title), address is not None]
        assert all(fulfilled[: list(Step).index(here)])


class Parts:
    """Both parts in one, writing down what they are asked."""

    def __init__(self, state=ClaimState.MINE):
        self.state = state
        self.did = []

    def claim_look(self, browser):
        return ClaimView(self.state)

    def owner_set(self, browser, username, password):
        self.did.append(f"owner {username}")
        return 1

    def name_hold(self, asked):
        self.address_choose(asked.name)

    def address_choose(self, name):
        self.did.append(f"address {name}")

    def setup_finish(self):
        self.did.append("finish")

    def add_member(self, username, password=None, role=Role.MEMBER):
        self.did.append(f"member {username} {role.value}")

    def set(self, key, value):
        self.did.append(f"{key} {value}")


def test_the_member_comes_before_the_owner_so_that_a_power_cut_repeats_the_step():
    parts = Parts()
    Setup(parts, parts).answer_owner(Secret("b"), "anna", PASSWORD)
    assert parts.did == ["member anna owner", "owner anna"]


@pytest.mark.parametrize(
    ("state", "password", "key"),
    [
        (ClaimState.TAKEN, PASSWORD, "not-yours"),
        (ClaimState.FREE, PASSWORD, "not-yours"),
        (ClaimState.MINE, Secret("anna"), "weak-password"),
    ],
)
def test_who_may_not_or_should_not_leaves_nothing_behind(state, password, key):
    parts = Parts(state)
    with pytest.raises(HearthError) as caught:
        Setup(parts, parts).answer_owner(Secret("b"), "anna", password)
    assert caught.value.key == key
    assert parts.did == []


def test_the_title_comes_last_as_it_marks_the_step_as_done():
    parts = Parts()
    Setup(parts, parts).answer_instance("Friends", "About us", "Be kind.\nBe brief.")
    assert parts.did == ["description About us", "rules Be kind.\nBe brief.", "title Friends"]


def test_the_other_answers_go_to_the_supervisor():
    parts = Parts()
    Setup(parts, parts).answer_address(NameHold(Held.OWN, "a.example.org"))
    Setup(parts, parts).finish()
    assert parts.did == ["address a.example.org", "finish"]


class WholeBox:
    """Supervisor and instance in one, that remember what was asked."""

    def __init__(self, **box):
        self.box, self.texts, self.asked = box, {}, []

    def status(self):
        return status(**self.box)

    def get_all(self):
        return dict(self.texts)

    def set(self, key, value):
        self.texts[key] = value

    def claim_code(self, browser, code):
        self.asked.append("code")
        self.box["claimed"] = True

    def claim_look(self, browser):
        return ClaimView(ClaimState.MINE)

    def add_member(self, username, password=None, role=Role.MEMBER):
        self.asked.append(f"member {username}")

    def owner_set(self, browser, username, password):
        self.box["owner"] = username
        return 1

    def name_hold(self, asked):
        self.address_choose(asked.name)

    def address_choose(self, name):
        self.box["address"] = name

    def settings_set(self, key, value):
        self.asked.append(f"{key} {value}")

    def setup_finish(self):
        self.box["setup_done"] = True


ANSWERS = Answers("anna", "Friends", "", rules=("Be kind.", "Rest."), name="attic")


def test_all_answers_at_once_are_the_whole_wizard():
    box = WholeBox()
    done = answer_all(box, box, ANSWERS, code=lambda: Secret("ABCD-EFGH"), password=lambda: PASSWORD)
    assert done == ["claim", "instance", "address", "review"]
    assert box.texts["rules"] == "Be kind.\nRest."
    assert box.asked == ["code", "member anna", "name attic"]
    assert answer_all(box, box, ANSWERS, code=lambda: Secret(""), password=lambda: Secret("")) == []


def test_code_and_password_are_asked_for_only_if_they_are_needed():
    def never():
        raise AssertionError("it was asked for")

    box = WholeBox(claimed=True, owner="anna")
    assert answer_all(box, box, ANSWERS, code=never, password=never) == ["instance", "address", "review"]
