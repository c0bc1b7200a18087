# SPDX-License-Identifier: AGPL-3.0-or-later
"""What carries visitors: of what was sent before the end all arrives."""

import asyncio
from types import SimpleNamespace

from snitun.multiplexer.crypto import CryptoTransport
from snitun.multiplexer.message import CHANNEL_FLOW_CLOSE, CHANNEL_FLOW_DATA, MultiplexerMessage

from appliance.gateway import stream
from tests.gateway.played import SECONDS
from tests.gateway.test_load import pair

CHUNK, CHUNKS = 16 * 1024, 14


def test_a_slow_visitor_gets_all_that_was_sent_before_the_box_closed() -> None:
    """More waits than up to where the box is asked to pause, and it has closed when it could be asked to go on."""

    async def run() -> int:
        near, far, server = await pair()
        crypto = [CryptoTransport(bytes(32), bytes(16)) for _ in range(2)]
        opened: asyncio.Queue[stream.Channel] = asyncio.Queue()

        async def visit(_: object, channel: stream.Channel) -> None:
            opened.put_nowait(channel)

        gateway = stream.multiplex(crypto[0], *near, None)
        box = stream.multiplex(crypto[1], *far, visit)
        async with asyncio.timeout(SECONDS):
            channel, _ = await stream.open_channel(gateway, "192.0.2.7")
            if hasattr(channel._input, "_high_water_mark"):
                channel._input._high_water_mark, channel._input._low_water_mark = 10 * CHUNK, 6 * CHUNK
            there = (await opened.get()).id
            for _ in range(CHUNKS):
                box._write_message(MultiplexerMessage(there, CHANNEL_FLOW_DATA, bytes(CHUNK), b""))
            box._write_message(MultiplexerMessage(there, CHANNEL_FLOW_CLOSE, b"", b""))
            while not channel.closing:
                await asyncio.sleep(0.01)
            got = 0
            while got < CHUNK * CHUNKS:
                got += len(await channel.read())
        for each in (gateway, box):
            each.shutdown()
            await each.wait()
        server.close()
        return got

    assert asyncio.run(run()) == CHUNK * CHUNKS


def test_to_ask_for_more_where_nobody_is_left_to_ask_does_no_harm() -> None:
    asked: list[bool] = []

    def ask(under: bool) -> None:
        asked.append(under)
        raise RuntimeError("Channel does not exist")

    channel = SimpleNamespace(
        _input=SimpleNamespace(_under_water_callback=ask), set_pause_resume_reader_callback=lambda _: None
    )
    stream.freedom(channel)
    channel._input._under_water_callback(False)
    assert asked == [False]
