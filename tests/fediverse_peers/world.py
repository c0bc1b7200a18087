# SPDX-License-Identifier: AGPL-3.0-or-later
"""World: a network that nothing leaves, with names, addresses that look public, and TLS by an authority of its own.

Every process of it runs in namespaces of its own (network, mounts, processes) and is gone with the first of them. The
test asks its servers over Unix sockets, which no network is needed for.
"""

import contextlib
import http.client
import json
import os
import shlex
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from urllib3.filepost import encode_multipart_formdata

from tests.end_to_end.waiting import eventually
from tests.fediverse_peers.authority import Authority

_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_SECONDS = 30


class World:
    """`servers` are the ports on which each host's server listens, behind the world's web server."""

    def __init__(self, folder: Path, caddy: Path, servers: Mapping[str, int]) -> None:
        self.folder = folder
        self._caddy = caddy
        self._servers = dict(servers)
        self._addresses = {host: f"11.0.0.{number}" for number, host in enumerate(servers, start=1)}
        self._first: subprocess.Popen[bytes] | None = None
        self._inside = 0
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "World":
        authority = Authority(self.folder)
        blocks = [self._site(authority, host, port) for host, port in self._servers.items()]
        (self.folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + "".join(blocks))
        hosts = "".join(f"{address} {host}\n" for host, address in self._addresses.items())
        (self.folder / "hosts").write_text(f"127.0.0.1 localhost\n{hosts}")
        script = [
            f"mount --bind {self._quoted('hosts')} /etc/hosts",
            f"mount --bind {self._quoted('root.pem')} {_CERTIFICATES}",
            "ip link set lo up",
            *(f"ip address add {address}/32 dev lo" for address in self._addresses.values()),
            f"echo up > {self._quoted('up')}",
            "exec sleep infinity",
        ]
        apart = ["unshare", "--net", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
        command = [*apart, "--mount-proc", "sh", "-ec", "\n".join(script)]
        self._first = subprocess.Popen(command, start_new_session=True)
        eventually("the world begins", (self.folder / "up").exists, seconds=_SECONDS)
        self._inside = int(_children(self._first.pid)[0])
        self.start("caddy", [str(self._caddy), "run", "--config", str(self.folder / "Caddyfile")])
        for host in self._servers:
            eventually(f"the web server for {host}", self.socket(host).exists, seconds=_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._running):
            process.terminate()
        for process in self._running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
        if self._first is not None:
            os.killpg(self._first.pid, signal.SIGKILL)
            self._first.wait(10)

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """A server, for as long as the world is there."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running.append(
                subprocess.Popen([*self._enter(), *command], stdout=log, stderr=log, env=self._environment(environment))
            )

    def run(self, command: Sequence[str], given: str = "", environment: Mapping[str, str] | None = None) -> str:
        """A command to its end; what it wrote."""
        done = subprocess.run(
            [*self._enter(), *command],
            input=given,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            env=self._environment(environment),
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def socket(self, host: str) -> Path:
        return self.folder / f"{host}.sock"

    def logs(self) -> str:
        parts = (f"--- {path.name}\n{path.read_text()[-6000:]}" for path in sorted(self.folder.glob("*.log")))
        return "\n".join(parts)

    def _environment(self, more: Mapping[str, str] | None) -> dict[str, str]:
        own = {"HOME": str(self.folder), "PATH": os.environ["PATH"], "SSL_CERT_FILE": _CERTIFICATES, "LANG": "C.UTF-8"}
        return own | dict(more or {})

    def _enter(self) -> list[str]:
        return ["nsenter", "--target", str(self._inside), "--net", "--mount", "--pid"]

    def _site(self, authority: Authority, host: str, port: int) -> str:
        certificate, key = authority.certify(host)
        # snac2 closes every connection without saying so.
        alone = "\t\ttransport http {\n\t\t\tkeepalive off\n\t\t}\n"
        return (
            f"https://{host} {{\n\tbind {self._addresses[host]}\n\ttls {certificate} {key}\n"
            f"\treverse_proxy 127.0.0.1:{port} {{\n{alone}\t}}\n}}\n"
            f"http://{host} {{\n\tbind unix/{self.socket(host)}\n"
            f"\treverse_proxy 127.0.0.1:{port} {{\n\t\theader_up X-Forwarded-Proto https\n{alone}\t}}\n}}\n"
        )

    def _quoted(self, name: str) -> str:
        return shlex.quote(str(self.folder / name))


class Client:
    """Asks the Mastodon API of one server of the world with a token."""

    def __init__(self, world: World, host: str, token: str) -> None:
        self._socket, self.host, self._token = world.socket(host), host, token

    def get(self, path: str) -> Any:
        return self.ask("GET", path)

    def post(self, path: str, *fields: tuple[str, Any]) -> Any:
        return self.ask("POST", path, fields)

    def post_json(self, path: str, document: Any) -> Any:
        return self._ask("POST", path, json.dumps(document).encode(), "application/json")

    def ask(self, method: str, path: str, fields: Sequence[tuple[str, Any]] = ()) -> Any:
        # A POST without any body makes snac2 hang up.
        sent = list(fields) or ([("unused", "")] if method == "POST" else [])
        return self._ask(method, path, *(encode_multipart_formdata(sent) if sent else (b"", "")))

    def _ask(self, method: str, path: str, body: bytes, kind: str) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} | ({"Content-Type": kind} if kind else {})
        status, answer = raw(self._socket, self.host, method, path, body, headers)
        assert 200 <= status < 300, (method, path, status, answer)
        return json.loads(answer) if answer else None


def raw(
    path: Path, host: str, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> tuple[int, str]:
    connection = http.client.HTTPConnection(host, timeout=_SECONDS)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(_SECONDS)
    connection.sock.connect(str(path))
    try:
        connection.request(method, target, body or None, dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
