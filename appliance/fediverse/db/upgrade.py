# SPDX-License-Identifier: AGPL-3.0-or-later
"""Brings the database to the newest form, in one transaction, with a copy of the old one kept beside it."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from appliance.errors import HearthError
from appliance.system.files import Files

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(url: str, files: Files) -> None:
    """Does nothing if the database is up to date. Raises HearthError database-newer, disk-full, disk-refused."""
    engine = sa.create_engine(url, poolclass=NullPool)
    path = Path(engine.url.database) if engine.dialect.name == "sqlite" and engine.url.database else None
    if path:
        files.make_folder(path.parent)
        sa.event.listen(engine, "connect", _configure_sqlite)
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    current = _current(engine)
    if current == head():
        return
    if current and current > head():
        raise HearthError(
            "database-newer",
            "The database was written by a newer Hearth than this one.",
            "Start the newer version again.",
            status=500,
        )
    if path and current:
        _copy_aside(engine, path, current, files)
    _migrate(engine)


def head() -> str:
    """The newest revision: revisions are numbered in order, and their files are named by them."""
    return max(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _current(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _migrate(engine: sa.Engine) -> None:
    # Imported here alone: it is needed once per new version and costs every other start memory.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _copy_aside(engine: sa.Engine, path: Path, current: str, files: Files) -> None:
    if files.free_bytes(path.parent) < 2 * path.stat().st_size:
        raise HearthError(
            "disk-full",
            "There is no room for a copy of the database, so it was not changed.",
            "Make room on the disk and start again.",
            status=507,
        )
    copy = path.with_name(f"{path.name}.before-{current}")
    files.remove(copy)
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        if raw is not None:
            raw.execute("VACUUM INTO ?", (str(copy),))


def _configure_sqlite(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # we say BEGIN ourselves
    connection.execute("PRAGMA journal_mode = WAL")  # type: ignore[attr-defined]
    connection.execute("PRAGMA synchronous = FULL")  # type: ignore[attr-defined]
