# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is most used: languages, apps, servers. https://docs.joinmastodon.org/methods/admin/dimensions/"""

import sys
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance import __version__
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, apps, status_tags, statuses
from appliance.fediverse.services.languages import NAMES
from appliance.fediverse.services.measures import Parameters
from appliance.fediverse.services.periods import Period

MAX_LIMIT = 100


@dataclass(frozen=True)
class Entry:
    key: str
    name: str
    value: str
    unit: str | None = None
    human_value: str | None = None


def dimension(tx: Tx, key: str, period: Period, limit: int, parameters: Parameters) -> list[Entry] | None:
    """None for what is not known, or not said of what."""
    match key:
        case "software_versions":
            return _software(tx)
        case "space_usage":
            return _space(tx)
        case "languages":
            return _languages(tx, statuses.c.local, period, limit)
        case "sources":
            return _sources(tx, period, limit)
        case "servers":
            return _servers(tx, sa.true(), period, limit)
        case "tag_servers" | "tag_languages":
            tag = _tag(parameters)
            if tag is None:
                return None
            return (_servers if key == "tag_servers" else _languages)(tx, tag, period, limit)
        case "instance_languages" | "instance_accounts":
            domain = parameters.get("domain", "").strip().lower()
            if not domain:
                return None
            if key == "instance_accounts":
                return _accounts(tx, domain, limit)
            theirs = statuses.c.account_id.in_(sa.select(accounts.c.id).where(accounts.c.domain == domain))
            return _languages(tx, theirs, period, limit)
    return None


def _within(period: Period) -> Any:
    first, end = period.ids
    return sa.and_(statuses.c.id >= first, statuses.c.id < end, statuses.c.boost_of_id.is_(None))


def _top(tx: Tx, what: Any, query: "sa.Select[Any]", limit: int) -> list[tuple[Any, int]]:
    count = sa.func.count()
    rows = tx.all(query.with_only_columns(what, count).group_by(what).order_by(count.desc(), what).limit(limit))
    return [(row[0], int(row[1])) for row in rows]


def _languages(tx: Tx, of: Any, period: Period, limit: int) -> list[Entry]:
    query = sa.select(statuses).where(_within(period), of, statuses.c.language.is_not(None))
    return [
        Entry(code, NAMES.get(code.partition("-")[0], code), str(count))
        for code, count in _top(tx, statuses.c.language, query, limit)
    ]


def _servers(tx: Tx, of: Any, period: Period, limit: int) -> list[Entry]:
    query = sa.select(statuses).join(accounts, accounts.c.id == statuses.c.account_id).where(_within(period), of)
    found = _top(tx, accounts.c.domain, query.where(accounts.c.domain != ""), limit)
    return [Entry(domain, domain, str(count)) for domain, count in found]


def _sources(tx: Tx, period: Period, limit: int) -> list[Entry]:
    query = sa.select(statuses).outerjoin(apps, apps.c.id == statuses.c.app_id).where(_within(period), statuses.c.local)
    return [Entry(name or "web", name or "Website", str(count)) for name, count in _top(tx, apps.c.name, query, limit)]


def _accounts(tx: Tx, domain: str, limit: int) -> list[Entry]:
    query = (
        sa.select(accounts.c.username, accounts.c.domain, accounts.c.followers_count)
        .where(accounts.c.domain == domain, accounts.c.deleted_at.is_(None))
        .order_by(accounts.c.followers_count.desc(), accounts.c.id)
        .limit(limit)
    )
    return [Entry(f"{row.username}@{row.domain}", row.username, str(row.followers_count)) for row in tx.all(query)]


def _tag(parameters: Parameters) -> Any:
    number = parameters.get("id", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return statuses.c.id.in_(sa.select(status_tags.c.status_id).where(status_tags.c.tag_id == int(number)))


def _software(tx: Tx) -> list[Entry]:
    dialect = tx.connection.dialect
    version = ".".join(str(part) for part in dialect.server_version_info or ())
    database = "PostgreSQL" if dialect.name == "postgresql" else "SQLite"
    python = ".".join(str(part) for part in sys.version_info[:3])
    return [
        Entry("hearth", "Hearth", __version__, human_value=__version__),
        Entry("python", "Python", python, human_value=python),
        Entry(database.lower(), database, version, human_value=version),
    ]


def _space(tx: Tx) -> list[Entry]:
    if tx.connection.dialect.name == "postgresql":
        size = tx.execute(sa.text("SELECT pg_database_size(current_database())")).scalar_one()
        return [_bytes("postgresql", "PostgreSQL", int(size))]
    pages, page = (tx.execute(sa.text(f"PRAGMA {name}")).scalar_one() for name in ("page_count", "page_size"))
    return [_bytes("sqlite", "SQLite", int(pages) * int(page))]


def _bytes(key: str, name: str, size: int) -> Entry:
    return Entry(key, name, str(size), "bytes", _in_words(size))


def _in_words(size: int) -> str:
    amount = float(size)
    for unit in ("Bytes", "KB", "MB", "GB"):
        if amount < 1024:
            return f"{amount:.3g} {unit}"
        amount /= 1024
    return f"{amount:.3g} TB"
