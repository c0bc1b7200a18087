# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two boxes try for each other whether they can be reached; and what a stranger can make of a box that helps so."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from appliance.fediverse.reach.helper import ASK, EACH
from tests.end_to_end.waiting import eventually
from tests.lab.box import Box
from tests.lab.probes import asked_by_https, fetches
from tests.lab.spaces import Namespace
from tests.lab.town import OWN_PAGE, Town

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NONCE = "0123456789abcdef" * 2


def ask(town: Town, query: str, whence: Namespace | None = None, **headers: str) -> tuple[int, str]:
    """A stranger asks the box at the linden to try it."""
    where = (whence or town.world.visitor, town.linden.home.outside, town.linden.name, town.authority.root)
    return asked_by_https(*where, "POST", f"{ASK}?{query}", b"", {"Content-Length": "0", **headers})


@contextlib.contextmanager
def tarpit(where: Namespace, *ports: int) -> Iterator[list[str]]:
    """Somebody who takes every connection and never says anything; from whom they came."""
    came: list[str] = []
    held: list[socket.socket] = []
    with contextlib.ExitStack() as stack:
        for port in ports:
            with where.inside():
                line = stack.enter_context(socket.create_server(("", port)))

            def accept(line: socket.socket = line) -> None:
                with contextlib.suppress(OSError):
                    while True:
                        one, (address, _) = line.accept()
                        held.append(one)
                        came.append(address)

            threading.Thread(target=accept, daemon=True).start()
            stack.callback(line.shutdown, socket.SHUT_RDWR)
        yield came
        for one in held:
            one.close()


def until_tried(box: Box) -> str:
    """What came of it. Until its friend has a certificate a box gets no answer, and it asks seldom."""
    for _ in range(12):
        if found := box.way().facts.get("tried from outside"):
            return found
        box.supervisor.internet_look()
        time.sleep(5)
    raise AssertionError(f"nobody tries to reach {box.name}")


def test_each_finds_the_other_by_both_kinds_of_address(town: Town) -> None:
    for box in town.boxes:
        found = until_tried(box)
        seen = box.way().facts["address seen outside"].split(", ")
        assert seen == [box.home.outside, box.home.address6]
        for address in (box.home.outside, box.home.address6):
            for port in ("80 TCP", "443 TCP", "443 UDP"):
                assert f"{port} at {address}: reached" in found


def test_a_stranger_is_tried_itself_whatever_it_says_of_where_it_comes_from(town: Town) -> None:
    visitor, victim = town.world.visitor, town.quince.home.outside
    for forged in ({"X-Forwarded-For": victim}, {"X-Real-IP": victim}, {"Forwarded": f"for={victim}"}):
        status, answer = ask(town, f"nonce={NONCE}&name={town.quince.name}", **forged)
        assert status == 200
        said = json.loads(answer)
        assert (said["address"], said["tcp80"], said["tcp443"]) == (visitor.address, "refused", "refused")


def test_a_slow_stranger_holds_up_nobody(town: Town) -> None:
    visitor = town.world.visitor
    with tarpit(visitor, 80, 443) as came, ThreadPoolExecutor(10) as pool:
        answers = [pool.submit(ask, town, f"nonce={NONCE}&name=a.example.org") for _ in range(10)]
        eventually("it is tried", lambda: len(came) == 2)
        assert fetches(visitor, town.linden.home.outside, town.linden.name, town.authority.root, OWN_PAGE)[0] == 200
        statuses = sorted(each.result()[0] for each in answers)
    assert statuses == [200] + [429] * 9
    assert came == [town.linden.home.outside] * 2


def test_what_is_no_question_is_refused_and_so_is_who_is_at_home(town: Town) -> None:
    for query in ("", "nonce=x", f"nonce={'0' * 3000}", f"nonce={NONCE}&address=11.0.0.53", f"nonce={NONCE}&port=22"):
        assert ask(town, query)[0] == 400
    assert ask(town, "nonce=" + "0" * 100_000)[0] in (400, 414, 431)
    neighbour = town.linden.home.host("neighbour", 20)
    assert asked_by_https(
        neighbour, town.linden.home.address, "hearth.local", None, "POST", f"{ASK}?nonce={NONCE}", b"", {}, port=80
    )[0] in (403, 405)


def test_a_flood_is_limited_and_the_box_goes_on(town: Town) -> None:
    statuses = [ask(town, f"nonce={NONCE}")[0] for _ in range(EACH + 10)]
    assert statuses[-5:] == [429] * 5
    assert 200 in statuses
    assert town.reached(town.linden)
