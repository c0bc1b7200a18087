# SPDX-License-Identifier: AGPL-3.0-or-later
"""Load: ready-made requests sent over kept-alive connections, and how fast they were answered.

wrk does it where the same request repeats; where each request differs, the small generator here sends bytes
that were all prepared before the clock started.
"""

import asyncio
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_ANSWER_SECONDS = 30.0

# wrk reports what it measured as one line of JSON; latencies come in microseconds.
_WRK_REPORT = """-- SPDX-License-Identifier: AGPL-3.0-or-later
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format('\\n{"requests": %d, "microseconds": %d, "refused": %d, "broken": %d, "p95": %f}\\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(95)))
end
"""


@dataclass(frozen=True)
class Result:
    """`refused` counts answers other than 2xx, `example` is the first of them; `p95` is in milliseconds."""

    requests: int
    seconds: float
    refused: int
    p95: float
    example: str = ""

    @property
    def per_second(self) -> float:
        return (self.requests - self.refused) / self.seconds


def repeat(url: str, headers: Mapping[str, str], *, connections: int, seconds: float) -> Result:
    """GET the same address again and again for `seconds`."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "report.lua"
        script.write_text(_WRK_REPORT)
        argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "-s", str(script)]
        argv += [part for key, value in headers.items() for part in ("-H", f"{key}: {value}")]
        done = subprocess.run([*argv, url], capture_output=True, text=True, timeout=seconds + 30, check=True)
    report = json.loads(done.stdout.strip().splitlines()[-1])
    return Result(
        requests=report["requests"],
        seconds=report["microseconds"] / 1_000_000,
        refused=report["refused"] + report["broken"],
        p95=report["p95"] / 1000,
        example=f"{report['refused']} refused, {report['broken']} broken off" if report["refused"] else "",
    )


def send(url: str, requests: Sequence[bytes], *, connections: int) -> Result:
    """Send each of these requests once."""
    return asyncio.run(_run(url, iter(requests), connections))


def get(url: str, headers: Mapping[str, str]) -> bytes:
    return _head("GET", url, headers) + b"\r\n"


def post(url: str, headers: Mapping[str, str], body: bytes) -> bytes:
    return _head("POST", url, headers) + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


def _head(method: str, url: str, headers: Mapping[str, str]) -> bytes:
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n").encode()


class _Connection(asyncio.Protocol):
    """One kept-alive HTTP/1.1 connection; `answer` resolves with the status line once the whole answer is here."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.open = False
        self._buffer = b""
        self._answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.open = transport, True

    def ask(self, request: bytes) -> "asyncio.Future[bytes]":
        self._buffer, self._answer = b"", asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        length = _LENGTH.search(head)
        if len(body) >= (int(length[1]) if length else 0) and not self._answer.done():
            self._answer.set_result(self._buffer)

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        if not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("closed before the answer"))


async def _run(url: str, requests: Iterator[bytes], connections: int) -> Result:
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    took: list[float] = []
    refused: list[bytes] = []

    async def connect() -> _Connection:
        return (await loop.create_connection(_Connection, parts.hostname, parts.port))[1]

    async def one() -> None:
        connection = await connect()
        for request in requests:
            started = loop.time()
            if not connection.open:
                connection = await connect()
            try:
                answer = await asyncio.wait_for(connection.ask(request), _ANSWER_SECONDS)
            except ConnectionResetError:  # a server may close a kept-alive connection at any moment: ask once more
                connection = await connect()
                answer = await asyncio.wait_for(connection.ask(request), _ANSWER_SECONDS)
            took.append(loop.time() - started)
            if not answer.startswith(b"HTTP/1.1 2"):
                refused.append(answer)
        connection.transport.close()

    started = loop.time()
    await asyncio.gather(*(one() for _ in range(connections)))
    seconds = loop.time() - started
    took.sort()
    p95 = took[int(len(took) * 0.95)] * 1000 if took else 0.0
    example = refused[0].decode(errors="replace")[:600] if refused else ""
    return Result(len(took), seconds, len(refused), p95, example)
