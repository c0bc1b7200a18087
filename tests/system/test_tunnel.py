# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from appliance.system.tunnel import TunnelState, UnitTunnel, parse, said
from appliance.system.units import Unit, UnitState


class Units:
    """A service manager with one service."""

    def __init__(self, unit: Unit | None) -> None:
        self.unit = unit
        self.told: list[str] = []

    def states(self) -> dict[str, Unit]:
        return {} if self.unit is None else {"tunnel": self.unit}

    def restart(self, service: str) -> None:
        self.told.append(f"restart {service}")

    def stop(self, service: str) -> None:
        self.told.append(f"stop {service}")


@pytest.mark.parametrize(
    ("unit", "state"),
    [
        (None, None),
        (Unit(UnitState.STOPPED), None),
        (Unit(UnitState.STARTING), TunnelState(False, "gateway-connecting", "The gateway is being called.")),
        (
            Unit(UnitState.RUNNING, 7, 0, "connected (epoch-3): a is open to everybody."),
            TunnelState(True, "epoch-3", "a is open to everybody."),
        ),
        (
            Unit(UnitState.RUNNING, 7, 0, "waiting (gateway-silent): gw does not answer."),
            TunnelState(False, "gateway-silent", "gw does not answer."),
        ),
    ],
)
def test_how_it_stands(unit: Unit | None, state: TunnelState | None) -> None:
    assert UnitTunnel(Units(unit)).look() == state  # type: ignore[arg-type]


def test_one_that_cannot_be_started_is_no_open_door() -> None:
    found = UnitTunnel(Units(Unit(UnitState.FAILED, status="connected (epoch-1): x"))).look()  # type: ignore[arg-type]
    assert found is not None
    assert not found.connected


def test_start_and_stop() -> None:
    units = Units(None)
    door = UnitTunnel(units)  # type: ignore[arg-type]
    door.start()
    door.stop()
    assert units.told == ["restart tunnel", "stop tunnel"]


def test_what_is_said_is_read() -> None:
    words = "Another box took over.\nAsk \x1b[31mwhoever." + "x" * 1000
    line = said(connected=False, key="gateway-replaced", words=words)
    assert "\n" not in line
    state = parse(line)
    assert (state.connected, state.key) == (False, "gateway-replaced")
    assert state.words.startswith("Another box took over. Ask [31mwhoever.")
    assert state.words.isprintable()


@pytest.mark.parametrize("status", ["", "connected", "connected (X): a", "connected (epoch-1) a"])
def test_other_words_mean_nothing(status: str) -> None:
    assert not parse(status).connected
