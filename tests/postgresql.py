# SPDX-License-Identifier: AGPL-3.0-or-later
"""A PostgreSQL of the tests' own: Debian's, in a folder that is removed, on a Unix socket, gone with who started it."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from tests import debian

USER = "hearth"
_NOBODY = 65534  # the server refuses to run as root
# Nothing here must survive a power cut, and tests are many and small.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "jit": "off",
}


class Cluster:
    """Databases made from others within milliseconds."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="hearth-postgresql-"))
        self.programs = _programs(self._folder)
        self._number = 0
        try:
            self._server = self._start()
        except BaseException:
            shutil.rmtree(self._folder)
            raise

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.terminate()
        try:
            self._server.wait(10)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        shutil.rmtree(self._folder)

    def address(self, name: str) -> str:
        """As whoever runs an instance gives it."""
        return f"postgresql://{USER}@/{name}?host={self._folder}"

    def url(self, name: str) -> str:
        """As SQLAlchemy takes it."""
        return self.address(name).replace("postgresql:", "postgresql+psycopg:", 1)

    def name(self) -> str:
        """For a database that is still to be made."""
        self._number += 1
        return f"test{self._number}"

    def create(self, name: str, template: str = "template1") -> None:
        self.do(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")

    def drop(self, name: str) -> None:
        """Whoever is connected still is thrown out."""
        self.do(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def throw_out(self, name: str) -> None:
        """End all connections to a database, as a restart does."""
        self.do(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def do(self, statement: str, name: str = "postgres") -> None:
        engine = sa.create_engine(self.url(name), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement.replace("%", "%%"))

    def _start(self) -> "subprocess.Popen[bytes]":
        data, log = self._folder / "data", self._folder / "log"
        user = _NOBODY if os.getuid() == 0 else os.getuid()
        os.chown(self._folder, user, -1)
        subprocess.run(
            [
                *self._as_user("initdb"),
                *("--pgdata", data, "--username", USER, "--auth", "trust", "--encoding", "UTF8"),
                *("--locale", "C", "--no-sync", "--no-instructions"),
            ],
            check=True,
            capture_output=True,
            timeout=120,
            env=self._environment(),
            cwd=self._folder,
        )
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with log.open("wb") as out:
            server = subprocess.Popen(
                # SIGINT is its fast way to end.
                [*self._as_user("postgres", "--pdeathsig", "INT"), "-D", data, "-k", self._folder, *settings],
                stdout=out,
                stderr=out,
                env=self._environment(),
                cwd=self._folder,
            )
        deadline = time.monotonic() + 60
        while b"ready to accept connections" not in log.read_bytes():
            if server.poll() is not None or time.monotonic() > deadline:
                server.kill()
                raise RuntimeError(f"PostgreSQL does not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.02)
        return server

    def _as_user(self, program: str, *options: str) -> list[str]:
        user = ["--reuid", str(_NOBODY), "--clear-groups"] if os.getuid() == 0 else []
        return ["setpriv", *options, *user, str(self.programs / program)]

    def _environment(self) -> dict[str, str]:
        return {"PATH": f"{self.programs}:{os.environ['PATH']}", "LC_ALL": "C", **_libraries(self.programs)}


def _programs(folder: Path) -> Path:
    """The machine's own, or Debian's, unpacked, where who is nobody can reach them."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if not found:
        tree = debian.tree("postgresql", leave_out=("libllvm", "perl", "libperl", "ssl-cert", "openssl"))
        if os.getuid() == 0:
            tree = Path(shutil.copytree(tree, folder / "tree", symlinks=True))
        found = sorted(tree.glob("usr/lib/postgresql/*/bin/postgres"))
    return found[-1].parent


def _libraries(programs: Path) -> dict[str, str]:
    if programs.is_relative_to("/usr"):
        return {}
    return {"LD_LIBRARY_PATH": ":".join(str(path) for path in programs.parents[3].glob("lib/*-linux-gnu"))}
