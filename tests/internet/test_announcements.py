# SPDX-License-Identifier: AGPL-3.0-or-later
"""News of the router make the box look at it, and at nothing else."""

import queue
import threading

from appliance.internet.capability import InternetCapability
from appliance.system.clock import VirtualClock
from appliance.system.interfaces import VirtualInterfaces


class Announced:
    """The router speaks once, and then no more."""

    def __init__(self) -> None:
        self.times = 0

    def wait(self) -> None:
        self.times += 1
        if self.times > 1:
            threading.Event().wait()


def test_a_router_that_spoke_is_looked_at(monkeypatch):
    looked: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    capability = InternetCapability(VirtualInterfaces(), (), VirtualClock(), lambda: None, announcements=Announced())
    monkeypatch.setattr(capability, "look_now", looked.put)
    capability.start()
    assert looked.get(timeout=10) == "router"
