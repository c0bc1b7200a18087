# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import UTC, datetime

import pytest

from appliance.internet.goal import Ask
from appliance.internet.model import Gateway, Goal, Link, Tunnel, Way
from appliance.internet.part import Scene
from appliance.internet.tunnel_part import Call, TunnelPart
from appliance.system.tunnel import VirtualTunnel

NOW = datetime(2026, 5, 1, tzinfo=UTC)
FIRST, SECOND = Gateway("gw.example.org"), Gateway("gw.example.org", 2)


class Doubled(VirtualTunnel):
    """Counts how often it was started."""

    starts = 0

    def start(self) -> None:
        self.starts += 1
        super().start()


@pytest.fixture
def door() -> Doubled:
    return Doubled()


@pytest.fixture
def part(door: Doubled) -> TunnelPart:
    return TunnelPart(door)


def turn(part: TunnelPart, gateway: Gateway | None) -> Tunnel | None:
    """Look, and do what is planned of it; what the next look finds."""
    goal, link = Goal("alice.example.org", gateway=gateway), Link(carrier=True)
    seen = part.look(Ask(goal, link))
    for action in part.actions(Scene(goal, Way(NOW, link, tunnel=seen, goal=goal), clear=False)):
        part.apply(action)
    return part.look(Ask(goal, link))


def test_it_runs_while_there_is_a_gateway(part: TunnelPart, door: Doubled) -> None:
    assert turn(part, None) is None
    assert turn(part, FIRST) == Tunnel("gw.example.org", connected=True)
    assert turn(part, FIRST) == Tunnel("gw.example.org", connected=True)
    assert door.starts == 1
    assert turn(part, None) is None
    assert door.look() is None


def test_another_invitation_starts_it_anew(part: TunnelPart, door: Doubled) -> None:
    turn(part, FIRST)
    turn(part, SECOND)
    assert door.starts == 2


def test_one_that_runs_already_is_left_alone(part: TunnelPart, door: Doubled) -> None:
    """The supervisor was started again."""
    door.start()
    turn(part, FIRST)
    assert door.starts == 1


def test_what_the_gateway_says_is_told(part: TunnelPart, door: Doubled) -> None:
    door.refusal = ("gateway-replaced", "Another box took over.")
    assert turn(part, FIRST) == Tunnel("gw.example.org", connected=False, error="Another box took over.")


def test_it_is_closed_with_the_box(part: TunnelPart, door: Doubled) -> None:
    turn(part, FIRST)
    part.close()
    assert door.look() is None


def test_nothing_is_planned_twice_for_what_is_called() -> None:
    goal = Goal("alice.example.org", gateway=FIRST)
    way = Way(NOW, Link(carrier=True), tunnel=Tunnel("gw.example.org", connected=False, calling=True), goal=goal)
    assert list(TunnelPart(VirtualTunnel()).actions(Scene(goal, way, clear=False))) == []
    assert Call(FIRST) != Call(SECOND)
