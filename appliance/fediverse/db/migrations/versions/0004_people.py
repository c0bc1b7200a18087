# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mutes, lists, filters, notes and the rest of what people are to each other; and the index for searching."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_NO, _YES = sa.text("false"), sa.text("true")


def upgrade() -> None:
    _extend()
    _make_people()
    _make_lists()
    _make_tags()
    _make_filters()
    _make_search()
    (_index_in_sqlite if op.get_bind().dialect.name == "sqlite" else _index_in_postgresql)()


def _extend() -> None:
    op.add_column("accounts", sa.Column("hide_collections", sa.Boolean(), server_default=_NO, nullable=False))
    op.add_column("accounts", sa.Column("indexable", sa.Boolean(), server_default=_NO, nullable=False))
    op.add_column("accounts", sa.Column("attribution_domains", sa.JSON(), nullable=True))
    op.add_column("accounts", sa.Column("also_known_as", sa.JSON(), nullable=True))
    op.add_column("accounts", sa.Column("moved_to_id", sa.BigInteger(), nullable=True))
    listed = sa.text("discoverable")
    op.create_index("ix_accounts_active", "accounts", ["last_status_at"], sqlite_where=listed, postgresql_where=listed)
    op.add_column("follows", sa.Column("languages", sa.Text(), nullable=True))


