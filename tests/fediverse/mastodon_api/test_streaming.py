# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where streams are said to be."""

from dataclasses import replace
from typing import Any

import pytest

from appliance.fediverse.app import create_app
from appliance.fediverse.context import Context


@pytest.mark.parametrize(
    ("origin", "behind_proxy", "url"),
    [
        ("https://hearth.example", True, "wss://hearth.example"),
        ("http://127.0.0.1:8082", False, "ws://127.0.0.1:8083"),
        ("http://[::1]:8082", False, "ws://[::1]:8083"),
    ],
)
def test_the_instance_tells(context: Context, origin: str, behind_proxy: bool, url: str) -> None:
    app = create_app(replace(context, origin=origin, config=replace(context.config, behind_proxy=behind_proxy)))
    client = app.test_client()
    answers: list[Any] = [client.get(f"/api/v{version}/instance").json for version in (1, 2)]
    assert answers[0]["urls"]["streaming_api"] == url
    assert answers[1]["configuration"]["urls"]["streaming"] == url


def test_who_asks_the_wrong_port_is_sent_to_the_right_one(context: Context) -> None:
    client = create_app(context).test_client()
    for path in ("/api/v1/streaming", "/api/v1/streaming/user?access_token=x%0ay"):
        response = client.get(path)
        assert (response.status_code, response.location) == (301, f"http://localhost:8083{path}")
    behind = create_app(replace(context, config=replace(context.config, behind_proxy=True))).test_client()
    assert behind.get("/api/v1/streaming").status_code == 404
