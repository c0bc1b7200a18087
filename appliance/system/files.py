# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files: durable writes. What `replace` returned from survives a power cut, whole or not at all."""

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from appliance.errors import HearthError

SECTOR = 512  # what cards write whole or not at all


class Files(Protocol):
    def read(self, path: Path, *, limit: int = 16 * 1024 * 1024) -> bytes:
        """The content, at most `limit` bytes of it. Raises FileNotFoundError, OSError."""
        ...

    def replace(self, path: Path, data: bytes, *, mode: int = 0o600) -> None:
        """Write durably: the old content or the new, never a mixture. Raises HearthError disk-full, disk-refused."""
        ...

    def overwrite(self, path: Path, data: bytes) -> None:
        """Write over a file of exactly this length, in place: for FAT, which knows no safe renaming.

        Sectors that differ are written from the last to the first, each on the card before the next, so a power cut
        leaves the old ones in front and the new ones behind. Raises HearthError disk-refused, also for a file of
        another length.
        """
        ...

    def append(self, path: Path, data: bytes) -> None:
        """Add to the end, not durably: for logs."""
        ...

    def create(self, path: Path) -> BinaryIO:
        """A new file, open for reading and writing, for what is too large to hold. It may be lost with the power.

        Raises FileExistsError, HearthError disk-full, disk-refused.
        """
        ...

    def adopt(self, source: Path, target: Path) -> None:
        """Move a finished file to its place, durably; the place's folder is made. Raises HearthError as `replace`."""
        ...

    def rename(self, source: Path, target: Path) -> None: ...

    def remove(self, path: Path) -> None:
        """Remove a file or a whole folder; nothing happens if there is none."""
        ...

    def make_folder(self, path: Path, *, mode: int = 0o700) -> None: ...

    def give(self, path: Path, *, user: int = -1, group: int = -1, mode: int | None = None) -> None:
        """Change owner, group or mode."""
        ...

    def free_bytes(self, path: Path) -> int: ...

    def total_bytes(self, path: Path) -> int: ...


class SystemFiles:
    """The real file system."""

    def read(self, path: Path, *, limit: int = 16 * 1024 * 1024) -> bytes:
        with path.open("rb") as file:
            return file.read(limit)

    def replace(self, path: Path, data: bytes, *, mode: int = 0o600) -> None:
        with _plain_words(path):
            descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    os.fchmod(file.fileno(), mode)
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(name, path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            _sync_folder(path.parent)

    def overwrite(self, path: Path, data: bytes) -> None:
        with _plain_words(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                old = os.pread(descriptor, len(data) + 1, 0)
                if len(old) != len(data):
                    raise OSError(errno.EFBIG, "another length")
                for offset in reversed(range(0, len(data), SECTOR)):
                    if old[offset : offset + SECTOR] != data[offset : offset + SECTOR]:
                        self._write_sector(descriptor, data[offset : offset + SECTOR], offset)
            finally:
                os.close(descriptor)

    def _write_sector(self, descriptor: int, data: bytes, offset: int) -> None:
        os.pwrite(descriptor, data, offset)
        os.fsync(descriptor)

    def append(self, path: Path, data: bytes) -> None:
        with path.open("ab") as file:
            file.write(data)

    def create(self, path: Path) -> BinaryIO:
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            raise
        except OSError as error:
            with _plain_words(path):
                raise error
        return os.fdopen(descriptor, "w+b")

    def adopt(self, source: Path, target: Path) -> None:
        self.make_folder(target.parent)
        with _plain_words(target):
            descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(source, target)
            _sync_folder(target.parent)
            _sync_folder(target.parent.parent)

    def rename(self, source: Path, target: Path) -> None:
        with _plain_words(target):
            os.replace(source, target)
            _sync_folder(target.parent)

    def remove(self, path: Path) -> None:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def make_folder(self, path: Path, *, mode: int = 0o700) -> None:
        with _plain_words(path):
            if not path.is_dir():
                path.mkdir(parents=True)
                path.chmod(mode)

    def give(self, path: Path, *, user: int = -1, group: int = -1, mode: int | None = None) -> None:
        if user != -1 or group != -1:
            os.chown(path, user, group)
        if mode is not None:
            path.chmod(mode)

    def free_bytes(self, path: Path) -> int:
        return shutil.disk_usage(path).free

    def total_bytes(self, path: Path) -> int:
        return shutil.disk_usage(path).total


class PowerCut(BaseException):
    """The power went. Nobody catches this but tests."""


class VirtualFiles(SystemFiles):
    """The real rules on a real folder, and faults on request: a full disk, a disk gone read-only, a power cut."""

    def __init__(self) -> None:
        self.fault: int | None = None
        self.sectors_left: int | None = None

    def cut_power_after(self, sectors: int | None) -> None:
        """Let `overwrite` write so many more sectors and then raise PowerCut; None ends it."""
        self.sectors_left = sectors

    def fail_with(self, number: int | None) -> None:
        """Let every write fail with this errno (errno.ENOSPC, errno.EROFS …); None ends it."""
        self.fault = number

    def replace(self, path: Path, data: bytes, *, mode: int = 0o600) -> None:
        with _plain_words(path):
            self._fail(path)
        super().replace(path, data, mode=mode)

    def overwrite(self, path: Path, data: bytes) -> None:
        with _plain_words(path):
            self._fail(path)
        super().overwrite(path, data)

    def _write_sector(self, descriptor: int, data: bytes, offset: int) -> None:
        if self.sectors_left is not None:
            if self.sectors_left == 0:
                raise PowerCut
            self.sectors_left -= 1
        super()._write_sector(descriptor, data, offset)

    def append(self, path: Path, data: bytes) -> None:
        self._fail(path)
        super().append(path, data)

    def create(self, path: Path) -> BinaryIO:
        with _plain_words(path):
            self._fail(path)
        return super().create(path)

    def adopt(self, source: Path, target: Path) -> None:
        with _plain_words(target):
            self._fail(target)
        super().adopt(source, target)

    def rename(self, source: Path, target: Path) -> None:
        with _plain_words(target):
            self._fail(target)
        super().rename(source, target)

    def _fail(self, path: Path) -> None:
        if self.fault is not None:
            raise OSError(self.fault, os.strerror(self.fault), str(path))


class Lock:
    """An exclusive lock on a file, held until `release` or the end of the process, however it ends."""

    def __init__(self, path: Path) -> None:
        """Raises HearthError state-in-use when another process holds it."""
        with _plain_words(path):
            self._descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise HearthError(
                "state-in-use",
                f"Another Hearth is already running with the state in {path.parent}.",
                "Stop it first, or choose another folder with --state.",
                status=409,
            ) from None

    def release(self) -> None:
        os.close(self._descriptor)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _plain_words(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise HearthError(
                "disk-full",
                f"The disk is full, so {path} could not be written.",
                "Make room on the disk; nothing was changed.",
                status=507,
            ) from error
        raise HearthError(
            "disk-refused",
            f"{path} could not be written: {os.strerror(error.errno or 0)}.",
            "Check that the folder exists and may be written to; nothing was changed.",
            status=507,
        ) from error
