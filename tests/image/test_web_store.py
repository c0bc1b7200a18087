# SPDX-License-Identifier: AGPL-3.0-or-later
"""The web server starts whatever a power cut left of its files: with one of them empty, Caddy alone never does."""

import http.client
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests import debian
from tests.image.machine import free_port
from tests.repository import ROOT

SCRIPT = ROOT / "image/overlay/usr/lib/hearth/web-store"
_CADDYFILE = """{{
	admin off
	skip_install_trust
	auto_https disable_redirects
}}
http://127.0.0.1:{plain} {{
	respond "here"
}}
https://box.internal:{internal} {{
	tls {{
		issuer internal
	}}
}}
https://box.example:{named} {{
	tls {{
		issuer acme {{
			dir https://127.0.0.1:1/directory
		}}
	}}
}}
"""
_NAMED = "certificates/127.0.0.1-1-directory/box.example/box.example"

needs_caddy = pytest.mark.skipif(not debian.available(), reason="caddy comes from Debian")


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store as it is after some time: with Caddy's own authority, and a certificate of another one's."""
    folder = tmp_path_factory.mktemp("used")
    named = folder / "caddy" / _NAMED
    named.parent.mkdir(parents=True)
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-days", "60", "-subj", "/CN=box.example"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-addext", "subjectAltName=DNS:box.example"),
            *("-keyout", named.with_suffix(".example.key"), "-out", named.with_suffix(".example.crt")),
        ],
        check=True,
        capture_output=True,
        timeout=30,
    )
    named.with_suffix(".example.json").write_text('{"sans": ["box.example"], "issuer_data": {}}')
    assert starts(folder)
    return folder


def starts(folder: Path) -> bool:
    ports = {name: free_port() for name in ("plain", "internal", "named")}
    (folder / "Caddyfile").write_text(_CADDYFILE.format(**ports))
    caddy = [debian.program("caddy", "usr/bin/caddy"), "run", "--config", folder / "Caddyfile"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    with subprocess.Popen(caddy, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            return _answers(process, ports["plain"])
        finally:
            process.terminate()


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    for _ in range(300):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/")
            return connection.getresponse().read() == b"here"
        except OSError:
            if process.poll() is not None:
                return False
            time.sleep(0.1)
        finally:
            connection.close()
    return False


def tidy(folder: Path) -> None:
    subprocess.run([SCRIPT], env={**os.environ, "XDG_DATA_HOME": str(folder)}, check=True, timeout=30)


@needs_caddy
@pytest.mark.parametrize("empty", ["pki/authorities/local/root.key", f"{_NAMED}.crt", f"{_NAMED}.json"])
def test_it_starts_though_a_file_is_empty(used: Path, tmp_path: Path, empty: str) -> None:
    shutil.copytree(used / "caddy", tmp_path / "caddy")
    (tmp_path / "caddy" / empty).write_bytes(b"")
    assert not starts(tmp_path)  # else the script is needed no longer
    tidy(tmp_path)
    assert starts(tmp_path)


@needs_caddy
def test_what_is_whole_is_kept(used: Path, tmp_path: Path) -> None:
    shutil.copytree(used / "caddy", tmp_path / "caddy")
    tidy(tmp_path)
    kept = {path.name for path in (tmp_path / "caddy").rglob("*") if path.is_file()}
    assert {"box.example.crt", "box.example.key", "box.example.json"} <= kept


def test_a_box_that_never_started_has_none(tmp_path: Path) -> None:
    tidy(tmp_path)
    assert list(tmp_path.iterdir()) == []
