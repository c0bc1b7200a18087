# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from appliance.cli.setup import START_SECONDS, wait_for
from appliance.errors import Unavailable
from appliance.system.clock import VirtualClock


class Starting:
    """An instance that answers from the given try on."""

    def __init__(self, tries: int) -> None:
        self.left = tries

    def get_all(self) -> dict[str, str]:
        self.left -= 1
        if self.left > 0:
            raise Unavailable("not-answering", "The instance does not answer.")
        return {}


def test_a_box_that_is_just_starting_is_waited_for() -> None:
    instance = Starting(7)
    wait_for(instance, VirtualClock())  # type: ignore[arg-type]
    assert instance.left == 0


def test_but_not_for_ever() -> None:
    clock = VirtualClock()
    began = clock.monotonic()
    with pytest.raises(Unavailable):
        wait_for(Starting(10_000), clock)  # type: ignore[arg-type]
    assert clock.monotonic() - began <= START_SECONDS + 1
