# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m tests.bench`: measure a virtual box as it is, print one table, write bench.json."""

import argparse
import contextlib
import functools
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import urllib3

from appliance.fediverse.main import THREADS, WORKERS
from tests.bench import figures, load, memory
from tests.bench.figures import CONNECTIONS
from tests.bench.history import History
from tests.bench.people import HOSTS, People
from tests.bench.table import Table, machine
from tests.end_to_end.answers import answers_file
from tests.end_to_end.box import REPOSITORY, Box, free_ports
from tests.end_to_end.waiting import eventually

_TIMES = 5  # a post is sent everywhere; its middle is told
_SETTLE_SECONDS = 5  # what the start allocated for a moment is given back by then
_LIKE_THE_SERVER = (
    "--worker-class=gthread",
    f"--workers={WORKERS}",
    f"--threads={THREADS}",
    "--preload",
    "--keep-alive=30",
)
HOME = "/api/v1/timelines/home?limit=20"


@dataclass(frozen=True)
class Amounts:
    """How much is sent: seconds of reading, and numbers of reads, posts and signed activities."""

    seconds: float
    reads: int
    posts: int
    activities: int
    few: int
    many: int


FULL = Amounts(seconds=8, reads=1000, posts=1500, activities=6000, few=2_000, many=200_000)
QUICK = Amounts(seconds=2, reads=100, posts=200, activities=1000, few=500, many=5_000)


class Bench:
    def __init__(self, table: Table, amounts: Amounts) -> None:
        self._table = table
        self._amounts = amounts
        self._box = Box("bench")
        self._port = figures.free_port()  # of all other servers
        self._p95: dict[str, list[float]] = {}

    def run(self) -> None:
        try:
            self._first_start()
            history = History(self._box.state / "fediverse" / "database.sqlite", self._port)
            for statuses in (self._amounts.few, self._amounts.many):
                history.grow(statuses)
                label = f"{statuses:,} posts"
                self._table.section(f"With {label} stored")
                self._table.add(f"database per post, {label}", history.bytes_per_post() / 1000, "kB")
                self._measure(label, history)
            self._table.section("Growth")
            for name, (few, *_, many) in self._p95.items():
                self._table.add(f"{name}, p95 with many posts beside few", many / few, "×")
        except Exception:
            print(self._box.last_words(), file=sys.stderr)
            raise
        finally:
            self._box.dispose()

    def _first_start(self) -> None:
        """An empty state folder: what somebody waits for who has just unpacked the box."""
        self._table.section("A new box")
        self._start("new")
        self._box.hearth("setup", "--answers", answers_file(self._box))
        self._box.stop()

    def _start(self, label: str) -> None:
        wizard, api = self._box.console, f"{self._box.instance}/api/v2/instance"
        started = time.monotonic()
        self._box.start(wait=False)
        for name, url in (("start to wizard", wizard), ("start to first API answer", api)):
            while not self._answers(url):
                assert time.monotonic() < started + 60, f"{name}: nothing for a minute"
                time.sleep(0.01)
            self._table.add(f"{name}, {label}", time.monotonic() - started, "s")
        self._box.wait_until_up()

    def _answers(self, url: str) -> bool:
        assert self._box.running, "the box ended while it started"
        try:
            return self._box.get(url).status < 400
        except urllib3.exceptions.HTTPError:
            return False

    def _measure(self, label: str, history: History) -> None:
        people = history.people
        self._start(label)
        self._memory(label)
        self._home(label, people)
        self._lists(label, history)
        self._posts(label, people)
        self._inbox(label, people)
        self._deliveries(label, people)
        self._memory_after(label)
        self._box.stop()

    def _lists(self, label: str, history: History) -> None:
        for name, paths in figures.lists(history.people, history.thread).items():
            result = figures.read(self._box, history.people, paths, count=self._amounts.reads)
            self._p95.setdefault(name, []).append(result.p95)
            self._table.add(f"{name}, each worked out anew, {label}", result.per_second, "/s", _remark(result))
            self._table.add(f"{name}, p95, {label}", result.p95, "ms")

    def _deliveries(self, label: str, people: People) -> None:
        url, headers = self._box.instance + HOME, figures.bearer(people.tokens[0])
        # As a small instance is read, and not until nothing else finds room.
        reading = functools.partial(load.repeat, url, headers, connections=2, seconds=self._amounts.seconds)
        before = reading()
        works, beside = [], []
        for _ in range(_TIMES):
            with figures.sink(self._port):
                works.append(figures.Deliveries(self._box, people, self._port))
                beside.append(works[-1].beside(reading).p95)
        lost = [f"{w.taken} of {HOSTS} hosts; {w.doubled} twice" for w in works if w.taken != HOSTS or w.doubled]
        answered = [work.answered * 1000 for work in works]
        during = statistics.median(beside)
        first = f"the first one, met by processes that never did this before, {answered[0]:.0f}"
        self._table.add(f"a post to 5,000 followers answered, {label}", statistics.median(answered), "ms", first)
        self._table.add(f"a post to 500 hosts delivered, {label}", max(w.done for w in works), "s", "; ".join(lost))
        self._table.add(f"home timeline meanwhile, p95, {label}", during, "ms")
        self._table.add(f"home timeline meanwhile, p95 beside before, {label}", during / before.p95, "×")

    def _memory(self, label: str) -> None:
        """Awake and asleep: the console goes when nobody has used it for five minutes."""
        time.sleep(_SETTLE_SECONDS)
        for part in memory.by_service(self._box):
            if part.service == "console":
                self._table.add(f"memory of console, {label}", part.pss, "MB", "while somebody uses it")
        self._put_console_to_sleep()
        used = memory.by_service(self._box)
        for part in used:
            note = f"{part.processes} processes" if part.processes > 1 else ""
            remark = "not on a real box" if part.service == memory.VIRTUAL_BOX else note
            self._table.add(f"memory of {part.service}, {label}", part.pss, "MB", remark)
        own = sum(part.pss for part in used if part.service != memory.VIRTUAL_BOX)
        self._table.add(f"memory in all when idle, {label}", own, "MB", "PSS; console asleep, virtual box left out")
        both = _server({part.service: part.pss for part in used})
        self._table.add(f"memory of fediverse and companion when idle, {label}", both, "MB")

    def _put_console_to_sleep(self) -> None:
        """As the console does itself; its socket stays open, and the next visitor wakes it."""
        for process in self._box.services().get("console", [])[:1]:
            process.terminate()
        eventually("the console is asleep", lambda: "console" not in self._box.services())

    def _home(self, label: str, people: People) -> None:
        url = self._box.instance + HOME
        headers = figures.bearer(people.tokens[0])
        body = self._box.get(url, **headers)
        assert body.status == 200, body.data
        assert body.data.count(b'"visibility"') >= 20, "the home timeline holds fewer than 20 posts"
        with _bare(self._box.folder, body.data) as bare:
            home, yardstick = self._compare(
                lambda: load.repeat(url, headers, connections=CONNECTIONS, seconds=self._amounts.seconds),
                lambda: load.repeat(bare, {}, connections=CONNECTIONS, seconds=self._amounts.seconds),
            )
        self._table.add(f"home timeline of 20, {label}", home.per_second, "/s", _remark(home))
        self._table.add(f"home timeline of 20, p95, {label}", home.p95, "ms")
        self._table.add(f"bare Flask view of the same bytes, {label}", yardstick.per_second, "/s", _remark(yardstick))
        self._table.add(f"home timeline beside bare Flask, {label}", home.per_second / yardstick.per_second, "×")

    def _compare(
        self, one: Callable[[], load.Result], other: Callable[[], load.Result]
    ) -> tuple[load.Result, load.Result]:
        """Twice in turn and the better of each: what else the machine does hits both alike."""
        rounds = [(one(), other()) for _ in range(2)]
        return (
            max((r[0] for r in rounds), key=lambda r: r.per_second),
            max((r[1] for r in rounds), key=lambda r: r.per_second),
        )

    def _posts(self, label: str, people: People) -> None:
        result = figures.posts(self._box, people, count=self._amounts.posts)
        self._table.add(f"posts one after another, {label}", result.per_second, "/s", _remark(result))

    def _inbox(self, label: str, people: People) -> None:
        # The first round makes the keys known to the processes.
        for prefix, count in (("first", HOSTS), ("bench", self._amounts.activities)):
            run = f"{prefix}-{label.replace(' ', '-')}"
            result = figures.inbox(self._box, people, count=count, prefix=run)
        kept = self._stored(run)
        lost = "" if kept == self._amounts.activities else f"{kept} of {self._amounts.activities} are there"
        self._table.add(f"signed activities of 500 taken in, {label}", result.per_second, "/s", _remark(result) or lost)

    def _stored(self, run: str) -> int:
        """Posts that came in a run; beside it, what is old enough is pruned."""
        with contextlib.closing(sqlite3.connect(self._box.state / "fediverse" / "database.sqlite")) as database:
            asked = "SELECT count(*) FROM statuses WHERE uri LIKE ?"
            return int(database.execute(asked, (f"%/statuses/{run}-%",)).fetchone()[0])

    def _memory_after(self, label: str) -> None:
        time.sleep(_SETTLE_SECONDS)
        used = {part.service: part.pss for part in memory.by_service(self._box)}
        self._table.add(f"memory of fediverse and companion after that, {label}", _server(used), "MB")


