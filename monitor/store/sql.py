"""Column types that hold whatever feeds contain, and statements run past SQLAlchemy's work on each value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
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
    func,
    select,
)
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator

# SQLite counts up rows of this very type only; both databases hold 64 bits in it.
RowId = BigInteger().with_variant(Integer(), "sqlite")
EXPANDING_LIST = re.compile(r"__\[POSTCOMPILE_\w+\]")  # where SQLAlchemy leaves room for a list
MAX_INTEGERS_PER_STATEMENT = 2000  # integers in one statement


def storable_text(text: str) -> str:
    """`text` without what databases refuse: NUL and lone surrogates become U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class StorableText(TypeDecorator[str]):
    """Text from outside, made storable on its way in, also where it is compared with a column."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable_text(value)


def dump_json(value: Any) -> str:
    """Compact JSON that any database takes."""
    return storable_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


@cache
def compile_statement(
    statement: Insert | Select[Any] | Update, dialect: Dialect, keys: tuple[str, ...] | None = None
) -> SQLCompiler:
    """A statement as the driver takes it, an insert into the columns `keys`. A program has few engines, and each its
    one dialect."""
    sql_compiler = statement.compile(dialect=dialect, column_keys=keys)
    assert isinstance(sql_compiler, SQLCompiler)
    return sql_compiler


def insert_rows(
    conn: Connection, statement: Insert, keys: tuple[str, ...], rows: Sequence[tuple[int | bytes, ...]]
) -> None:
    """Inserts rows of plain integers and bytes, past SQLAlchemy's work on every parameter.

    For indexes alone, which get some thirty terms for each claim.
    """
    sql_compiler = compile_statement(statement, conn.dialect, keys)
    values = rows if sql_compiler.positional else [dict(zip(keys, row, strict=True)) for row in rows]
    conn.exec_driver_sql(str(sql_compiler), values)


def execute_many_raw(conn: Connection, statement: Update, rows: Sequence[dict[str, object]]) -> None:
    """Runs a statement for each row of parameters that any database takes as they are, past SQLAlchemy's work on
    every one: a poll that finds nothing new costs little else."""
    if rows:
        sql_compiler = compile_statement(statement, conn.dialect)
        parameter_order = sql_compiler.positiontup
        conn.exec_driver_sql(
            str(sql_compiler),
            [tuple([row[name] for name in parameter_order]) for row in rows] if parameter_order else rows,
        )


def execute_many(conn: Connection, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
    """Runs the statement for every row, if there is one."""
    if rows:
        conn.execute(statement, rows)


def select_matching(conn: Connection, statement: Select[Any], integers: Iterable[int]) -> list[Any]:
    """The rows of a statement whose one parameter is an expanding list of integers, past SQLAlchemy's work on every
    one of them: the terms of an update are hundreds."""
    sql, literals = str(compile_statement(statement, conn.dialect)), [f"{number:d}" for number in integers]
    rows: list[Any] = []
    for start in range(0, len(literals), MAX_INTEGERS_PER_STATEMENT):
        rows += fetch_raw(
            conn, EXPANDING_LIST.sub(",".join(literals[start : start + MAX_INTEGERS_PER_STATEMENT]), sql)
        )
    return rows


def select_raw(conn: Connection, statement: Select[Any], **values: int) -> Sequence[Any]:
    """The rows of a statement with plain integers for its parameters, past SQLAlchemy's work as well."""
    sql_compiler = compile_statement(statement, conn.dialect)
    parameters = sql_compiler.construct_params(values)
    return fetch_raw(
        conn,
        str(sql_compiler),
        tuple(parameters[name] for name in sql_compiler.positiontup) if sql_compiler.positiontup else parameters,
    )


def fetch_raw(conn: Connection, sql: str, values: Any = None) -> Sequence[Any]:
    """The rows of a statement as the driver gives them."""
    result = conn.exec_driver_sql(sql, values)
    assert result.cursor is not None
    rows: Sequence[Any] = result.cursor.fetchall()
    result.close()
    return rows


def count_rows(conn: Connection, column: ColumnElement[int], *conditions: ColumnElement[bool]) -> int:
    """How many rows there are."""
    return int(conn.execute(select(func.count(column)).where(*conditions)).scalar_one())
