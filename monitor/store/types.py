"""Column types that hold whatever feeds contain, and the hashes that rows are found by."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any

from sqlalchemy import BigInteger, Connection, Dialect, Insert, Integer, Select, Text, Update
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator

# SQLite counts up rows of this very type only; both databases hold 64 bits in it.
RowId = BigInteger().with_variant(Integer(), "sqlite")

EXPANDING = re.compile(r"__\[POSTCOMPILE_\w+\]")  # where SQLAlchemy leaves room for a list
AT_ONCE = 2000  # integers in one statement


def storable(text: str) -> str:
    """`text` without what databases refuse: NUL and lone surrogates become U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class Prose(TypeDecorator[str]):
    """Text from outside, made storable on its way in, also where it is compared with a column."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


def as_json(value: Any) -> str:
    """Compact JSON that any database takes."""
    return storable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


@lru_cache(maxsize=32768)
def hash64(text: str) -> int:
    """A signed 64-bit hash, the same in every process."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)


@cache
def compiled(statement: Insert | Select[Any] | Update, dialect: Dialect) -> SQLCompiler:
    """A statement as the driver takes it. A program has few engines, and each its one dialect."""
    ready = statement.compile(dialect=dialect)
    assert isinstance(ready, SQLCompiler)
    return ready


def insert_integers(conn: Connection, statement: Insert, rows: Sequence[tuple[int, ...]]) -> None:
    """Inserts rows of plain integers, past SQLAlchemy's work on every parameter.

    For the ledger's index alone, which gets some thirty rows for each claim.
    """
    ready = compiled(statement, conn.dialect)
    names = statement.table.columns.keys()
    values = rows if ready.positional else [dict(zip(names, row, strict=True)) for row in rows]
    conn.exec_driver_sql(str(ready), values)


def run_many(conn: Connection, statement: Update, rows: Sequence[dict[str, object]]) -> None:
    """Runs a statement for each row of parameters that any database takes as they are, past SQLAlchemy's work on
    every one: a poll that finds nothing new costs little else."""
    if rows:
        ready = compiled(statement, conn.dialect)
        order = ready.positiontup
        conn.exec_driver_sql(str(ready), [tuple([row[name] for name in order]) for row in rows] if order else rows)


def matching(conn: Connection, statement: Select[Any], wanted: Iterable[int]) -> list[Any]:
    """The rows of a statement whose one parameter is an expanding list of integers, past SQLAlchemy's work on every
    one of them: the terms of an update are hundreds."""
    ready, numbers = str(compiled(statement, conn.dialect)), [f"{number:d}" for number in wanted]
    found: list[Any] = []
    for first in range(0, len(numbers), AT_ONCE):
        found += fetched(conn, EXPANDING.sub(",".join(numbers[first : first + AT_ONCE]), ready))
    return found


def led_to(conn: Connection, statement: Select[Any], term: int) -> list[int]:
    """The integers that a statement whose one parameter is `term` selects, past SQLAlchemy's work as well."""
    ready = compiled(statement, conn.dialect)
    named = ready.construct_params({"term": term})
    values = tuple(named[name] for name in ready.positiontup) if ready.positiontup else named
    return [number for (number,) in fetched(conn, str(ready), values)]


def fetched(conn: Connection, sql: str, values: Any = None) -> Sequence[Any]:
    """The rows of a statement as the driver gives them."""
    result = conn.exec_driver_sql(sql, values)
    assert result.cursor is not None
    rows: Sequence[Any] = result.cursor.fetchall()
    result.close()
    return rows