def _server(used: dict[str, float]) -> float:
    return used.get("fediverse", 0.0) + used.get("companion", 0.0)


def _remark(result: load.Result) -> str:
    return f"{result.refused} of {result.requests} refused: {result.example}" if result.refused else ""


@contextlib.contextmanager
def _bare(folder: Path, body: bytes) -> Iterator[str]:
    """The yardstick, under gunicorn as the fediverse server has it."""
    held = folder / "body.json"
    held.write_bytes(body)
    port = free_ports()
    argv = [
        sys.executable,
        "-m",
        "gunicorn",
        *_LIKE_THE_SERVER,
        "--bind",
        f"127.0.0.1:{port}",
        "tests.bench.bare:create_app()",
    ]
    with (folder / "bare.log").open("ab") as log:
        server = subprocess.Popen(
            argv, cwd=REPOSITORY, env={**os.environ, "BARE_BODY": str(held)}, stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}/"
    try:
        eventually("the bare view answers", lambda: urllib3.request("GET", url, retries=False).status == 200)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small amounts, to see that it works; figures mean little")
    parser.add_argument("--output", type=Path, default=Path("bench.json"), help="default: bench.json")
    arguments = parser.parse_args()
    table = Table()
    print(f"Hearth bench{' (quick)' if arguments.quick else ''}: {machine()}")
    Bench(table, QUICK if arguments.quick else FULL).run()
    table.write(arguments.output)
    print(f"\nWritten to {arguments.output}.")


if __name__ == "__main__":
    main()
