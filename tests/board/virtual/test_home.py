# SPDX-License-Identifier: AGPL-3.0-or-later
import os
from pathlib import Path

import pytest

from appliance.board.virtual import home
from appliance.errors import HearthError
from appliance.system.files import SystemFiles
from appliance.system.runner import VirtualRunner


class SmallDisk(SystemFiles):
    def free_bytes(self, path: Path) -> int:
        return 3 * 2**20


def test_the_state_is_locked_while_it_is_used(tmp_path: Path) -> None:
    lock = home.open_state(tmp_path / "state", SystemFiles())
    with pytest.raises(HearthError) as caught:
        home.open_state(tmp_path / "state", SystemFiles())
    assert caught.value.key == "state-in-use"
    lock.release()
    home.open_state(tmp_path / "state", SystemFiles()).release()


def test_too_little_room_is_said_and_the_lock_given_back(tmp_path: Path) -> None:
    with pytest.raises(HearthError, match="3 MB are free") as caught:
        home.open_state(tmp_path, SmallDisk())
    assert caught.value.key == "disk-full"
    home.open_state(tmp_path, SystemFiles()).release()


def test_the_runtime_is_reached_through_the_state_and_a_stale_one_is_removed(tmp_path: Path) -> None:
    files = SystemFiles()
    first = home.make_runtime(tmp_path, files, {})
    (first / "left-over").touch()
    assert (tmp_path / "run").resolve() == first.resolve()
    second = home.make_runtime(tmp_path, files, {})
    assert second != first
    assert not first.exists()
    assert second.stat().st_mode & 0o777 == 0o711
    home.drop_runtime(tmp_path, files)
    assert not second.exists()
    assert not (tmp_path / "run").is_symlink()


def test_a_link_to_somewhere_else_loses_only_the_link(tmp_path: Path) -> None:
    other = tmp_path / "precious"
    other.mkdir()
    (tmp_path / "run").symlink_to(other)
    home.drop_runtime(tmp_path, SystemFiles())
    assert other.is_dir()
    assert not (tmp_path / "run").is_symlink()


@pytest.mark.skipif(os.geteuid() == 0, reason="root never uses it")
def test_a_users_own_runtime_folder_is_preferred(tmp_path: Path) -> None:
    if len(str(tmp_path)) < 50:
        made = home.make_runtime(tmp_path, SystemFiles(), {"XDG_RUNTIME_DIR": str(tmp_path)})
        assert made.parent == tmp_path


def test_users_are_kept_apart_only_where_they_reach_everything(tmp_path: Path) -> None:
    """A runner that knows no setpriv stands for a checkout that only root may read."""
    assert home.find_users(tmp_path, tmp_path, VirtualRunner()) == {}


def test_no_browser_is_opened_in_a_terminal() -> None:
    assert home.open_browser("http://127.0.0.1:1/", {}) is False
