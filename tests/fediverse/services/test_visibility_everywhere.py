# SPDX-License-Identifier: AGPL-3.0-or-later
"""No path shows a post to somebody who may not see it, whatever was done before. Seeds of failures are printed."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, note, settings

from appliance.config import Config
from appliance.fediverse.app import create_app
from appliance.fediverse.context import Context, database_url
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import members
from appliance.fediverse.model import Visibility
from appliance.fediverse.oauth import apps, tokens
from appliance.fediverse.services import accounts
from appliance.fediverse.services.keys import KeyPair
from appliance.system.clock import VirtualClock
from appliance.system.net import VirtualNet
from tests.fediverse.conftest import ALL, ORIGIN, Person
from tests.fediverse.services import visibility_paths
from tests.fediverse.services.visibility_world import MEMBERS, STORIES, Step, World, make_world

NewWorld = Callable[[], AbstractContextManager[World]]
VIEWERS = (*MEMBERS, None)


@pytest.fixture(scope="module")
def new_world(template: Path, keys: KeyPair) -> NewWorld:
    @contextmanager
    def made() -> Iterator[World]:
        with tempfile.TemporaryDirectory() as folder:
            config = Config(state=Path(folder), runtime=Path(folder), virtual=True, development_origin=ORIGIN)
            config.fediverse_state.mkdir()
            shutil.copy(template, config.fediverse_state / "database.sqlite")
            database = Database(database_url(config), VirtualClock())
            context = Context(database, VirtualClock(), VirtualNet(), config, ORIGIN)
            client = create_app(context).test_client()

            def person(name: str) -> Person:
                with database.write() as tx:
                    account_id = accounts.create_local(tx, name, keys)
                    values = {"password": "", "role": "member", "state": "active", "preferences": {}, "created_at": 0}
                    tx.execute(sa.insert(members).values(account_id=account_id, **values))
                    app, _ = apps.register(tx, apps.NewApp("Tests", (apps.OUT_OF_BAND,), ALL))
                    token = tokens.issue(tx, app.id, account_id, tuple(ALL.split())).secret.reveal()
                return Person(account_id, name, client, token)

            try:
                yield make_world(context, person)
            finally:
                database.close()

    return made


# A world is short enough to read as it is; making a failing one smaller would take minutes. For more of them:
# --hypothesis-profile=thorough.
WORLDS = settings.default.max_examples // 12
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


@pytest.mark.timeout(3600)
@given(STORIES)
@settings(max_examples=WORLDS, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
def test_nobody_sees_what_is_not_for_them(new_world: NewWorld, story: list[Step]) -> None:
    with new_world() as world:
        world.play(story)
        note("\n".join(str(step) for step in story))
        assert not world.missent
        for viewer in VIEWERS:
            if viewer not in world.suspended:
                check(world, viewer)


@pytest.mark.parametrize("verbs", [["boost", "block"], ["boost", "mute"], ["mute", "boost"]])
def test_whom_one_does_not_want_to_read_one_does_not_meet_by_one_s_own_boost(
    new_world: NewWorld, verbs: list[str]
) -> None:
    def step(verb: str, who: str, whom: str) -> Step:
        return Step(verb, who, whom, Visibility.PUBLIC, frozenset(), 0)

    with new_world() as world:
        world.play([step("post", "carol", "rita"), *(step(verb, "bob", "carol") for verb in verbs)])
        assert any(post.author == "bob" and post.boosted for post in world.posts)
        check(world, "bob")


def check(world: World, viewer: str | None) -> None:
    for path in visibility_paths.PATHS:
        for number, answer in enumerate(path(world, viewer)):
            leaks = world.leaks(viewer, answer)
            assert not leaks, (viewer, path.__name__, number, leaks, answer[:2000])
    if viewer is not None:
        unwelcome = world.unwelcome(viewer)
        shown = [where for where, whom in visibility_paths.met(world, viewer) if whom in unwelcome]
        assert not shown, (viewer, shown)
    for post in world.posts:
        seen = not visibility_paths.ask(world, viewer, f"/api/v1/statuses/{post.id}").startswith('{"error"')
        assert seen == world.may_see(viewer, post), (viewer, post)
