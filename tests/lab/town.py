# SPDX-License-Identifier: AGPL-3.0-or-later
"""Town: two homes with a box each, set up, found by name, and helpers of each other."""

import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from appliance.status import Level
from tests.lab.authority import Authority
from tests.lab.box import Box
from tests.lab.home import Home
from tests.lab.names import ZONE
from tests.lab.probes import fetches
from tests.lab.spaces import Namespace
from tests.lab.world import World

SECONDS = 150.0  # until anything has to have happened
IMPATIENCE = 8.0
OWN_PAGE = "/api/v2/instance"


class Town:
    def __init__(self, world: World) -> None:
        self.world = world
        self.authority: Authority = world.with_authority()
        self.names = self.authority.names
        self.hours = world.with_hours()
        self._nas: Namespace | None = None
        self._asked: dict[str, float] = {}
        self.linden, self.quince = (self._box(name) for name in ("linden", "quince"))
        self.boxes = (self.linden, self.quince)

    def _box(self, name: str) -> Box:
        home = self.world.home(name)
        home.router.hairpin(True)
        return Box(home, self.world.folder, self.authority, f"{name}.{ZONE}", self.hours)

    def nas(self) -> Namespace:
        """Another machine in the first home."""
        if self._nas is None:
            self._nas = self.linden.home.host("nas", 20)
        return self._nas

    def start(self) -> None:
        for box in self.boxes:
            box.start()

    def set_up(self) -> None:
        """Each owner answers the wizard and makes the records that it shows."""
        for box, other in ((self.linden, self.quince), (self.quince, self.linden)):
            box.set_up()
            self.set_records(box.home)
            box.supervisor.settings_set("helpers", other.name)

    def set_records(self, home: Home) -> None:
        """Let the home's name lead to where it is."""
        name = f"{home.name}.{ZONE}"
        self.names.put(name, "A", home.outside)
        self.names.put(name, "AAAA", *([home.address6] if home.address6 else []))
        self.names.put(name, "CAA")

    def reached(self, box: Box, address: str | None = None) -> bool:
        """Whether a stranger gets in by the box's name, over TLS with a certificate that is good."""
        try:
            whence, at = self.world.visitor, address or box.home.outside
            return fetches(whence, at, box.name, self.authority.root, OWN_PAGE, seconds=2.0)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def until_reached(self, box: Box, seconds: float = SECONDS) -> float:
        """How long that took."""
        began = time.monotonic()
        while not self.reached(box):
            assert time.monotonic() - began < seconds, f"{box.name}: not reached; {box.way()}"
            time.sleep(0.1)
        return time.monotonic() - began

    def issues_until(self, box: Box, key: str, seconds: float = SECONDS, *, asking: bool = False) -> set[str]:
        """All issues that the box raised until it named this as what is broken: it tells of no other. What passes
        within seconds it draws, but raises no issue for, or one that it calls well. `asking`: its owner
        wants it to look again."""
        seen: set[str] = set()
        end = time.monotonic() + seconds
        while True:
            status = box.supervisor.status()
            seen |= {issue.key for issue in status.issues if issue.level is not Level.WELL}
            if status.way is not None and status.way.cause == key:
                return seen
            if asking:
                self._ask_again(box)
            assert time.monotonic() < end, f"{box.name} names {seen} and not {key!r}; {status.way}"
            time.sleep(0.1)

    def until_well(self, box: Box, seconds: float = SECONDS, *, at: str | None = None) -> None:
        """Until the box itself says that all of its way is well, and a stranger gets in; `at` a gateway's address,
        where they do not come by the router."""
        end = time.monotonic() + seconds
        while not box.is_well() or not self.reached(box, at):
            self._ask_again(box)
            assert time.monotonic() < end, f"{box.name} is not well: {box.way()}"
            time.sleep(0.2)

    def _ask_again(self, box: Box) -> None:
        """What owners do who see no change: they press the button that makes the box look again."""
        now = time.monotonic()
        if now - self._asked.get(box.name, 0.0) > IMPATIENCE:
            self._asked[box.name] = now
            box.supervisor.internet_look()

    def words(self) -> str:
        return "\n".join([self.world.words(), *(box.words() for box in self.boxes)])


@contextmanager
def new_town(say: Callable[[str], None] = print) -> Iterator[Town]:
    """Its boxes are started and claimed by nobody yet. At its end it says what was logged."""
    with World() as world:
        town = Town(world)
        try:
            town.start()
            yield town
        finally:
            say(town.words())
            for box in town.boxes:
                box.remove()
