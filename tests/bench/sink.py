# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m tests.bench.sink PORT`: plays all other servers. Takes whatever is brought; GET says how much that was."""

import asyncio
import json
import re
import sys
import time

from tests.bench.people import HOSTS, host

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class Sink:
    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._doubled = 0
        self._last = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                await reader.readexactly(int(length[1]) if length else 0)
                body = b""
                if head.startswith(b"POST"):
                    self._take(writer.get_extra_info("sockname")[0])
                else:
                    seen = {"taken": len(self._taken), "doubled": self._doubled, "last": self._last}
                    body = json.dumps(seen).encode()
                writer.write(
                    f"HTTP/1.1 {200 if body else 202} Well\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _take(self, address: str) -> None:
        self._doubled += address in self._taken
        self._taken.add(address)
        self._last = time.time()


async def main(port: int) -> None:
    sink = Sink()
    addresses = ["127.0.0.1", *(host(number, port).partition(":")[0] for number in range(HOSTS))]
    servers = [await asyncio.start_server(sink.serve, address, port) for address in addresses]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
