# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses as homes give them (RFC 2131): a server at the router and a client at the box, both Debian's busybox."""

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests import debian
from tests.end_to_end.waiting import eventually
from tests.lab.spaces import Namespace, command

# A client takes no shorter one. Whoever is no longer answered keeps its address for so long.
LEASE = 16
_CONF = """
interface lan
start {address}
end {address}
max_leases 1
static_lease {hardware} {address}
lease_file {folder}/{name}.leases
pidfile {folder}/{name}.pid
auto_time 0
min_lease 10
option subnet 255.255.255.0
option lease {lease}
{more}
"""
# What a client does with what it is told. Who gets no address gives itself one of RFC 3927.
_SCRIPT = """#!/bin/sh
only() {{
    ip -4 -o address show dev "$interface" | while read -r _ _ _ other _; do
        [ "$other" = "$1" ] || ip address del "$other" dev "$interface"
    done
    [ -z "$1" ] || ip address replace "$1" dev "$interface"
}}
case "$1" in
deconfig) only "" ;;
leasefail) only "169.254.7.{last}/16" ;;
bound | renew)
    only "$ip/$mask"
    if [ -n "$router" ]; then ip route replace default via "$router"; else ip -4 route del default; fi ;;
esac
exit 0
"""


class Dhcp:
    """The one address that a router has to give, and the box that asks for it at its "eth0"."""

    def __init__(self, router: Namespace, its_address: str, box: Namespace, address: str, folder: Path) -> None:
        self._router = router
        self._its_address = its_address
        self._box = box
        self._address = address
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        self.serve()
        script = folder / f"{box.name}.dhcp"
        script.write_text(_SCRIPT.format(last=address.rpartition(".")[2]))
        script.chmod(0o755)
        ask = ["udhcpc", "-f", "-i", "eth0", "-s", script, "-t", "3", "-T", "1", "-A", "1"]
        self._client = box.start("udhcpc", [_busybox(), *ask])
        eventually(f"{box.kind} has an address", self.has_address)

    def serve(self, *, gateway: bool = True) -> None:
        """From now on who asks gets its address, and may be told of the way out."""
        self._stop()
        hardware = json.loads(command([*self._box.enter, "ip", "-j", "link", "show", "eth0"]))[0]["address"]
        name = f"{self._router.name}-dhcp"
        conf = self._folder / f"{name}.conf"
        more = f"option router {self._its_address}" if gateway else ""
        places = {"folder": self._folder, "name": name, "lease": LEASE, "hardware": hardware}
        conf.write_text(_CONF.format(address=self._address, more=more, **places))
        (self._folder / f"{name}.leases").touch()
        self._server = self._router.start("udhcpd", [_busybox(), "udhcpd", "-f", conf])

    def told(self, what: str, holds: Callable[[], bool]) -> None:
        """Have the box ask until this holds, as when its cable is plugged in, and not only when half of its lease is
        over."""

        def asked() -> bool:
            self._client.send_signal(signal.SIGUSR1)
            return holds()

        eventually(what, asked, seconds=LEASE)

    def has_address(self) -> bool:
        return self._address in {each["local"] for link in self._seen("address") for each in link.get("addr_info", ())}

    def has_gateway(self) -> bool:
        return any(each["dst"] == "default" for each in self._seen("route"))

    def fall_silent(self) -> None:
        """The box gets no address any more, and that which it has runs out."""
        self._stop()
        eventually("the lease is over", lambda: not self.has_address(), seconds=2 * LEASE)

    def _stop(self) -> None:
        if self._server is not None:
            self._router.end(self._server)
            self._server = None

    def _seen(self, what: str) -> list[dict[str, Any]]:
        more = ("dev", "eth0") if what == "address" else ()
        return list(json.loads(command([*self._box.enter, "ip", "-4", "-j", what, "show", *more]) or "[]"))


def _busybox() -> Path:
    return debian.program("busybox", "bin/busybox")
