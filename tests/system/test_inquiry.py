# SPDX-License-Identifier: AGPL-3.0-or-later
"""Questions put to real children in their cages."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.errors import HearthError, Unavailable
from appliance.system.cage import Cage
from appliance.system.inquiry import inquire
from appliance.system.runner import Completed, SystemRunner, VirtualRunner

WALLS = Cage("", 256 * 2**20, 5, 0)
CHILDREN = """
import os, socket, sys

def answer(asked):
    what = asked["what"]
    if what == "echo":
        return {"said": what, "uid": os.geteuid()}
    if what == "write":
        open("/tmp/should-not-be-there", "w")
    if what == "memory":
        return len(bytearray(2**30))
    if what == "talk":
        sys.stdout.write("x" * 2**20)
    if what == "nonsense":
        sys.stdout.write("{")
    if what == "deep":
        sys.stdout.write("[" * 60000)
        sys.stdout.flush()
        os._exit(0)
    if what == "network":
        socket.socket()
    if what == "wait":
        import time
        time.sleep(60)
    return None
"""


@dataclass(frozen=True)
class Asked:
    what: str


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """One that a child finds, as its name lies in the folder that the code comes from."""
    (tmp_path / "appliance").symlink_to(Path(__file__).parent.parent.parent / "appliance")
    (tmp_path / "childs_play.py").write_text(CHILDREN)
    tmp_path.chmod(0o755)
    monkeypatch.setattr("appliance.system.inquiry._ROOT", tmp_path)
    yield "childs_play"
    sys.modules.pop("childs_play", None)


def ask(module: str, what: str, *, seconds: float = 5.0, walls: Cage = WALLS) -> object:
    return inquire(SystemRunner(), module, Asked(what), walls, seconds)


def test_a_child_answers_as_nobody_where_it_needs_the_network(module: str) -> None:
    there = ask(module, "echo", walls=Cage("", 256 * 2**20, 5, 0, network=True))
    assert isinstance(there, dict)
    assert there["said"] == "echo"
    assert there["uid"] != 0


@pytest.mark.parametrize("what", ["write", "memory", "talk", "nonsense", "deep", "network"])
def test_a_child_that_breaks_out_or_talks_nonsense_is_no_answer(module: str, what: str) -> None:
    with pytest.raises(Unavailable, match="could not find that out"):
        ask(module, what)
    assert not Path("/tmp/should-not-be-there").exists()


def test_a_child_that_takes_its_time_is_no_answer(module: str) -> None:
    with pytest.raises(Unavailable):
        ask(module, "wait", seconds=0.2)


def test_a_runner_that_fails_is_told() -> None:
    with pytest.raises(HearthError):
        inquire(VirtualRunner(), "nothing", Asked("echo"), WALLS, 1.0)


def test_an_answer_beside_a_failure_does_not_count() -> None:
    class Odd(VirtualRunner):
        def question(self, *_: object, **__: object) -> Completed:
            return Completed(1, b"{}", b"")

    with pytest.raises(Unavailable):
        inquire(Odd(), "nothing", Asked("echo"), WALLS, 1.0)
