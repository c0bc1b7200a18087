# SPDX-License-Identifier: AGPL-3.0-or-later
"""What goes wrong at home, on whole boxes: ports and folders that are taken, files that broke, a disk that is full."""

import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.answers import answers_file
from tests.end_to_end.box import Box, world_traversable_folder
from tests.end_to_end.waiting import eventually

NewBox = Callable[..., Box]


def test_a_taken_port_is_named(new_box: NewBox) -> None:
    box = new_box("taken")
    with socket.create_server(("127.0.0.1", box.port + 1)):
        code, output = box.run_to_the_end()
    assert code != 0
    assert str(box.port + 1) in output
    assert "--port" in output, "the remedy is named"
    assert not (box.state / "settings.json").exists(), "nothing was begun"


def test_a_second_run_on_the_same_state_is_refused(new_box: NewBox) -> None:
    first = new_box("first").start()
    second = new_box("second", state=first.state)
    code, output = second.run_to_the_end()
    assert code != 0
    assert "already running" in output
    assert first.get(f"{first.instance}/api/v2/instance").status == 200, "the first one is not disturbed"


def test_an_unwritable_state_folder_is_named(new_box: NewBox) -> None:
    folder = world_traversable_folder()
    in_the_way = folder / "state"
    in_the_way.write_text("a file where a folder should be")
    code, output = new_box("unwritable", state=in_the_way).run_to_the_end()
    assert code != 0
    assert str(in_the_way) in output


def test_a_damaged_settings_file_is_kept_aside_and_the_last_good_one_used(new_box: NewBox) -> None:
    box = new_box("damaged").start()
    box.hearth("setup", "--answers", answers_file(box))
    box.hearth("settings", "set", "name", "attic")
    assert box.stop() == 0
    settings = box.state / "settings.json"
    settings.write_bytes(settings.read_bytes()[:40] + b"\xff\x00garbage")
    box.start()
    status = eventually("the issue is shown", lambda: (s := box.status()) and s["issues"] and s)
    assert [issue["key"] for issue in status["issues"]] == ["settings-damaged"]
    assert status["box"]["claimed"], "the last good settings are used"
    aside = [
        path for path in box.state.iterdir() if path.name.startswith("settings") and b"garbage" in path.read_bytes()
    ]
    assert len(aside) == 1, sorted(path.name for path in box.state.iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_a_full_disk_loses_nothing_and_says_so(new_box: NewBox) -> None:
    folder = world_traversable_folder()
    state = folder / "state"
    state.mkdir(mode=0o755)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=0755", "tmpfs", state], check=True, timeout=20)
    try:
        box = new_box("full", state=state).start()
        box.hearth("setup", "--answers", answers_file(box))
        ballast = _fill(state)
        refused = box.hearth("settings", "set", "name", "cellar", check=False)
        assert refused.returncode != 0
        assert "full" in refused.stdout + refused.stderr
        eventually("the box says so", lambda: any("full" in i["sentence"].lower() for i in box.status()["issues"]))
        assert box.get(f"{box.instance}/api/v2/instance").status == 200, "reading goes on"
        ballast.unlink()
        box.hearth("settings", "set", "name", "cellar")
        assert box.hearth_json("settings", "get", "name") == "cellar"
        box.dispose()
    finally:
        subprocess.run(["umount", "--lazy", state], check=False, timeout=20)


def _fill(folder: Path) -> Path:
    """Write until nothing more fits."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 512, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return ballast
