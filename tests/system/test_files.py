# SPDX-License-Identifier: AGPL-3.0-or-later
"""Durable writes."""

import errno
import os
import subprocess
import sys

import pytest

from appliance.errors import HearthError
from appliance.system.files import SECTOR, Lock, PowerCut, SystemFiles, VirtualFiles


@pytest.fixture
def files():
    return VirtualFiles()


def key_of(call, *arguments):
    with pytest.raises(HearthError) as caught:
        call(*arguments)
    return caught.value.key


def test_replace_writes_whole_and_closed_to_others(files, tmp_path):
    path = tmp_path / "file"
    files.replace(path, b"one")
    files.replace(path, b"two", mode=0o640)
    assert files.read(path) == b"two"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_the_content_is_on_the_disk_before_the_name_and_the_name_before_we_return(tmp_path, monkeypatch):
    events = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (events.append("sync"), fsync(fd)))
    monkeypatch.setattr(os, "replace", lambda *names: (events.append("rename"), replace(*names)))
    SystemFiles().replace(tmp_path / "file", b"x")
    assert events == ["sync", "rename", "sync"]


@pytest.mark.parametrize(
    ("number", "key"), [(errno.ENOSPC, "disk-full"), (errno.EDQUOT, "disk-full"), (errno.EROFS, "disk-refused")]
)
def test_a_disk_that_refuses_leaves_the_old_content_and_no_rubbish(tmp_path, monkeypatch, number, key):
    path = tmp_path / "file"
    SystemFiles().replace(path, b"old")

    def refuse(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    assert key_of(SystemFiles().replace, path, b"new") == key
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_missing_folder_is_said_in_plain_words(files, tmp_path):
    assert key_of(files.replace, tmp_path / "none" / "file", b"") == "disk-refused"
    assert key_of(files.rename, tmp_path / "none", tmp_path / "other") == "disk-refused"


def test_the_virtual_one_fails_on_request(files, tmp_path):
    files.fail_with(errno.ENOSPC)
    assert key_of(files.replace, tmp_path / "file", b"") == "disk-full"
    with pytest.raises(OSError, match="No space"):
        files.append(tmp_path / "file", b"")
    files.fail_with(None)
    files.append(tmp_path / "file", b"a")
    files.append(tmp_path / "file", b"b")
    assert files.read(tmp_path / "file") == b"ab"


def test_reading_is_bounded(files, tmp_path):
    files.replace(tmp_path / "file", b"x" * 100)
    assert files.read(tmp_path / "file", limit=10) == b"x" * 10


OLD, NEW = b"".join(bytes([65 + n]) * SECTOR for n in range(5)), b"".join(bytes([97 + n]) * SECTOR for n in range(5))


def test_overwriting_leaves_the_file_where_it_is_and_as_long_as_it_is(files, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(OLD[:-7])
    before = path.stat()
    files.overwrite(path, NEW[:-7])
    after = path.stat()
    assert path.read_bytes() == NEW[:-7]
    assert (before.st_ino, before.st_mode, before.st_size) == (after.st_ino, after.st_mode, after.st_size)


@pytest.mark.parametrize("sectors", range(6))
def test_a_power_cut_while_overwriting_leaves_old_ones_in_front_and_new_ones_behind(files, tmp_path, sectors):
    path = tmp_path / "file"
    path.write_bytes(OLD)
    files.cut_power_after(sectors)
    if sectors < 5:
        with pytest.raises(PowerCut):
            files.overwrite(path, NEW)
    else:
        files.overwrite(path, NEW)
    cut = (5 - sectors) * SECTOR
    assert path.read_bytes() == OLD[:cut] + NEW[cut:]


def test_each_sector_is_on_the_disk_before_the_next_and_same_ones_are_spared(tmp_path, monkeypatch):
    events = []
    fsync, pwrite = os.fsync, os.pwrite
    monkeypatch.setattr(os, "fsync", lambda fd: (events.append("sync"), fsync(fd)))
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: (events.append(at), pwrite(fd, data, at)))
    path = tmp_path / "file"
    path.write_bytes(OLD)
    SystemFiles().overwrite(path, NEW[:SECTOR] + OLD[SECTOR : 3 * SECTOR] + NEW[3 * SECTOR :])
    assert events == [4 * SECTOR, "sync", 3 * SECTOR, "sync", 0, "sync"]


@pytest.mark.parametrize("data", [b"", OLD[:-1], OLD + b"x"])
def test_another_length_is_refused_and_changes_nothing(files, tmp_path, data):
    path = tmp_path / "file"
    path.write_bytes(OLD)
    assert key_of(files.overwrite, path, data) == "disk-refused"
    assert path.read_bytes() == OLD


def test_what_is_not_there_or_a_link_is_not_overwritten(files, tmp_path):
    assert key_of(files.overwrite, tmp_path / "none", b"x") == "disk-refused"
    (tmp_path / "target").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    assert key_of(files.overwrite, tmp_path / "link", b"y") == "disk-refused"
    files.fail_with(errno.EROFS)
    assert key_of(files.overwrite, tmp_path / "target", b"y") == "disk-refused"


def test_removing_takes_files_folders_and_links_but_not_what_they_point_at(files, tmp_path):
    folder = tmp_path / "folder"
    files.make_folder(folder, mode=0o711)
    assert folder.stat().st_mode & 0o777 == 0o711
    files.replace(folder / "file", b"x")
    (tmp_path / "link").symlink_to(folder)
    files.remove(tmp_path / "link")
    assert (folder / "file").exists()
    files.remove(folder)
    files.remove(folder)
    assert list(tmp_path.iterdir()) == []


def test_sizes(files, tmp_path):
    assert 0 < files.free_bytes(tmp_path) <= files.total_bytes(tmp_path)


def test_a_lock_is_held_by_one_and_ends_with_its_process(tmp_path):
    path = tmp_path / "lock"
    script = (
        "import sys; from pathlib import Path; from appliance.system.files import Lock;"
        "lock = Lock(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen([sys.executable, "-c", script, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(HearthError) as caught:
            Lock(path)
        assert caught.value.key == "state-in-use"
        other.kill()
    Lock(path).release()
