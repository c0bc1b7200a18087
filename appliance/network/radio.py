# SPDX-License-Identifier: AGPL-3.0-or-later
"""The box's radio between two looks: what was asked of it meanwhile, by pages, jobs and the button."""

import logging
import queue
from collections.abc import Callable

from appliance.errors import HearthError, Refused
from appliance.network import hotspot
from appliance.network.hotspot import ATTEMPT, ATTEMPT_LOST, Hotspot, Phase
from appliance.system.clock import Clock
from appliance.system.wifi import UNSEEN, Outcome, Wifi, WifiNetwork, check

# Until the page that says so has reached the phone.
BEFORE_IT_DISAPPEARS = 3.0

Event = Callable[[Hotspot, float], Hotspot]
log = logging.getLogger(__name__)


class Radio:
    """`look` is called by one thread, which alone changes the state; the others by any."""

    def __init__(self, wifi: Wifi, clock: Clock, *, name: str, look_again: Callable[[], object] = lambda: None) -> None:
        """`name` is the hotspot's; `look_again` asks for a look soon, and may not block."""
        self.name = name
        self.wifi = wifi
        self.state = Hotspot(clock.monotonic())
        self.seen = UNSEEN
        self._clock = clock
        self._look_again = look_again
        self._busy_until = float("-inf")
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def look(self) -> float:
        """Bring `state` and `seen` up to date; answers the time of it."""
        now, state = self._clock.monotonic(), self.state
        while not self._events.empty():
            state = self._events.get()(state, now)
        try:
            self.seen = self.wifi.look()
        except HearthError as error:
            # NetworkManager may not have started yet.
            log.debug("the Wi-Fi could not be looked at: %s", error)
        else:
            state = hotspot.look(state, self.seen, now)
        self.state = state
        return now

    def tell(self, event: Event) -> None:
        self._events.put(event)
        self._look_again()

    def join(self, network: WifiNetwork) -> bool:
        """Remember it. True if that can't be done at once, as the asker's own way to the box will be gone: then
        `attempt` must be called. Raises BadInput bad-wifi, bad-wifi-password, bad-country; Refused wifi-busy."""
        check(network)
        now = self._clock.monotonic()
        if now < self._busy_until:
            raise Refused("wifi-busy", "The box is joining a Wi-Fi already.", "Wait a minute.", status=409)
        if self.state.phase is not Phase.OPEN:
            self.wifi.join(network)
            return False
        self._busy_until = now + ATTEMPT_LOST
        self.tell(lambda state, now: hotspot.chosen(state, network.ssid, now))
        return True

    def attempt(self, network: WifiNetwork) -> str:
        """Leave the hotspot for this network, or come back to it. Raises HearthError wifi-not-joined."""
        outcome = Outcome.NOT_REACHED
        try:
            self._clock.sleep(BEFORE_IT_DISAPPEARS)
            outcome = self.wifi.attempt(network, ATTEMPT)
        finally:
            self._busy_until = float("-inf")
            self.tell(lambda state, now: hotspot.ended(state, outcome, now))
        if outcome is not Outcome.JOINED:
            raise HearthError("wifi-not-joined", WORDS[outcome], "The box's own Wi-Fi is open again.")
        return "The box is in the Wi-Fi."


WORDS = {
    Outcome.JOINED: "The box is in the Wi-Fi.",
    Outcome.WRONG_PASSWORD: "The password of the Wi-Fi is wrong.",
    Outcome.NOT_REACHED: "The Wi-Fi could not be reached in time. Look whether name and password are right.",
}
