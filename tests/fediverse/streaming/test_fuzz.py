# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever a client says: it gets a stream, a sentence, or nothing."""

import asyncio
import contextlib
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.fediverse.context import Context
from appliance.fediverse.oauth import tokens
from appliance.fediverse.streaming import channels
from appliance.fediverse.streaming.channels import UnknownStream
from appliance.fediverse.streaming.gate import Gate
from appliance.fediverse.streaming.hub import Hub
from appliance.fediverse.streaming.listener import Listener, Viewer
from tests.fediverse.conftest import Person

NAMES = st.one_of(
    st.sampled_from(["user", "public", "public:media", "hashtag", "hashtag:local", "list", "direct"]), st.text()
)
VALUES = st.one_of(st.text(), st.integers(), st.none(), st.booleans(), st.lists(st.text(), max_size=2))
MESSAGES = st.one_of(
    st.text(),
    st.recursive(VALUES, lambda inner: st.dictionaries(st.text(max_size=5), inner, max_size=3)).map(json.dumps),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["subscribe", "unsubscribe", "x"]), "stream": st.one_of(NAMES, VALUES)},
        optional={"tag": VALUES, "list": VALUES},
    ).map(json.dumps),
)


@settings(max_examples=300, deadline=None)
@given(name=NAMES, tag=st.text(), number=st.text())
def test_names_of_streams(name: str, tag: str, number: str) -> None:
    for find in (channels.named, lambda *given: channels.at(f"/api/v1/streaming/{given[0]}", given[1])):
        with contextlib.suppress(UnknownStream):
            channel = find(name, {"tag": tag, "list": number})
            assert channel.feeds
            assert channel.scope in ("read:statuses", "read:notifications")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(MESSAGES, max_size=5))
def test_messages(context: Context, anna: Person, said: list[str]) -> None:
    async def work() -> None:
        with context.database.read() as tx:
            caller = tokens.find(tx, anna.token)
        gate, gone = Gate(context, Hub(context.database)), []
        viewer = Viewer(anna.id, context.urls())
        listener = Listener(caller, viewer, websocket=True, said=gate._hear, gone=gone.append)
        for text in said:
            await listener.hear(text)
        answers: list[Any] = [json.loads(text) for text in listener._waiting]
        assert all(set(answer) == {"error", "status"} for answer in answers)
        assert len(answers) <= len(said)

    asyncio.run(work())