def _make_people() -> None:
    _pairs(
        "mutes",
        sa.Column("notifications", sa.Boolean(), server_default=_YES, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
    )
    _index("mutes", "expires_at")
    _pairs("endorsements")
    _table(
        "user_domain_blocks",
        _key(),
        *_ref("user_domain_blocks", "account_id", "accounts"),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        unique=("account_id", "domain"),
    )
    for name, more in (
        ("account_notes", (sa.Column("comment", sa.Text(), nullable=False),)),
        ("dismissed_suggestions", ()),
    ):
        _table(
            name,
            *_ref(name, "account_id", "accounts"),
            *_ref(name, "target_id", "accounts"),
            *more,
            primary=("account_id", "target_id"),
        )
        _index(name, "target_id")


def _make_lists() -> None:
    _table(
        "lists",
        _key(),
        *_ref("lists", "account_id", "accounts"),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("replies_policy", sa.String(), nullable=False),
        sa.Column("exclusive", sa.Boolean(), server_default=_NO, nullable=False),
    )
    _index("lists", "account_id")
    for name, column, target in (
        ("list_accounts", "account_id", "accounts"),
        ("list_statuses", "status_id", "statuses"),
    ):
        _table(
            name,
            *_ref(name, "list_id", "lists"),
            *_ref(name, column, target),
            primary=("list_id", column),
            sqlite_with_rowid=False,
        )
        _index(name, column)


def _make_tags() -> None:
    for name, more in (
        ("followed_tags", ()),
        (
            "featured_tags",
            (
                sa.Column("name", sa.String(), nullable=False),
                sa.Column("statuses_count", sa.Integer(), server_default="0", nullable=False),
                sa.Column("last_status_at", sa.BigInteger(), nullable=True),
            ),
        ),
    ):
        _table(
            name,
            _key(),
            *_ref(name, "account_id", "accounts"),
            *_ref(name, "tag_id", "tags"),
            *more,
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            unique=("account_id", "tag_id"),
        )
        _index(name, "tag_id")
    _table(
        "tag_uses",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        *_ref("tag_uses", "tag_id", "tags"),
        *_ref("tag_uses", "account_id", "accounts"),
        sa.Column("uses", sa.Integer(), nullable=False),
        primary=("day", "tag_id", "account_id"),
        sqlite_with_rowid=False,
    )
    _index("tag_uses", "tag_id")
    _index("tag_uses", "account_id")


def _make_filters() -> None:
    _table(
        "filters",
        _key(),
        *_ref("filters", "account_id", "accounts"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("contexts", sa.JSON(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
    )
    _index("filters", "account_id")
    _table(
        "filter_keywords",
        _key(),
        *_ref("filter_keywords", "filter_id", "filters"),
        sa.Column("keyword", sa.Text(), nullable=False),
        sa.Column("whole_word", sa.Boolean(), server_default=_YES, nullable=False),
    )
    _index("filter_keywords", "filter_id")
    _table(
        "filter_statuses",
        _key(),
        *_ref("filter_statuses", "filter_id", "filters"),
        *_ref("filter_statuses", "status_id", "statuses"),
        unique=("filter_id", "status_id"),
    )
    _index("filter_statuses", "status_id")


def _make_search() -> None:
    _table(
        "search_texts",
        sa.Column("status_id", _big(), autoincrement=False, nullable=False),
        _foreign("search_texts", "status_id", "statuses"),
        sa.Column("text", sa.Text(), nullable=False),
        primary=("status_id",),
    )
    op.execute(
        "INSERT INTO search_texts (status_id, text)"
        " SELECT id, trim(spoiler_text || ' ' || text) FROM statuses WHERE local AND boost_of_id IS NULL"
    )


def _index_in_sqlite() -> None:
    """FTS5 over the rows themselves; triggers, since rows also go when what they refer to goes."""
    tokens = "columnsize=0, tokenize='unicode61 remove_diacritics 2'"
    op.execute(
        "CREATE VIRTUAL TABLE search_words USING"
        f" fts5(text, content='search_texts', content_rowid='status_id', {tokens})"
    )
    op.execute(
        "CREATE VIRTUAL TABLE search_people USING"
        f" fts5(username, display_name, domain, content='accounts', content_rowid='id', {tokens})"
    )
    for table, source, key, columns in (
        ("search_words", "search_texts", "status_id", ("text",)),
        ("search_people", "accounts", "id", ("username", "display_name", "domain")),
    ):
        names = ", ".join(columns)
        old, new = (", ".join(f"{row}.{name}" for name in columns) for row in ("old", "new"))
        forget = f"INSERT INTO {table}({table}, rowid, {names}) VALUES ('delete', old.{key}, {old});"  # noqa: S608
        learn = f"INSERT INTO {table}(rowid, {names}) VALUES (new.{key}, {new});"  # noqa: S608
        changed = " OR ".join(f"old.{name} IS NOT new.{name}" for name in columns)
        op.execute(f"CREATE TRIGGER {table}_learn AFTER INSERT ON {source} BEGIN {learn} END")
        op.execute(f"CREATE TRIGGER {table}_forget AFTER DELETE ON {source} BEGIN {forget} END")
        op.execute(
            f"CREATE TRIGGER {table}_relearn AFTER UPDATE OF {names} ON {source} WHEN {changed}"
            f" BEGIN {forget} {learn} END"
        )
        op.execute(f"INSERT INTO {table}({table}) VALUES ('rebuild')")  # noqa: S608


def _index_in_postgresql() -> None:
    """Letters count without their accents there too, as FTS5 has it."""

    def words(text: str) -> str:
        return rf"to_tsvector('simple', regexp_replace(normalize({text}, NFKD), '[\u0300-\u036f]', '', 'g'))"

    op.execute(f"ALTER TABLE search_texts ADD COLUMN words tsvector GENERATED ALWAYS AS ({words('text')}) STORED")
    op.execute("CREATE INDEX search_words ON search_texts USING gin (words)")
    names = words("username || ' ' || display_name || ' ' || domain")
    op.execute(f"CREATE INDEX search_people ON accounts USING gin ({names})")


def _big() -> "sa.types.TypeEngine[int]":
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key() -> "sa.Column[int]":
    return sa.Column("id", _big(), autoincrement=False, nullable=False)


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def _ref(table: str, column: str, target: str) -> "tuple[sa.Column[int], sa.ForeignKeyConstraint]":
    return sa.Column(column, sa.BigInteger(), nullable=False), _foreign(table, column, target)


def _table(
    name: str, *parts: Any, primary: tuple[str, ...] = ("id",), unique: tuple[str, ...] = (), **options: Any
) -> None:
    constraints: list[Any] = [sa.PrimaryKeyConstraint(*primary, name=op.f(f"pk_{name}"))]
    if unique:
        constraints.append(sa.UniqueConstraint(*unique, name=op.f(f"uq_{name}_{'_'.join(unique)}")))
    op.create_table(name, *parts, *constraints, **options)


def _pairs(name: str, *more: "sa.Column[Any]") -> None:
    """What one account is to another."""
    _table(
        name,
        _key(),
        *_ref(name, "account_id", "accounts"),
        *_ref(name, "target_id", "accounts"),
        *more,
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        unique=("account_id", "target_id"),
    )
    _index(name, "target_id")


def _index(table: str, column: str) -> None:
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
