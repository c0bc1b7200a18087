# SPDX-License-Identifier: AGPL-3.0-or-later
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests import debian
from tests.end_to_end.box import world_traversable_folder
from tests.end_to_end.waiting import eventually
from tests.fediverse_peers import trixie
from tests.fediverse_peers.servers import OURS, OURS_PORT, THEIRS, THEIRS_PORT, Hearth, Snac
from tests.fediverse_peers.world import Client, World

_TOOLS = ("unshare", "nsenter", "ip", "mount")


def missing() -> str:
    """Why these tests cannot run here; "" if they can."""
    if os.geteuid() != 0:
        return "networks of their own need root"
    absent = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if absent or not debian.available() or not trixie.available():
        return f"this machine lacks {', '.join(absent) or 'apt or the keys of Debian'}"
    return ""


@dataclass(frozen=True)
class Friends:
    """anna and bea here, sam and sue there; anna and sam follow each other."""

    anna: Client
    bea: Client
    sam: Client
    sue: Client
    hearth: Hearth
    snac: Snac


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    if reason := missing():
        pytest.skip(f"left out: {reason}")
    caddy = debian.program("caddy", "usr/bin/caddy")
    folder = world_traversable_folder()
    try:
        with World(folder, caddy, {OURS: OURS_PORT, THEIRS: THEIRS_PORT}) as made:
            try:
                yield made
            finally:
                print(made.logs())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def friends(world: World) -> Friends:
    tree = trixie.unpacked("snac2")
    snac = Snac(world, tree)
    snac.start()
    sam, sue = snac.add("sam"), snac.add("sue")
    hearth = Hearth(world)
    anna, bea = hearth.add("anna"), hearth.add("bea")
    hearth.start()
    follow(anna, f"sam@{THEIRS}")
    follow(sam, f"anna@{OURS}")
    eventually("anna follows sam", lambda: relation(anna, f"sam@{THEIRS}")["following"], seconds=60)
    eventually("sam follows anna", lambda: account(anna)["followers_count"] == 1, seconds=60)
    return Friends(anna, bea, sam, sue, hearth, snac)


def find(who: Client, handle: str) -> str:
    """The id by which somebody is known at a server."""
    found = who.get(f"/api/v2/search?q=@{handle}&resolve=true&type=accounts")["accounts"]
    return str(next(each["id"] for each in found if each["acct"] == handle))


def follow(who: Client, handle: str) -> None:
    who.post(f"/api/v1/accounts/{find(who, handle)}/follow")


def relation(who: Client, handle: str) -> dict[str, bool]:
    found: list[dict[str, bool]] = who.get(f"/api/v1/accounts/relationships?id[]={find(who, handle)}")
    return found[0]


def account(who: Client) -> dict[str, int]:
    found: dict[str, int] = who.get("/api/v1/accounts/verify_credentials")
    return found
