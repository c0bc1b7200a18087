# SPDX-License-Identifier: AGPL-3.0-or-later
"""A network of its own, in which real Caddys play the box's web server and a certificate authority. Nothing that is
sent here leaves it: the only interface is loopback."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from appliance.internet.front import Authority, Places
from appliance.system.caddy import CaddyFront
from appliance.system.files import SystemFiles
from appliance.system.runner import SystemRunner
from tests import debian
from tests.repository import ROOT

NAME = "our-house.example.net"
CONFIG = ROOT / "image/overlay/etc/caddy/Caddyfile"
_AS_ROOT = ["unshare", "--net", "--mount"] if os.geteuid() == 0 else ["unshare", "--net", "--mount", "--map-root-user"]
# Loopback up, names of our own, then whatever the world is to hold open.
_BEGIN = """
import fcntl, socket, struct, subprocess, sys, time
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x49))
subprocess.run(["mount", "--bind", sys.argv[1], "/etc/hosts"], check=True)
print("ready", flush=True)
time.sleep(600)
"""
# What the servers behind answer: who they are, and what they were asked for.
_BEHIND = """
import sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        said = f"{self.server.word} {self.headers.get('X-Forwarded-Proto')} {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.do_GET()
    def log_message(self, *_): pass
for port, word in ((8081, "console"), (8082, "fediverse"), (8083, "companion")):
    server = ThreadingHTTPServer(("127.0.0.1", port), Server)
    server.word = word
    threading.Thread(target=server.serve_forever).start()
"""
_ASK = """
import http.client, json, socket, ssl, sys
scheme, name, port, path, roots, host, filler = sys.argv[1:]
plain = socket.create_connection(("127.0.0.1", int(port)), timeout=10)
certificate = None
if scheme == "https":
    trust = ssl.create_default_context(cafile=roots) if roots else ssl._create_unverified_context()
    plain = trust.wrap_socket(plain, server_hostname=name or None)
    certificate = plain.getpeercert()
connection = http.client.HTTPConnection(name or "127.0.0.1", int(port), timeout=10)
connection.sock = plain
connection.request("GET", path, headers={"Host": host or name or "127.0.0.1", "X-Filler": "x" * int(filler)})
answer = connection.getresponse()
said = answer.read(100_000).decode(errors="replace")
found = {"status": answer.status, "body": said, "headers": dict(answer.getheaders()), "certificate": certificate}
print(json.dumps(found))
"""

# Many requests by one program: every path as every host.
_ASK_MANY = """
import http.client, json, socket, ssl, sys
scheme, name, port, hosts, paths = json.loads(sys.argv[1])
said = []
for host in hosts:
    for path in paths:
        line = socket.create_connection(("127.0.0.1", port), timeout=10)
        if scheme == "https":
            line = ssl._create_unverified_context().wrap_socket(line, server_hostname=name or None)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.sock = line
        connection.request("GET", path, headers={"Host": host})
        said.append(connection.getresponse().read(100_000).decode(errors="replace"))
        connection.close()
print(json.dumps(said))
"""
# A first packet in a version of QUIC that nobody knows: who speaks HTTP/3 answers with those that it knows (RFC 9000,
# 6.1 and 17.2.1).
_QUIC = """
import os, socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
    line.settimeout(5)
    line.connect(("127.0.0.1", int(sys.argv[1])))
    line.send(b"\\xc0" + b"\\x1a\\x2a\\x3a\\x4a" + b"\\x08" + os.urandom(8) + b"\\x08" + os.urandom(8) + bytes(1200))
    said = line.recv(2000)
