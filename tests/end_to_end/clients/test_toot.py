# SPDX-License-Identifier: AGPL-3.0-or-later
"""toot (PyPI), unmodified: a person's session on the command line, beginning with the login by browser."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.box import REPOSITORY
from tests.end_to_end.clients.conftest import Place

TOOT = (sys.executable, "-m", "toot")
PICTURE = REPOSITORY / "appliance/fediverse/mastodon_api/drawings/avatar-1.png"


class Toot:
    """A home folder with toot's settings, somebody logged in."""

    def __init__(self, place: Place, home: Path, username: str) -> None:
        self._environment = {**os.environ, "XDG_CONFIG_HOME": str(home), "HOME": str(home), "NO_COLOR": "1"}
        self._log_in(place, username)

    def __call__(self, *arguments: str, typed: str = "") -> str:
        done = subprocess.run(
            [*TOOT, *arguments],
            env=self._environment,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"toot {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def refused(self, *arguments: str) -> str:
        done = subprocess.run(
            [*TOOT, *arguments], env=self._environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode != 0, done.stdout
        return done.stdout + done.stderr

    def _log_in(self, place: Place, username: str) -> None:
        """It prints an address, and waits for the code that a browser is shown there."""
        with subprocess.Popen(
            [*TOOT, "login", "--instance", place.url],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            address = next(line.strip() for line in process.stdout if "/oauth/authorize" in line)
            code = place.visitor(username).consent(address)
            rest, _ = process.communicate(f"n\n{code}\n", timeout=60)
        assert process.returncode == 0, rest
        assert "Successfully logged in" in rest


@pytest.fixture(scope="module")
def anna(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Toot:
    return Toot(place, tmp_path_factory.mktemp("anna"), "anna")


@pytest.fixture(scope="module")
def ben(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Toot:
    return Toot(place, tmp_path_factory.mktemp("ben"), "ben")


def _id(printed: str) -> str:
    found = re.search(r"/(\d{10,})", printed)
    assert found, printed
    return found[1]


def test_who_and_where(anna: Toot, place: Place) -> None:
    assert "@anna" in anna("whoami")
    assert "@ben" in anna("whois", "ben")
    assert "The Shed" in anna("instance", place.url)
    assert "anna@" in anna("auth")
    anna("update-account", "--display-name", "Anna T.")
    assert "Anna T." in anna("whoami")


def test_a_post_and_what_others_do_with_it(anna: Toot, ben: Toot) -> None:
    ben("follow", "anna")
    status = _id(anna("post", "Plums on the table #plums", "--visibility", "public", "--language", "en"))
    for timeline in (("home",), ("public", "--local"), ("tag", "plums"), ("account", "anna")):
        assert "Plums on the table" in ben("timelines", *timeline, "--no-pager"), timeline
    reply = _id(ben("post", "@anna any left?", "--reply-to", status))
    assert "any left?" in anna("thread", status)
    for verb in ("favourite", "reblog", "bookmark"):
        ben(verb, status)
    assert "Plums" in ben("bookmarks")
    assert "ben" in anna("reblogged-by", status)
    told = anna("notifications")
    assert "ben" in told
    assert "any left?" in told
    for verb in ("unfavourite", "unreblog", "unbookmark"):
        ben(verb, status)
    anna("pin", status)
    anna("unpin", status)
    assert "Plums" in anna("status", status)
    ben("delete", reply)
    anna("delete", status)
    assert "not found" in ben.refused("status", status).lower()


def test_pictures_polls_and_later(anna: Toot, ben: Toot) -> None:
    assert anna("upload", str(PICTURE), "--description", "A face")
    status = _id(anna("post", "Look", "--media", str(PICTURE), "--description", "A face"))
    assert "A face" in ben("status", status) or PICTURE.suffix in ben("status", status)
    assert _id(anna("post", "Red or white?", "--poll-option", "red", "--poll-option", "white"))
    assert "scheduled" in anna("post", "Tomorrow", "--scheduled-in", "1 day").lower()


def test_people_lists_and_tags(anna: Toot, ben: Toot) -> None:
    assert "ben" in anna("followers", "anna")
    assert "anna" in ben("following", "ben")
    for verb, undo, listed in (("mute", "unmute", "muted"), ("block", "unblock", "blocked")):
        anna(verb, "cleo")
        assert "cleo" in anna(listed)
        anna(undo, "cleo")
    anna("lists", "create", "Bakers")
    anna("follow", "ben")
    anna("lists", "add", "Bakers", "ben")
    assert "Bakers" in anna("lists", "list")
    assert "ben" in anna("lists", "accounts", "Bakers")
    anna("lists", "delete", "Bakers")
    anna("tags", "follow", "plums")
    assert "plums" in anna("tags", "followed")
    anna("tags", "unfollow", "plums")
    assert "ben" in anna("search", "ben")


def test_whoever_logs_out_is_out(place: Place, tmp_path: Path) -> None:
    cleo = Toot(place, tmp_path, "cleo")
    printed: Any = cleo("logout", f"cleo@{place.box.host}")
    assert "logged out" in printed.lower()
    cleo.refused("whoami")
