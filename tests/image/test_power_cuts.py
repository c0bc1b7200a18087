# SPDX-License-Identifier: AGPL-3.0-or-later
"""The plug is pulled at random moments of a card's first start, of its set-up and of posting: it starts again each
time by itself, its file systems are sound, and nothing that was acknowledged is lost."""

import os
import random
import threading
import time
from collections.abc import Callable

import pytest
from mastodon import MastodonError
from playwright.sync_api import Error as BrowserError

from tests.image import filesystems, machine
from tests.image.owner import STEPS, Owner, owner

# How long what is cut takes under emulation at the most, in seconds.
FIRST_START, SET_UP, POSTING = 90.0, 25.0, 20.0

pytestmark = pytest.mark.timeout(3000)


@pytest.fixture(scope="session")
def seed() -> str:
    """HEARTH_SEED=… cuts at the moments of an earlier run again."""
    return os.environ.get("HEARTH_SEED", str(random.randrange(1_000_000)))


@pytest.mark.parametrize(
    ("life", "posting"),
    [(0, 1), pytest.param(1, 2, marks=pytest.mark.long), pytest.param(2, 1, marks=pytest.mark.long)],
)
def test_nothing_is_lost_when_the_plug_is_pulled(
    fresh: Callable[[], machine.Box], seed: str, life: int, posting: int
) -> None:
    """Each life begins with a fresh card. Three cuts, and in the long form ten (two lives more, once posting twice)."""
    box = fresh()
    dice = random.Random(f"{seed} {life}")
    print(f"HEARTH_SEED={seed}, life {life}")
    box.start(more_words=machine.SHELL_WORDS)
    moment = dice.uniform(1.0, FIRST_START)
    time.sleep(moment)
    look_and_start_again(box, "the first start", moment)
    clara = set_up(box, dice.uniform(0.5, SET_UP))
    for _ in range(posting):
        burst(clara, dice.uniform(0.5, POSTING))
    box.kill()


def set_up(box: machine.Box, moment: float) -> Owner:
    """By the card's code. Answers that the wizard has taken need not be given again."""
    with owner(box, patience=40) as first:
        cut = threading.Timer(moment, box.kill)
        cut.start()
        try:
            first.set_up(by_button=False)
        except BrowserError as error:
            print("the browser says", str(error).partition("\n")[0])
        cut.join(timeout=60)
        look_and_start_again(box, "set-up", moment)
        print("acknowledged before the cut:", first.answered)
    with owner(box) as clara:
        clara.set_up(by_button=False)
        # The one that was under way may have been taken or not; the browser is another one, and logs in.
        again = [step for step in clara.answered if step in first.answered and step != "claim"]
        assert again == [], f"{again} had been answered"
        under_way = next(step for step in STEPS if step not in first.answered)
        assert {*first.answered, under_way, *clara.answered} >= set(STEPS[1:-1])
        assert clara.app
    return clara


def burst(clara: Owner, moment: float) -> None:
    """Posts one after the other until the power goes."""
    already = set(clara.posted)
    cut = threading.Timer(moment, clara.box.kill)
    cut.start()
    try:
        while True:
            clara.post(f"post {len(clara.posted)}, {moment:.1f} s before the cut")
    except MastodonError:
        cut.join(timeout=60)
    print(f"{len(set(clara.posted) - already)} posts were answered")
    look_and_start_again(clara.box, "posting", moment)
    there = clara.posts()
    assert [text for text in clara.posted if there.count(text) != 1] == []
    assert len(there) <= len(clara.posted) + 1, "only the one that was under way can be there as well"


def look_and_start_again(box: machine.Box, during: str, moment: float) -> None:
    box.kill()
    print(f"cut {moment:.1f} s after the begin of {during}")
    filesystems.assert_clean(box.card, box.folder)
    box.wake()
    assert box.shell("findmnt -no FSTYPE /var") == "ext4"
