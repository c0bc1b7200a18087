# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where visitors of the tunnel are let out, and as whom."""

import asyncio

import pytest

from appliance.errors import HearthError
from appliance.gateway import client, visitor


def let_out(monkeypatch: pytest.MonkeyPatch, told: str, *, others: bool) -> tuple[str, int, str | None]:
    went: list[tuple[str, int, str | None]] = []

    async def call(host: str, port: int, *, source: str | None = None) -> None:
        went.append((host, port, source))

    async def may_be_others(address: str) -> bool:
        assert address == visitor.NOBODY
        return others

    async def whole() -> None:
        answer = await client.listener()
        await answer(told)

    monkeypatch.setattr(client, "call", call)
    monkeypatch.setattr(client, "may_be_others", may_be_others)
    asyncio.run(whole())
    return went[0]


@pytest.mark.parametrize("told", ["8.8.8.8", "192.168.1.10", "127.0.0.1", "10.42.0.1", "nonsense"])
def test_whatever_a_gateway_says_only_the_listener_is_opened(monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    host, port, source = let_out(monkeypatch, told, others=True)
    assert (host, port) == ("127.0.0.1", 8444)
    assert source == ("8.8.8.8" if told == "8.8.8.8" else visitor.NOBODY)


def test_where_it_may_not_be_others_it_comes_as_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    assert let_out(monkeypatch, "8.8.8.8", others=False) == ("127.0.0.1", 8444, None)


def test_without_an_invitation_it_says_so(tmp_path) -> None:
    from appliance.system.files import SystemFiles

    with pytest.raises(HearthError, match="not handed an invitation"):
        client._credential(SystemFiles(), tmp_path / "gateway-invitation")
