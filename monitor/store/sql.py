"""Column types for text from outside, and functions that run SQL statements.

The functions of the last section pass compiled SQL straight to the driver, which saves SQLAlchemy's work on each
parameter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    Insert,
    Integer,
    Select,
    Text,
    Update,
    bindparam,
    func,
    select,
)
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator

from monitor.characters import replace_surrogates

EXPANDING_LIST = re.compile(r"IN \(__\[POSTCOMPILE_\w+\]\)")  # what SQLAlchemy writes for an expanding list

# Column types

# SQLite autoincrements only primary keys of type INTEGER, which holds 64 bits there.
RowId = BigInteger().with_variant(Integer(), "sqlite")


class StorableText(TypeDecorator[str]):
    """Text from outside, made storable when it is bound: in inserts and in comparisons with the column."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable_text(value)


def storable_text(text: str) -> str:
    """Return `text` with the characters that databases reject, NUL and lone surrogates, replaced by U+FFFD."""
    return replace_surrogates(text.replace("\0", "\ufffd"))


def dump_json(value: Any) -> str:
    """Serialize as compact JSON of storable text."""
    return storable_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


# Statements run by SQLAlchemy


def execute_many(conn: Connection, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
    """Run the statement for every row; do nothing without rows."""
    if rows:
        conn.execute(statement, rows)


def pad_ids(ids: Iterable[int]) -> list[int]:
    """Repeat the last id up to a power of two. Drivers keep a statement for each length of an expanding list."""
    padded = list(ids)
    return padded + padded[-1:] * ((1 << (len(padded) - 1).bit_length()) - len(padded)) if padded else []


def count_rows(conn: Connection, column: ColumnElement[int], *conditions: ColumnElement[bool]) -> int:
    return int(conn.execute(select(func.count(column)).where(*conditions)).scalar_one())


def distinct_names(conn: Connection, column: ColumnElement[str], limit: int | None = None) -> list[str]:
    """Return the values of an indexed column, up to `limit`, in order; one short lookup each."""
    names: list[str] = []
    query = select(column).order_by(column).limit(1)
    while limit is None or len(names) < limit:
        name = conn.scalar(query.where(column > names[-1]) if names else query)
        if name is None:
            break
        names.append(name)
    return names


# Statements passed to the driver


def insert_rows(
    conn: Connection,
    statement: Insert,
    keys: tuple[str, ...],
    rows: Sequence[tuple[int | float | str | bytes | None, ...]],
) -> None:
    """Insert rows into the columns `keys`. Their values must be storable as they are: text by `storable_text`.

    For the claims of a poll, which are hundreds, and for the indexes, which get about thirty terms for each claim.
    PostgreSQL gets an array of each column, which takes it and its driver a fifth of the time of single rows.
    """
    if not rows:
        return
    if conn.dialect.name == "postgresql":
        columns = zip(*rows, strict=True)
        arrays: dict[str, object] = {key: list(column) for key, column in zip(keys, columns, strict=True)}
        conn.exec_driver_sql(str(compile_statement(insert_arrays(statement, keys), conn.dialect)), arrays)
    else:
        conn.exec_driver_sql(str(compile_statement(statement, conn.dialect, keys)), rows)


@cache
def insert_arrays(statement: Insert, keys: tuple[str, ...]) -> Insert:
    """Return a statement that inserts rows from an array for each of the columns `keys`."""
    arrays = [bindparam(key, type_=ARRAY(statement.table.c[key].type)) for key in keys]
    rows = func.unnest(*arrays).table_valued(*keys).render_derived()
    return statement.from_select(list(keys), select(*rows.c), include_defaults=False)


def execute_many_raw(conn: Connection, statement: Update, rows: Sequence[dict[str, object]]) -> None:
    """Run a statement for each row of parameters, which must be storable as they are.

    For polls without news, where recording the poll is most of the cost.
    """
    if not rows:
        return
    sql_compiler = compile_statement(statement, conn.dialect)
    parameter_order = sql_compiler.positiontup
    parameters = [tuple([row[name] for name in parameter_order]) for row in rows] if parameter_order else rows
    conn.exec_driver_sql(str(sql_compiler), parameters)


def select_matching(conn: Connection, statement: Select[Any], integers: Iterable[int]) -> list[Any]:
    """Return the rows of a statement whose only parameter is an expanding list of integers.

    For the terms of an update, which are hundreds.
    """
    sql = str(compile_statement(statement, conn.dialect))
    if conn.dialect.name == "sqlite":  # statements are kept in memory, so their text must not contain the integers
        values = (f"[{','.join([f'{number:d}' for number in integers])}]",)
        return list(fetch_raw(conn, EXPANDING_LIST.sub("IN (SELECT value FROM json_each(?))", sql), values))
    # One text for all lists, so that the server parses and plans it once.
    return list(
        fetch_raw(conn, EXPANDING_LIST.sub("= ANY(%(integers)s::bigint[])", sql), {"integers": list(integers)})
    )


def select_raw(conn: Connection, statement: Select[Any], **values: int) -> Sequence[Any]:
    """Return the rows of a statement whose parameters are plain integers."""
    sql_compiler = compile_statement(statement, conn.dialect)
    parameters = sql_compiler.construct_params(values)
    parameter_order = sql_compiler.positiontup
    ordered = tuple(parameters[name] for name in parameter_order) if parameter_order else parameters
    return fetch_raw(conn, str(sql_compiler), ordered)


def fetch_raw(conn: Connection, sql: str, values: Any = None) -> Sequence[Any]:
    """Return the rows as the driver's cursor fetches them."""
    result = conn.exec_driver_sql(sql, values)
    assert result.cursor is not None
    rows: Sequence[Any] = result.cursor.fetchall()
    result.close()
    return rows


@cache
def compile_statement(
    statement: Insert | Select[Any] | Update, dialect: Dialect, keys: tuple[str, ...] | None = None
) -> SQLCompiler:
    """Compile a statement for the driver; an insert into the columns `keys`.

    The cache stays small: a process has few engines, each with one dialect, and statements are constants.
    """
    sql_compiler = statement.compile(dialect=dialect, column_keys=keys)
    assert isinstance(sql_compiler, SQLCompiler)
    return sql_compiler
