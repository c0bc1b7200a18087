# SPDX-License-Identifier: AGPL-3.0-or-later
"""What all tables are made of.

Only migrations make tables; so an index over some of the rows says here just `sqlite_where`: `postgresql_where` would
load all that SQLAlchemy knows of PostgreSQL into every process.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# In SQLite only a key declared INTEGER is the row's own address; BIGINT would cost a second index.
KEY = BigInteger().with_variant(Integer(), "sqlite")


def key() -> "Column[int]":
    """A time-sorted id (see ids.py)."""
    return Column("id", KEY, primary_key=True, autoincrement=False)


def ref(name: str, target: str, *, null: bool = False, cascade: bool = True) -> "Column[int]":
    """A reference to another table's id: with what it refers to the row goes, or, without `cascade`, the reference."""
    action = "CASCADE" if cascade else "SET NULL"
    return Column(name, BigInteger, ForeignKey(f"{target}.id", ondelete=action), nullable=null or not cascade)
