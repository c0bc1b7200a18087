# SPDX-License-Identifier: AGPL-3.0-or-later
"""Steps of a build: each says how long it took, and is not done again while what it was made of is the same."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workshop:
    """Where one image is made. `epoch`: the moment, in seconds since 1970, that every file of the image carries."""

    folder: Path
    cache: Path
    epoch: int

    @property
    def environment(self) -> Mapping[str, str]:
        kept = {
            name: os.environ[name] for name in ("HOME", "http_proxy", "https_proxy", "TMPDIR") if name in os.environ
        }
        return {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "SOURCE_DATE_EPOCH": str(self.epoch),
            # mke2fs before 1.47.1 does not know SOURCE_DATE_EPOCH.
            "E2FSPROGS_FAKE_TIME": str(self.epoch),
            **kept,
        }

    def run(self, *command: str | Path, timeout: float = 3600, **more: str) -> None:
        """Output goes to the log. Raises SystemExit with its last lines if the command fails or takes too long."""
        log = self.folder / "build.log"
        until = time.monotonic() + timeout
        with log.open("a") as output:
            output.write(f"\n$ {' '.join(map(str, command))}\n")
            output.flush()
            process = subprocess.Popen(
                # It dies with the build, however that ends.
                ["setpriv", "--pdeathsig", "KILL", *map(str, command)],
                env={**self.environment, **more},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            while process.poll() is None and time.monotonic() < until:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.2)
                _show(log)
        finally:
            if too_long := process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode:
            why = f"took longer than {timeout:.0f} s" if too_long else f"failed ({process.returncode})"
            raise SystemExit(f"{command[0]} {why}. The end of {log}:\n{_end(log, 15)}")

    def ask(self, *command: str | Path) -> str:
        """What the command prints. Raises CalledProcessError."""
        return subprocess.run(
            [str(part) for part in command],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=True,
        ).stdout

    def step(self, name: str, made_of: Iterable[str | Path], work: Callable[[], None], *results: Path) -> None:
        """Do `work` unless `results` are there from the same `made_of`: words, and files or folders by content."""
        stamp = self.folder / f"{name}.stamp"
        key = fingerprint([name, *made_of])
        if all(each.exists() for each in results) and stamp.exists() and stamp.read_text() == key:
            print(f"  {name:<9} as before", file=sys.stderr)
            return
        stamp.unlink(missing_ok=True)
        began = time.monotonic()
        print(f"  {name:<9} … ", end="", flush=True, file=sys.stderr)
        work()
        stamp.write_text(key)
        clear = "\033[K" if sys.stderr.isatty() else ""
        print(f"\r{clear}  {name:<9} {time.monotonic() - began:.0f} s", file=sys.stderr)


def _end(log: Path, lines: int) -> str:
    """Its last lines."""
    with log.open("rb") as opened:
        opened.seek(max(0, log.stat().st_size - 200 * lines))
        return "\n".join(opened.read().decode(errors="replace").splitlines()[-lines:])


def _show(log: Path) -> None:
    """On a terminal, the log's last line behind what the step printed."""
    if sys.stderr.isatty():
        room = shutil.get_terminal_size().columns - 16
        line = "".join(sign for sign in _end(log, 1) if sign.isprintable())[: max(0, room)]
        # Save the cursor, clear to the end of the line, and back (ECMA-48; DECSC and DECRC).
        print(f"\0337\033[K{line}\0338", end="", flush=True, file=sys.stderr)


def fingerprint(made_of: Iterable[str | Path]) -> str:
    """Of words, and of files and folders by name, mode and content."""
    total = hashlib.sha256()
    for part in made_of:
        if isinstance(part, str):
            total.update(f"word {part}\0".encode())
            continue
        for path in [part] if part.is_file() else sorted(part.rglob("*")):
            if "__pycache__" in path.parts or path.is_dir():
                continue
            name = path.name if path == part else str(path.relative_to(part))
            total.update(f"file {name} {path.lstat().st_mode:o} {content(path)}\0".encode())
    return total.hexdigest()


def content(path: Path) -> str:
    """SHA-256 of a file, or where a link leads."""
    if path.is_symlink():
        return f"-> {os.readlink(path)}"
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def empty(folder: Path) -> Path:
    """The folder, new and empty."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder
