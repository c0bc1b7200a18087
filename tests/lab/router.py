# SPDX-License-Identifier: AGPL-3.0-or-later
"""Router: what stands in a home, or at a provider: NAT by nftables, ports by miniupnpd, and their ways to misbehave."""

import ipaddress
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests import debian
from tests.lab.spaces import Namespace

# Whoever is at home is let out; in comes what miniupnpd's chains or the owner's name. With hairpin, what comes from
# home to the outside address is made to come in by "wan", so that it meets the same rules.
# No router starts so soon after it started that its clock would not tell of it (RFC 6887, 8.5: seconds are forgiven).
_RESTART_SECONDS = 8.0
_RULES = """
table inet router {{
    chain miniupnpd {{}}
    chain prerouting_miniupnpd {{}}
    chain postrouting_miniupnpd {{}}
    chain exposed {{}}
    chain dmz {{}}
    chain answers {{}}
    chain forward {{
        type filter hook forward priority filter; policy drop;
        ct state established,related accept
        iifname "lan" accept
        {more}
        icmpv6 type {{ echo-request, packet-too-big, destination-unreachable, time-exceeded }} accept
        jump miniupnpd
        jump exposed
    }}
    chain prerouting {{
        type nat hook prerouting priority dstnat;
        jump prerouting_miniupnpd
        jump dmz
    }}
    chain postrouting {{
        type nat hook postrouting priority srcnat;
        jump postrouting_miniupnpd
        jump answers
        oifname "wan" meta nfproto ipv4 masquerade
    }}
}}
"""
_OFF = """
flush ruleset
table inet off {
    chain forward { type filter hook forward priority filter; policy drop; }
}
"""
_CONF = """
ext_ifname=wan
ext_ifname6=wan
listening_ip=lan
port=5000
enable_upnp={upnp}
enable_natpmp={natpmp}
secure_mode=yes
system_uptime=no
notify_interval=30
min_lifetime={shortest}
max_lifetime={longest}
clean_ruleset_interval=600
upnp_table_name=router
upnp_nat_table_name=router
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
lease_file={leases}
{rules}
friendly_name=Lab Router
model_name=Lab Router
uuid=6c616200-0000-4000-8000-{number:012x}
"""


@dataclass(frozen=True)
class Control:
    """By which protocols a router lets itself be asked for ports. NAT-PMP brings PCP with it: miniupnpd has one switch
    for both. Leases are cut to the longest. `refuses`: it answers, and opens nothing."""

    upnp: bool = True
    natpmp: bool = True
    shortest: int = 120
    longest: int = 86400
    refuses: bool = False


OFF = Control(upnp=False, natpmp=False)


