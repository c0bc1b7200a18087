# SPDX-License-Identifier: AGPL-3.0-or-later
"""A copy of the database, kept beside it before a migration changes it."""

from pathlib import Path

import sqlalchemy as sa

from appliance.errors import HearthError
from appliance.secret import Secret
from appliance.system.files import Files
from appliance.system.runner import Argument, Runner

_DUMP_SECONDS = 4 * 3600.0


def of_sqlite(engine: sa.Engine, path: Path, copy: Path, files: Files) -> None:
    """Raises HearthError disk-full."""
    _make_room(copy, 2 * path.stat().st_size, files)
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        if raw is not None:
            raw.execute("VACUUM INTO ?", (str(copy),))


def of_postgresql(engine: sa.Engine, copy: Path, files: Files, runner: Runner) -> None:
    """Made by pg_dump, for pg_restore. Raises HearthError disk-full, or command-… where pg_dump fails."""
    with engine.connect() as connection:
        size = connection.execute(sa.text("SELECT pg_database_size(current_database())")).scalar_one()
    _make_room(copy, size, files)
    url = engine.url
    password = {"PGPASSWORD": Secret(str(url.password))} if url.password else {}
    # Who asks, and where. The password goes another way, as everybody may read arguments.
    address = sa.URL.create(
        "postgresql", username=url.username, host=url.host, port=url.port, database=url.database, query=url.query
    )
    argv: list[Argument] = ["pg_dump", "--format=custom", f"--file={copy}", f"--dbname={address.render_as_string()}"]
    runner.run(argv, timeout=_DUMP_SECONDS, environment=password)


def _make_room(copy: Path, size: int, files: Files) -> None:
    if files.free_bytes(copy.parent) < size:
        raise HearthError(
            "disk-full",
            "There is no room for a copy of the database, so it was not changed.",
            "Make room on the disk and start again.",
            status=507,
        )
    files.remove(copy)
