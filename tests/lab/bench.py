# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m tests.lab.bench`, as root: how long a box in the lab is out of reach after what happens to real ones.

What counts is a stranger: asks for the name's address, connects, and finds a good certificate and the instance behind.
"""

import sys
import time

from appliance.internet.model import Held
from appliance.internet.providers import RFC2136
from appliance.secret import Secret
from appliance.supervisor.protocol import NameHold
from tests.bench.table import Table, machine
from tests.lab.asking import give_back
from tests.lab.names import KEY, SECRET, ZONE
from tests.lab.router import Control
from tests.lab.town import Town, new_town
from tests.lab.world import missing

_SHORT = Control(shortest=10, longest=20)


class Bench:
    def __init__(self, town: Town, table: Table) -> None:
        self._town = town
        self._table = table
        self._box = town.linden
        self._home = town.linden.home

    def run(self) -> None:
        self._table.section("From nothing to a certificate")
        self._plug_in()
        self._table.section("Until strangers get in again")
        for name, happens in (
            ("router started again", self._router_restart),
            ("new address of the line", self._new_address),
            ("cable pulled for 10 s, and plugged in", self._cable),
            ("name servers gone for 20 s, and back", self._names),
            ("power cut", self._power_cut),
            ("port taken by another machine, and given back", self._rival),
        ):
            happens()
            self._table.add(name, self._until_reached(), "s")
            self._town.until_well(self._box)
        self._table.section("Longest time out of reach, of a minute")
        self._leases()
        self._authority()

    def _plug_in(self) -> None:
        began = time.monotonic()
        for box, other in ((self._box, self._town.quince), (self._town.quince, self._box)):
            box.set_up()
            box.supervisor.settings_set("helpers", other.name)
            hold = NameHold(Held.DYNAMIC, box.name, RFC2136, f"hmac-sha256:{KEY}", ZONE, f"ns.{ZONE}", Secret(SECRET))
            box.supervisor.name_hold(hold)
        self._until_reached()
        self._table.add("two boxes set up, names and certificates given", time.monotonic() - began, "s")
        for box in self._town.boxes:
            self._town.until_well(box)

    def _router_restart(self) -> None:
        self._home.router.off()
        time.sleep(2)
        self._home.router.on()

    def _new_address(self) -> None:
        self._home.new_address()

    def _cable(self) -> None:
        self._home.pull_cable()
        time.sleep(10)
        self._home.plug_cable()

    def _rival(self) -> None:
        nas = self._town.nas()
        self._home.router.on(f"TCP:443:{nas.address}:5001:0:nas")
        self._town.issues_until(self._box, "port-taken")
        give_back(nas, str(self._home.router.lan.ip), 443)

    def _names(self) -> None:
        self._town.names.stop()
        time.sleep(20)
        self._town.names.start()

    def _power_cut(self) -> None:
        self._box.cut_power()
        self._box.start(wait=False)

    def _leases(self) -> None:
        self._home.router.set_control(_SHORT)
        self._until_reached()
        self._table.add("leases of 20 s", self._longest_out(60), "s")
        self._home.router.set_control(Control())
        self._until_reached()

    def _authority(self) -> None:
        self._town.authority.stop()
        self._table.add("certificate authority gone, certificate there", self._longest_out(20), "s")
        self._town.authority.start()

    def _reached(self) -> bool:
        return any(self._town.reached(self._box, each) for each in self._town.names.addresses(self._box.name))

    def _until_reached(self, seconds: float = 180.0) -> float:
        began = time.monotonic()
        while not self._reached():
            assert time.monotonic() - began < seconds, f"not reached: {self._box.way()}"
            time.sleep(0.1)
        return time.monotonic() - began

    def _longest_out(self, seconds: float) -> float:
        began = well = time.monotonic()
        longest = 0.0
        while time.monotonic() - began < seconds:
            if self._reached():
                well = time.monotonic()
            longest = max(longest, time.monotonic() - well)
            time.sleep(0.2)
        return longest


def main() -> int:
    if reason := missing():
        print(f"The lab is left out: {reason}.")
        return 0
    print(machine())
    with new_town(say=lambda words: None) as town:
        Bench(town, Table()).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
