# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a broken decoder would try, tried inside the cage."""

import ctypes
import os
import sys
from pathlib import Path

import pytest

from appliance.system import cage
from appliance.system.cage import Cage
from appliance.system.runner import Completed, SystemRunner

MEGABYTE = 1024 * 1024
ROOT = Path(__file__).parent.parent.parent


def inside(folder: Path, code: str, **more: tuple[str, ...]) -> Completed:
    walls = Cage(str(folder), 200 * MEGABYTE, 2, MEGABYTE, **more)
    return SystemRunner().run(cage.command(walls, [sys.executable, "-c", code]), timeout=30, check=False)


def has_landlock() -> bool:
    """By a kernel's own word; it can be left out when one is built."""
    modules = Path("/sys/kernel/security/lsm")
    return "landlock" in modules.read_text() if modules.exists() else False


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import socket; socket.socket()", "PermissionError"),
        ("import socket; socket.socket(socket.AF_UNIX)", "PermissionError"),
        ("bytearray(300 * 1024 * 1024)", "MemoryError"),
        ("open('large', 'wb').write(bytes(2 * 1024 * 1024))", "File too large"),
        ("[open('/dev/null') for _ in range(500)]", "Too many open files"),
        ("import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))", "Error"),
    ],
)
def test_there_is_no_way_out(tmp_path: Path, code: str, error: str) -> None:
    done = inside(tmp_path, f"import os; os.chdir({str(tmp_path)!r}); {code}")
    assert done.code == 1
    assert error in done.errors.decode()


def test_work_without_end_ends(tmp_path: Path) -> None:
    assert inside(tmp_path, "while True: pass").code < 0


def test_only_its_own_folder_can_be_written_to_and_nothing_of_others_read(tmp_path: Path) -> None:
    if not has_landlock() and inside(tmp_path, f"open({str(tmp_path / '../x')!r}, 'w')").code == 0:
        pytest.skip("this kernel has no Landlock")
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    other.mkdir()
    (other / "secret").write_text("s3cret")
    (other / "given").write_text("given")
    code = f"print(open({str(other / 'given')!r}).read()); open({str(own / 'made')!r}, 'w').write('made')"
    done = inside(own, code, readable=(str(other / "given"),))
    assert (done.code, done.output) == (0, b"given\n")
    assert (own / "made").read_text() == "made"
    for attempt in (
        f"open({str(other / 'secret')!r})",
        f"open({str(other / 'given')!r}, 'a')",
        f"open({str(other / 'new')!r}, 'w')",
        f"import os; os.link({str(other / 'secret')!r}, {str(own / 'secret')!r})",
        f"open('/proc/{os.getpid()}/environ')",
    ):
        assert "Error" in inside(own, attempt).errors.decode(), attempt
    assert sorted(path.name for path in other.iterdir()) == ["given", "secret"]


def test_no_file_of_others_is_emptied(tmp_path: Path) -> None:
    libc = ctypes.CDLL(None)
    if libc.syscall(ctypes.c_long(444), None, ctypes.c_size_t(0), 1) < 3:
        pytest.skip("this kernel's Landlock knows nothing of truncating")
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    other.write_text("kept")
    assert "Error" in inside(own, f"import os; os.truncate({str(other)!r}, 0)").errors.decode()
    assert other.read_text() == "kept"
    done = inside(own, f"import os; os.chdir({str(own)!r}); open('mine', 'w').write('x'); open('mine', 'w')")
    assert (done.code, (own / "mine").read_text()) == (0, "")


def test_a_machine_whose_calls_are_not_known_reads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cage, "_ARCHITECTURES", {})
    with pytest.raises(OSError, match="not read"):
        cage._close_the_system(cage.ctypes.CDLL(None), network=False)


def test_who_may_talk_is_nobody_and_starts_nothing(tmp_path: Path) -> None:
    walls = Cage("", 200 * MEGABYTE, 2, 0, network=True)
    code = f"""
import os, socket, sys
sys.path.insert(0, {str(ROOT)!r})
from appliance.system.cage import Cage, enter
enter({walls!r})
socket.socket().close()
print(os.getresuid(), os.getresgid(), os.getgroups() == [] or os.getuid() != 65534)
try: os.fork()
except OSError: print("no child")
try: open({str(tmp_path / "left")!r}, "w")
except OSError: print("no file")
"""
    done = SystemRunner().run([sys.executable, "-c", code], timeout=30)
    ids = (65534,) * 3 if os.geteuid() == 0 else (os.geteuid(),) * 3
    groups = (65534,) * 3 if os.geteuid() == 0 else (os.getegid(),) * 3
    assert done.output.decode().splitlines()[:2] == [f"{ids} {groups} True", "no child"]
    if has_landlock() or os.geteuid() == 0:
        assert b"no file" in done.output