class Router:
    """`lan` is the address it has for its home, with the length of its network; `prefix` the home's own by IPv6.
    `through6`: what comes by IPv6 goes through unhindered, as at a provider."""

    def __init__(
        self,
        space: Namespace,
        folder: Path,
        lan: str,
        *,
        number: int,
        control: Control,
        prefix: str | None = None,
        through6: bool = False,
    ) -> None:
        self.space = space
        self.lan = ipaddress.IPv4Interface(lan)
        self.prefix = prefix
        self.outside = ""
        self.control = control
        self._through6 = through6
        self._number = number
        self._conf = folder / f"{space.name}.conf"
        self._leases = folder / f"{space.name}.leases"
        self._pid = folder / f"{space.name}.pid"
        self._daemon: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._hairpin = False
        self._rewriting = False
        self._dmz: tuple[str, str | None] | None = None
        for name in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
            space.setting(name, "1")
        for name in ("all", "default"):
            space.setting(f"net.ipv4.conf.{name}.rp_filter", "0")
            space.setting(f"net.ipv4.conf.{name}.send_redirects", "0")

    def lan_up(self) -> None:
        """Once there is an interface "lan"."""
        self.space.ip("address", "add", str(self.lan), "dev", "lan")
        if self.prefix:
            self.space.ip("-6", "address", "add", f"{self.prefix}1/64", "dev", "lan", "nodad")

    def serve6(self, prefix: str | None) -> None:
        """Have another router behind "lan" that has this prefix."""
        if prefix:
            self.space.ip("-6", "address", "replace", "fe80::1/64", "dev", "lan", "nodad")
            self.space.ip("-6", "route", "replace", f"{prefix}/64", "via", "fe80::2", "dev", "lan")

    # What provider and owner set.

    def connect(self, outside: str, gateway: str) -> None:
        """Have this address at "wan", of a provider that is at the other end of its cable."""
        self.space.ip("address", "flush", "dev", "wan", "scope", "global")
        self.outside = outside
        self.space.ip("address", "add", outside, "peer", gateway, "dev", "wan")
        self.space.ip("route", "replace", "default", "via", gateway)
        self.space.ip("-6", "address", "replace", "fe80::2/64", "dev", "wan", "nodad")
        self.space.ip("-6", "route", "replace", "default", "via", "fe80::1", "dev", "wan")
        self.hairpin(self._hairpin)
        if self._daemon is not None:
            self._daemon.send_signal(signal.SIGUSR1)  # its own way to hear of a new address

    def on(self, *leases: str) -> None:
        """Switched on again, it knows nothing of before but these, as miniupnpd writes them down:
        "TCP:<outside>:<host>:<inside>:<until, or 0>:<what for>"."""
        if self._daemon is not None:
            time.sleep(max(0.0, self._started + _RESTART_SECONDS - time.monotonic()))
        self.off()
        self._rules()
        self._leases.write_text("".join(f"{lease}\n" for lease in leases))
        if self.control.upnp or self.control.natpmp:
            self._conf.write_text(
                _CONF.format(
                    upnp=_word(self.control.upnp),
                    natpmp=_word(self.control.natpmp),
                    shortest=self.control.shortest,
                    longest=self.control.longest,
                    number=self._number,
                    leases=self._leases,
                    rules="deny 0-65535 0.0.0.0/0 0-65535" if self.control.refuses else "",
                )
            )
            program = debian.program("miniupnpd-nftables", "usr/sbin/miniupnpd")
            self._daemon = self.space.start("miniupnpd", [program, "-d", "-f", self._conf, "-P", self._pid])
            self._started = time.monotonic()

    def off(self) -> None:
        """Nothing goes through any more, and nobody answers."""
        if self._daemon is not None:
            # Without a farewell, as when the power goes.
            self.space.end(self._daemon, signal.SIGKILL)
            self._daemon = None
        self.space.nft(_OFF)

    def set_control(self, control: Control) -> None:
        self.control = control
        self.on()

    def hairpin(self, on: bool) -> None:
        """Whether those at home reach home by its outside address."""
        self._hairpin = on
        self.space.run(["tc", "qdisc", "replace", "dev", "lan", "clsact"])
        self.space.run(["tc", "filter", "del", "dev", "lan", "ingress"])
        if on:
            match = ["u32", "match", "ip", "dst", f"{self.outside}/32"]
            turn = ["action", "mirred", "ingress", "redirect", "dev", "wan"]
            self.space.run(["tc", "filter", "add", "dev", "lan", "ingress", "protocol", "ip", *match, *turn])

    def rewrite_sources(self, on: bool) -> None:
        """Whether all that it lets in seems to come from itself."""
        self._rewriting = on
        self._rules_of_owner()

    def dmz_host(self, address: str | None, address6: str | None = None) -> None:
        """To whom all goes that nobody else asked for; by IPv6 that host is open then."""
        self._dmz = (address, address6) if address else None
        self._rules_of_owner()

    def _rules(self) -> None:
        self.space.nft("flush ruleset")
        self.space.nft(_RULES.format(more="meta nfproto ipv6 accept" if self._through6 else ""))
        self._rules_of_owner()

    def _rules_of_owner(self) -> None:
        """Those two, and what hairpin needs: who asks from the home itself must get its answer by way of here."""
        whom = "" if self._rewriting else f"ip saddr {self.lan.network} "
        lines = [f"flush chain inet router {chain}" for chain in ("dmz", "exposed", "answers")]
        lines.append(f'add rule inet router answers oifname "lan" {whom}meta nfproto ipv4 masquerade')
        if self._dmz:
            address, address6 = self._dmz
            lines.append(f'add rule inet router dmz iifname "wan" dnat ip to {address}')
            lines.append(f'add rule inet router exposed iifname "wan" ip daddr {address} accept')
            if address6:
                lines.append(f'add rule inet router exposed iifname "wan" ip6 daddr {address6} accept')
        self.space.nft("\n".join(lines) + "\n")


def _word(on: bool) -> str:
    return "yes" if on else "no"
