# SPDX-License-Identifier: AGPL-3.0-or-later
from pathlib import Path

import pytest

from appliance.config import Config
from appliance.errors import HearthError
from appliance.fediverse.context import Context, origin
from appliance.fediverse.db.database import Database
from appliance.fediverse.services import instance_settings


def _config(development_origin: str | None) -> Config:
    return Config(state=Path("/nowhere"), runtime=Path("/nowhere"), development_origin=development_origin)


@pytest.mark.parametrize(
    "text", ["http://127.0.0.1:10100", "http://localhost:1", "http://[::1]:80", "http://127.9.9.9:5/"]
)
def test_the_development_origin_is_this_machine(text: str, database: Database) -> None:
    assert origin(_config(text), database) == text.removesuffix("/")


@pytest.mark.parametrize(
    "text",
    [
        "https://127.0.0.1:1",
        "http://127.0.0.1",
        "http://10.0.0.1:80",
        "http://hearth.example:80",
        "http://localhost.evil.example:80",
        "http://127.0.0.1:x",
        "http://127.0.0.1:1/path",
        "nonsense",
    ],
)
def test_anything_else_stops_the_process(text: str, database: Database) -> None:
    with pytest.raises(HearthError, match="not this machine"):
        origin(_config(text), database)


def test_the_name_given_for_ever_is_the_origin(database: Database) -> None:
    assert origin(_config(None), database) is None
    with database.write() as tx:
        instance_settings.put(tx, "origin", "table.example.org")
    assert origin(_config(None), database) == "https://table.example.org"


def test_without_a_name_addresses_begin_with_what_the_asker_said(context: Context) -> None:
    from dataclasses import replace

    nameless = replace(context, origin=None)
    assert nameless.urls("http://box.local:8082/").origin == "http://box.local:8082"
    assert not nameless.urls("http://box.local:8082/").federating
    assert context.urls("http://elsewhere/").federating
    assert context.urls("http://elsewhere/").origin == context.origin
