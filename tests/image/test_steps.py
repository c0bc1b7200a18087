# SPDX-License-Identifier: AGPL-3.0-or-later
"""Steps are done once for what they are made of, and end cleanly however they end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from image.steps import Workshop, fingerprint

pytestmark = pytest.mark.skipif(not Path("/usr/bin/setpriv").exists(), reason="Linux only: setpriv")


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, tmp_path / "cache", 1_700_000_000)


class Work:
    """Writes one file, and counts."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.done = 0

    def __call__(self) -> None:
        self.done += 1
        self.target.write_text("made")


def test_a_step_is_done_again_only_when_its_source_or_its_result_changed(workshop: Workshop, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a").write_text("1")
    work = Work(tmp_path / "result")

    def step() -> int:
        workshop.step("paint", ["word", source], work, work.target)
        return work.done

    assert (step(), step()) == (1, 1)
    (source / "a").write_text("2")
    assert (step(), step()) == (2, 2)
    work.target.unlink()
    assert (step(), step()) == (3, 3)


def test_a_step_that_failed_is_done_again(workshop: Workshop, tmp_path: Path) -> None:
    result = tmp_path / "result"

    def fail() -> None:
        result.write_text("half")
        raise SystemExit("no")

    with pytest.raises(SystemExit):
        workshop.step("paint", ["word"], fail, result)
    work = Work(result)
    workshop.step("paint", ["word"], work, result)
    assert work.done == 1


def test_a_source_is_known_by_name_mode_and_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    seen = {fingerprint([tmp_path])}
    (tmp_path / "a").chmod(0o755)
    seen.add(fingerprint([tmp_path]))
    (tmp_path / "a").rename(tmp_path / "b")
    seen.add(fingerprint([tmp_path]))
    (tmp_path / "c").symlink_to("b")
    seen.add(fingerprint([tmp_path]))
    assert len(seen) == 4
    assert fingerprint([tmp_path]) in seen


def test_a_failure_shows_the_end_of_the_log(workshop: Workshop) -> None:
    with pytest.raises(SystemExit, match=r"failed \(3\)") as refused:
        workshop.run("sh", "-c", "seq 1 500; echo what went wrong >&2; exit 3")
    assert str(refused.value).endswith("499\n500\nwhat went wrong")


def test_what_takes_too_long_is_ended(workshop: Workshop) -> None:
    with pytest.raises(SystemExit, match="longer than 0 s"):
        workshop.run("sleep", "60", timeout=0.3)


def test_commands_get_the_moment_of_the_build_and_no_more_than_they_need(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    workshop.run("sh", "-c", 'echo "$SOURCE_DATE_EPOCH $TZ ${PYTHONPATH-none} $MORE"', MORE="more")
    assert (workshop.folder / "build.log").read_text().endswith("1700000000 UTC none more\n")


def test_a_build_that_is_killed_leaves_nothing_running(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from image.steps import Workshop; folder = Path(sys.argv[1])\n"
        "Workshop(folder, folder, 0).run('sh', '-c', 'echo $$ >\"$0\"; exec sleep 60', sys.argv[2])"
    )
    noted = tmp_path / "pid"
    build = subprocess.Popen([sys.executable, "-c", program, tmp_path, noted])
    try:
        wait_until(lambda: noted.exists() and noted.read_text().strip() != "")
    finally:
        build.send_signal(signal.SIGKILL)
        build.wait(30)
    child = int(noted.read_text())
    wait_until(lambda: not running(child))


def running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # One that is over, but that nobody has waited for yet.
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until(true) -> None:
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)
