# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names: the world's name servers, which take updates, and a resolver that homes ask; both Debian's BIND."""

import base64
import subprocess
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.tsigkeyring
import dns.update

from tests import debian
from tests.end_to_end.waiting import eventually
from tests.lab.probes import reaches
from tests.lab.spaces import Namespace

ZONE = "town.lab"
KEY = "owner"
SECRET = base64.b64encode(b"an owner's key that nobody guesses").decode()
TTL = 5
_SERVER = """
options {{
    directory "{folder}";
    pid-file none;
    session-keyfile none;
    listen-on {{ any; }};
    listen-on-v6 {{ any; }};
    dnssec-validation no;
    allow-query {{ any; }};
    notify no;
    max-cache-ttl 60;
    max-ncache-ttl 2;
    lame-ttl 0;
    servfail-ttl 0;
    {options}
}};
controls {{}};
logging {{ channel said {{ stderr; severity warning; }}; category default {{ said; }}; }};
"""
_ZONES = """
key "{key}" {{ algorithm hmac-sha256; secret "{secret}"; }};
zone "." {{ type primary; file "root.zone"; }};
zone "{zone}" {{ type primary; file "town.zone"; allow-update {{ key "{key}"; }}; }};
"""
_ZONE_FILE = """
$TTL {ttl}
@ IN SOA ns.{zone}. nobody.{zone}. 1 60 60 3600 1
@ IN NS ns.{zone}.
{more}
"""


class Names:
    """Records of the zone can be changed by whoever has the key, as an owner's domain at a provider can."""

    def __init__(self, servers: Namespace, resolver: Namespace, folder: Path) -> None:
        self.servers = servers
        self.resolver = resolver
        self._folder = folder
        self._running: list[tuple[Namespace, subprocess.Popen[bytes]]] = []

    def start(self) -> None:
        zone = {"zone": ZONE, "ttl": TTL}
        glue = f"ns.{ZONE}. IN A {self.servers.address}\n{ZONE}. IN NS ns.{ZONE}.\n"
        self._serve(
            self.servers,
            "recursion no;",
            _ZONES.format(zone=ZONE, key=KEY, secret=SECRET),
            {
                "root.zone": _ZONE_FILE.format(more=glue, **zone),
                "town.zone": _ZONE_FILE.format(more=f"ns IN A {self.servers.address}\n", **zone),
            },
        )
        hints = f". 3600 IN NS ns.{ZONE}.\nns.{ZONE}. 3600 IN A {self.servers.address}\n"
        self._serve(
            self.resolver,
            "recursion yes; allow-recursion { any; };",
            'zone "." { type hint; file "hints"; };\n',
            {"hints": hints},
        )
        for space, _ in self._running:
            eventually(f"{space.kind} answers", lambda space=space: reaches(space, space.address, 53), seconds=30)

    def stop(self) -> None:
        """None of them answers any more."""
        while self._running:
            space, process = self._running.pop()
            space.end(process)

    def forget(self) -> None:
        """The resolver remembers nothing of what it was asked."""
        self.stop()
        self.start()

    def put(self, name: str, kind: str, *values: str, ttl: int = TTL) -> None:
        """All records of a kind that a name shall have: none, to have none."""
        update = dns.update.UpdateMessage(
            ZONE, keyring=dns.tsigkeyring.from_text({KEY: SECRET}), keyalgorithm="hmac-sha256"
        )
        update.delete(f"{name}.", kind)
        for value in values:
            update.add(f"{name}.", ttl, kind, value)
        with self.servers.inside():
            answer = dns.query.tcp(update, self.servers.address, timeout=5)
        assert answer.rcode() == 0, answer

    def addresses(self, name: str) -> list[str]:
        """The IPv4 addresses that its own servers say it has; none where they don't answer."""
        query = dns.message.make_query(name, "A")
        try:
            with self.servers.inside():
                answer = dns.query.udp(query, self.servers.address, timeout=1)
        except (OSError, dns.exception.DNSException):
            return []
        return [str(each) for records in answer.answer for each in records]

    def _serve(self, space: Namespace, options: str, more: str, files: dict[str, str]) -> None:
        folder = self._folder / space.kind
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            # What was changed since lies in a journal beside it.
            if not (folder / name).exists():
                (folder / name).write_text(content)
        (folder / "named.conf").write_text(_SERVER.format(folder=folder, options=options) + more)
        tree = debian.tree("bind9")
        libraries = ":".join(str(path) for path in tree.glob("usr/lib/*-linux-gnu"))
        argv = [tree / "usr/sbin/named", "-f", "-n", "1", "-c", folder / "named.conf"]
        self._running.append((space, space.start("named", argv, {"LD_LIBRARY_PATH": libraries})))