sys.exit(0 if said[0] & 0x80 and said[1:5] == bytes(4) and b"\\x00\\x00\\x00\\x01" in said[5:] else 1)
"""

_AUTHORITY = """
{
	admin off
	skip_install_trust
	auto_https disable_redirects
	pki {
		ca local {
		}
		ca staging {
		}
	}
}
https://ca.example.net:14000 {
	tls internal
	acme_server /acme/staging/* {
		ca staging
	}
	acme_server /acme/local/*
}
"""


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    headers: dict[str, str]
    certificate: dict[str, object] | None


def possible() -> bool:
    """Whether this machine lets us have a network of our own."""
    if not debian.available() or shutil.which("unshare") is None:
        return False
    return subprocess.run([*_AS_ROOT, "true"], check=False, capture_output=True, timeout=30).returncode == 0


@dataclass
class World:
    folder: Path
    process: int
    caddy: Path
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    behind: "subprocess.Popen[bytes] | None" = None
    box: "subprocess.Popen[bytes] | None" = None

    @property
    def places(self) -> Places:
        folder = self.folder
        return Places(self.caddy, CONFIG, folder / "sites", folder / "box/caddy", folder / "run")

    @property
    def authority(self) -> Authority:
        at, root = "https://ca.example.net:14000/acme", self.folder / "ca/caddy/pki/authorities/local/root.crt"
        return Authority(f"{at}/staging/directory", f"{at}/local/directory", root)

    @property
    def front(self) -> CaddyFront:
        return CaddyFront(SystemRunner(), SystemFiles(), self.places, self.authority)

    def inside(self, *argv: str) -> list[str]:
        user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        return ["nsenter", "--target", str(self.process), *user, "--net", "--mount", "--", *argv]

    def start(self, *argv: str, **environment: str) -> "subprocess.Popen[bytes]":
        with (self.folder / "log").open("ab") as log:
            started = subprocess.Popen(
                self.inside(*argv),
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **environment},
                stdout=log,
                stderr=log,
            )
        self.running.append(started)
        return started

    def start_box(self) -> "subprocess.Popen[bytes]":
        return self.start(
            *(str(self.caddy), "run", "--config", str(CONFIG)),
            XDG_DATA_HOME=str(self.folder / "box"),
            XDG_CONFIG_HOME=str(self.folder / "box"),
            HEARTH_WEB_SITES=str(self.places.sites),
            HEARTH_WEB_RUNTIME=str(self.places.runtime),
        )

    def start_authority(self) -> "subprocess.Popen[bytes]":
        data = str(self.folder / "ca")
        return self.start(
            *(str(self.caddy), "run", "--config", str(self.folder / "Caddyfile")),
            XDG_DATA_HOME=data,
            XDG_CONFIG_HOME=data,
        )

    def ask(
        self,
        scheme: str,
        port: int,
        path: str = "/",
        *,
        name: str = NAME,
        roots: str = "",
        host: str = "",
        filler: int = 0,
    ) -> Answer:
        """`name` is the one in TLS, "" for none, and in the request, unless `host` is. `roots`: whom to trust, "" to
        look at no certificate. Raises AssertionError where there is no answer."""
        argv = [sys.executable, "-c", _ASK, scheme, name, str(port), path, roots, host, str(filler)]
        done = subprocess.run(self.inside(*argv), check=False, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr.strip().splitlines()[-1:]
        return Answer(**json.loads(done.stdout))

    def bodies(self, scheme: str, port: int, name: str, hosts: list[str], paths: list[str]) -> list[str]:
        argv = self.inside(sys.executable, "-c", _ASK_MANY, json.dumps([scheme, name, port, hosts, paths]))
        done = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=50)
        assert done.returncode == 0, done.stderr.strip().splitlines()[-1:]
        return list(json.loads(done.stdout))

    def speaks_http3(self, port: int) -> bool:
        argv = self.inside(sys.executable, "-c", _QUIC, str(port))
        return subprocess.run(argv, check=False, capture_output=True, timeout=30).returncode == 0

    def words(self) -> str:
        return (self.folder / "log").read_text()

    def root(self, authority: str) -> str:
        """The certificate of one of the two authorities."""
        return str(self.folder / f"ca/caddy/pki/authorities/{authority}/root.crt")

    def until(self, what: object, seconds: float = 30.0) -> None:
        """Wait until a question is answered by yes."""
        assert callable(what)
        give_up = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < give_up, (self.folder / "log").read_text()[-4000:]
            time.sleep(0.05)

    def answers(self, scheme: str, port: int, name: str = NAME) -> bool:
        try:
            self.ask(scheme, port, name=name)
        except AssertionError:
            return False
        return True


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """With the servers behind the box's web server, and the web server."""
    for each in ("run", "sites", "box", "ca"):
        (folder / each).mkdir()
    (folder / "hosts").write_text(f"127.0.0.1 localhost\n127.0.0.1 {NAME} ca.example.net\n")
    (folder / "Caddyfile").write_text(_AUTHORITY)
    caddy = debian.program("caddy", "usr/bin/caddy")
    argv = [*_AS_ROOT, sys.executable, "-c", _BEGIN, str(folder / "hosts")]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as first:
        made = World(folder, first.pid, caddy)
        try:
            assert first.stdout is not None
            assert first.stdout.readline() == b"ready\n"
            made.behind = made.start(sys.executable, "-c", _BEHIND)
            made.box = made.start_box()
            made.until(lambda: made.answers("http", 80))
            yield made
        finally:
            for process in [*made.running, first]:
                process.terminate()
            for process in made.running:
                process.wait(20)
