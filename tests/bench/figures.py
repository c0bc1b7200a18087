# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is asked of a running box, figure by figure."""

import contextlib
import itertools
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import urllib3

from tests.bench import load, signed
from tests.bench.history import TAGS
from tests.bench.people import HOSTS, People
from tests.end_to_end.box import REPOSITORY, Box
from tests.end_to_end.waiting import eventually

CONNECTIONS = 16
SENDERS = 16
_DELIVERY_SECONDS = 120.0


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def lists(people: People, thread: int) -> dict[str, list[str]]:
    """Addresses by the name of what they show: as many different ones as there are members, that no answer is one
    that was kept."""
    shown = range(len(people.members))
    return {
        "home": ["/api/v1/timelines/home?limit=20" for _ in shown],
        "public": ["/api/v1/timelines/public?limit=20" for _ in shown],
        "hashtag": [f"/api/v1/timelines/tag/tag{number % TAGS}?limit=20" for number in shown],
        "account": [f"/api/v1/accounts/{id}/statuses?limit=20" for id in people.members],
        "notifications": ["/api/v1/notifications?limit=20" for _ in shown],
        "context of 200": [f"/api/v1/statuses/{thread}/context" for _ in shown],
    }


def read(box: Box, people: People, paths: list[str], *, count: int) -> load.Result:
    """Each request by another member than the one before, and none like an earlier one, so that each is worked on. One
    after another, as two might meet in one process or not."""
    requests = []
    members = itertools.cycle(zip(people.tokens, paths, strict=True))
    for number, (token, path) in zip(range(count), members, strict=False):
        url = f"{box.instance}{path}{'&' if '?' in path else '?'}number={number}"
        requests.append(load.get(url, bearer(token)))
    return load.send(box.instance, requests, connections=1)


def posts(box: Box, people: People, *, count: int) -> load.Result:
    """One after another, by one client; nobody elsewhere follows who writes."""
    url = f"{box.instance}/api/v1/statuses"
    headers = bearer(people.tokens[0]) | {"Content-Type": "application/x-www-form-urlencoded"}
    requests = [load.post(url, headers, f"status=The+soup+is+ready,+pot+{number}".encode()) for number in range(count)]
    return load.send(url, requests, connections=1)


def inbox(box: Box, people: People, *, count: int, prefix: str) -> load.Result:
    url = f"{box.instance}/inbox"
    return load.send(url, signed.creates(url, people.signers, count=count, prefix=prefix), connections=SENDERS)


class Deliveries:
    """A post to everybody elsewhere: how long its author waited, and until when it was everywhere."""

    def __init__(self, box: Box, people: People, port: int) -> None:
        self._box = box
        self._people = people
        self._sink = f"http://127.0.0.1:{port}/"
        self.answered = self.done = 0.0
        self.taken = self.doubled = 0

    def run(self) -> None:
        headers = bearer(self._people.famous)
        started = time.time()
        response = self._box.http.request(
            "POST", f"{self._box.instance}/api/v1/statuses", fields={"status": "Soup for all"}, headers=headers
        )
        assert response.status == 200, response.data
        self.answered = time.time() - started
        while time.time() < started + _DELIVERY_SECONDS:
            seen = json.loads(urllib3.request("GET", self._sink).data)
            self.taken, self.doubled, self.done = seen["taken"], seen["doubled"], seen["last"] - started
            if self.taken >= HOSTS:
                break
            time.sleep(0.1)

    def beside(self, work: Callable[[], load.Result]) -> load.Result:
        """The same while somebody reads; what the reader met."""
        with ThreadPoolExecutor() as pool:
            delivered = pool.submit(self.run)
            read = work()
            delivered.result()
        return read


def free_port() -> int:
    """One that no outgoing connection is given meanwhile."""
    for port in range(20_000, 30_000):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


@contextmanager
def sink(port: int) -> Iterator[None]:
    """All other servers."""
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.sink", str(port)], cwd=REPOSITORY)
    try:
        url = f"http://127.0.0.1:{port}/"
        eventually("all other servers listen", lambda: urllib3.request("GET", url, retries=False).status == 200)
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)
