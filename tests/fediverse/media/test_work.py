# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can come between an upload and its picture: the power, the disk, its owner."""

import errno
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.config import Config
from appliance.errors import Unavailable
from appliance.fediverse.context import WAITS, Context
from appliance.fediverse.db.tables import media
from appliance.fediverse.media.waiting import wait
from appliance.fediverse.media.work import FILMS, PICTURES, work_on_next
from appliance.fediverse.media.workshop import Workshop
from appliance.system.clock import VirtualClock
from appliance.system.files import VirtualFiles
from tests.fediverse.conftest import Person
from tests.fediverse.media_files import form, picture


@pytest.fixture
def waiting(anna: Person) -> str:
    """The path of an upload that nobody has worked on."""
    response = anna.ask("POST", "/api/v2/media", data=form(picture()))
    assert response.json is not None
    return f"/api/v1/media/{response.json['id']}"


def test_what_a_power_cut_interrupted_is_taken_up_again(
    anna: Person, waiting: str, context: Context, workshop: Workshop
) -> None:
    with context.database.write() as tx:
        tx.execute(sa.update(media).values(state="working", tries=1))
    assert anna.ask("GET", waiting).status_code == 206
    assert work_on_next(context, workshop)
    assert anna.get(waiting)["url"]
    assert not work_on_next(context, workshop)


def test_an_upload_whose_file_is_gone_fails(
    anna: Person, waiting: str, context: Context, workshop: Workshop, config: Config
) -> None:
    for path in (config.fediverse_state / "media/incoming").iterdir():
        path.unlink()
    assert work_on_next(context, workshop)
    anna.refused(422, "GET", waiting)


def test_what_is_deleted_while_it_is_worked_on_leaves_nothing(
    anna: Person, waiting: str, context: Context, config: Config, monkeypatch: pytest.MonkeyPatch, workshop: Workshop
) -> None:
    real = workshop.picture

    def slow(*arguments: Any, **more: Any) -> Any:
        with context.database.write() as tx:
            tx.execute(sa.delete(media))
        return real(*arguments, **more)

    monkeypatch.setattr(workshop, "picture", slow)
    assert work_on_next(context, workshop)
    assert not [path for path in (config.fediverse_state / "media").rglob("*") if path.is_file()]


def test_on_a_full_disk_it_waits_and_goes_on(anna: Person, waiting: str, context: Context, workshop: Workshop) -> None:
    files = VirtualFiles()
    full = replace(context, files=files)
    files.fail_with(errno.ENOSPC)
    for _ in range(5):
        with pytest.raises(Unavailable):
            work_on_next(full, workshop)
    assert anna.ask("GET", waiting).status_code == 206
    files.fail_with(None)
    assert work_on_next(full, workshop)
    assert anna.get(waiting)["url"]


def test_pictures_and_films_wait_in_lines_of_their_own(
    waiting: str, context: Context, workshop: Workshop, work: Callable[[], None]
) -> None:
    assert not work_on_next(context, workshop, FILMS)
    assert work_on_next(context, workshop, PICTURES)
    assert not work_on_next(context, workshop, PICTURES)


def test_where_enough_wait_already_nobody_else_does(context: Context, clock: VirtualClock, waiting: str) -> None:
    media_id = int(waiting.rpartition("/")[2])
    before = clock.monotonic()
    for _ in range(WAITS):
        assert context.waits.acquire(blocking=False)
    assert wait(context, media_id, 8.0)
    assert clock.monotonic() == before
    context.waits.release()
    assert wait(context, media_id, 8.0)
    assert clock.monotonic() >= before + 8.0
    assert context.waits.acquire(blocking=False), "the place is free again"
