# SPDX-License-Identifier: AGPL-3.0-or-later
"""Brings the database to the newest form, in one transaction, with a copy of the old one kept beside it."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from appliance.errors import HearthError
from appliance.fediverse.db import copies, failures
from appliance.system.files import Files
from appliance.system.runner import Runner

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(url: str, files: Files, runner: Runner, folder: Path) -> None:
    """Does nothing if the database is up to date. The copy goes to `folder`.

    Raises HearthError database-newer, database-away, disk-full, disk-refused, or command-… where no copy can be made.
    """
    files.make_folder(folder)
    engine = _open(url)
    try:
        _upgrade(engine, files, runner, folder)
    except sa.exc.OperationalError as error:
        if engine.dialect.name == "sqlite":
            raise
        raise failures.away() from error
    finally:
        engine.dispose()


def _upgrade(engine: sa.Engine, files: Files, runner: Runner, folder: Path) -> None:
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
    if current:
        path = Path(engine.url.database or "")
        if engine.dialect.name == "sqlite":
            copies.of_sqlite(engine, path, folder / f"{path.name}.before-{current}", files)
        else:
            copies.of_postgresql(engine, folder / f"database.before-{current}.dump", files, runner)
    _migrate(engine)


def _open(url: str) -> sa.Engine:
    """With transactions that nobody else can write beside."""
    engine = sa.create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _configure_sqlite)
        begin = "BEGIN IMMEDIATE"
    else:
        from appliance.fediverse.db.postgresql import TAKE_TURN as begin
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


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


def _configure_sqlite(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # we say BEGIN ourselves
    connection.execute("PRAGMA journal_mode = WAL")  # type: ignore[attr-defined]
    connection.execute("PRAGMA synchronous = FULL")  # type: ignore[attr-defined]
