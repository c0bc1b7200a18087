# SPDX-License-Identifier: AGPL-3.0-or-later
"""Processes, files, time, the network and hardware are touched in appliance/system and appliance/board only."""

from pathlib import Path

import pytest

from tests import effects, repository

DOORS = ("appliance/system/", "appliance/board/")
# Where something else is right: file, what it does there, and why no door stands in between.
EXCEPTIONS = {
    ("appliance/cli/__init__.py", "os.open"): "the way to silence an output whose reader (head, less) went away",
}


def strays_outside_the_doors() -> dict[tuple[str, str], str]:
    """(file, what) to the words in which to tell it."""
    found = {}
    for path in repository.files(repository.ROOT / "appliance"):
        name = str(path.relative_to(repository.ROOT))
        if path.suffix == ".py" and not name.startswith(DOORS):
            for stray in effects.find(path.read_text()):
                found[name, stray.what] = f"{name}:{stray}"
    return found


def test_the_world_is_touched_at_its_doors_only() -> None:
    found = [words for key, words in strays_outside_the_doors().items() if key not in EXCEPTIONS]
    assert not found, "\n".join(["", *found])


def test_no_exception_is_left_over() -> None:
    assert set(EXCEPTIONS) <= set(strays_outside_the_doors())


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess",
        "import subprocess as s\ns.run(['ls'])",
        "from subprocess import run",
        "import os\nos.system('ls')",
        "import os\nos.popen('ls')",
        "import os\nos.execv('/bin/ls', [])",
        "import os\nos.fork()",
        "from os import fork as split",
        "import asyncio\nasyncio.create_subprocess_exec('ls')",
        "import multiprocessing",
        "open('a', 'w')",
        "open('a', mode='ab')",
        "open('a', 'x')",
        "open('a', 'r+')",
        "open('a', how)",
        "import io\nio.open('a', 'w')",
        "path.open('w')",
        "path.open(mode='a')",
        "path.write_text('')",
        "path.write_bytes(b'')",
        "path.unlink(missing_ok=True)",
        "path.mkdir()",
        "path.touch()",
        "path.touch(exist_ok=False)",
        "path.chmod(0o600)",
        "from pathlib import Path\nPath('a').rename('b')",
        "import pathlib\npathlib.Path('a').replace('b')",
        "import os\nos.replace('a', 'b')",
        "import os\nos.remove('a')",
        "import os\nos.makedirs('a')",
        "from os import rename",
        "import shutil\nshutil.rmtree('a')",
        "import shutil as s\nwith_it = s.copy2",
        "import tempfile",
        "import time\ntime.time()",
        "import time as t\nlater(t.monotonic)",
        "from time import sleep",
        "from datetime import datetime\ndatetime.now()",
        "from datetime import UTC, datetime as when\nwhen.now(UTC)",
        "import datetime\ndatetime.datetime.utcnow()",
        "from datetime import date\ndate.today()",
        "import socket",
        "from socket import create_connection",
        "import urllib.request",
        "from urllib.request import urlopen",
        "from urllib import request",
        "import urllib3",
        "import requests",
        "import httpx",
        "import aiohttp",
        "from aiohttp import ClientSession",
        "import http.client",
        "def late():\n    import socket",
        "LED = '/sys/class/leds/status'",
        "DISK = '/dev/sda'",
        "import gpiod",
        "import pyudev",
        "import psutil",
        "import netifaces",
        "import platform\nplatform.node()",
        "import jeepney",
    ],
)
def test_a_stray_is_found(source: str) -> None:
    (stray, *_) = effects.find(source)
    assert stray.line == source[: source.rfind("\n") + 1].count("\n") + 1 or stray.line == 1
    assert stray.instead


@pytest.mark.parametrize(
    "source",
    [
        "open('a')",
        "open('a', 'rb')",
        "path.open()",
        "path.open('rb')",
        "path.read_bytes()",
        "browser.open('a page')",
        "sessions.open(tx, account, browser, address)",
        "text.replace('a', 'b')",
        "dataclasses.replace(status, light=light)",
        "files.rename(source, target)",
        "moment.replace(microsecond=0)",
        "from urllib.parse import urlsplit",
        "import http\nhttp.HTTPStatus.OK",
        "import os\nos.environ.get('HOME')",
        "from datetime import datetime, timedelta\ndatetime.fromisoformat('2026-01-01')",
        "import asyncio\nasyncio.sleep(1)",
        "clock.sleep(1)",
        "sessions.touch(tx, token)",
        "time = 1\ntime.time",
        "'/dev/null'",
        '"""/sys/ is where the kernel shows its devices."""',
    ],
)
def test_what_is_harmless_is_left_alone(source: str) -> None:
    assert effects.find(source) == []


def test_a_stray_is_told_with_its_place_and_what_to_use(tmp_path: Path) -> None:
    path = tmp_path / "planted.py"
    path.write_text("import time\n\n\ndef wait() -> None:\n    time.sleep(1)\n")
    assert [str(stray) for stray in effects.find(path.read_text())] == [f"5: time.sleep: {effects.CLOCK}"]
