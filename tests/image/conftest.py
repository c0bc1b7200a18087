# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tests of the built image start only when asked for (`make test-image`); those of the tools beside them always do.

One machine is on at a time. Most tests visit the same box, `home`: its modules come first, so that it starts once.
"""

from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.image import machine
from tests.repository import ROOT

if TYPE_CHECKING:
    from tests.image.owner import Owner

IMAGE = ROOT / "build/image/qemu/hearth-qemu.img"
JOURNAL = "journalctl --boot --no-pager --quiet -o short-monotonic -n 120 | cut -c1-240; free --mega; date"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the machine that is on has noted stands beside what failed, since nobody can ask it afterwards."""
    report = yield
    boxes: list[machine.Box] = getattr(item, "funcargs", {}).get("bench", [])
    if report.failed and report.when == "call":
        for box in filter(machine.Box.running, boxes):
            try:
                report.sections.append(("the box's journal", box.shell(JOURNAL, seconds=60)))
            except (OSError, AssertionError) as error:
                report.sections.append(("the box's journal", f"It does not answer: {error!r}"))
    return report


@pytest.fixture(scope="session")
def bench(request: pytest.FixtureRequest) -> Iterator[list[machine.Box]]:
    """All machines there are. Their folders are kept with the temporary ones of pytest."""
    if not request.config.getoption("--image"):
        pytest.skip("only with --image, as it takes long (make test-image)")
    assert IMAGE.is_file(), "build it first: make image BOARD=qemu"
    boxes: list[machine.Box] = []
    yield boxes
    for each in boxes:
        each.kill()


@pytest.fixture(scope="session")
def fresh(bench: list[machine.Box], tmp_path_factory: pytest.TempPathFactory) -> Callable[[], machine.Box]:
    """Makes a freshly flashed card in a machine that is off, as all others are from then on."""

    def make() -> machine.Box:
        for each in bench:
            each.kill()
        bench.append(machine.Box(IMAGE, tmp_path_factory.mktemp("box")))
        return bench[-1]

    return make


@pytest.fixture(scope="module")
def box(fresh: Callable[[], machine.Box]) -> machine.Box:
    return fresh()


@pytest.fixture(scope="session")
def home_card(fresh: Callable[[], machine.Box]) -> machine.Box:
    return fresh()


@pytest.fixture
def home(bench: list[machine.Box], home_card: machine.Box) -> machine.Box:
    """The box that most tests share. It runs."""
    return _running(bench, home_card)


@pytest.fixture(scope="session")
def clara(bench: list[machine.Box], home_card: machine.Box) -> "Owner":
    """Who has set up the shared box. Her browser is closed again."""
    from tests.image.owner import owner  # takes what Debian does not have, and the tools' tests do without

    with owner(_running(bench, home_card)) as somebody:
        somebody.set_up(by_button=True)
        assert somebody.app
    return somebody


def _running(bench: list[machine.Box], box: machine.Box) -> machine.Box:
    if not box.running():
        for each in bench:
            each.kill()
        box.wake()
    return box
