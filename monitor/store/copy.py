"""Copy a store to an empty one, also of the other kind of database: table by table, in batches of rows.

While the copy is not complete, the target has the revision COPYING, which every other opening refuses.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, inspect, select, text

from monitor.errors import StoreBusy, StoreError
from monitor.store import migrate, workers
from monitor.store.base import Store
from monitor.store.schema import (
    gist_postings,
    gist_unfiled,
    metadata,
    postings,
    unfiled,
)

ROWS_PER_BATCH = 1_000
LISTS = {unfiled.name: postings, gist_unfiled.name: gist_postings}  # whose lots are numbers of the pending rows
SET_SEQUENCE = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")


@dataclass(frozen=True, slots=True)
class TableProgress:
    """`copied` of `total` rows of a table are in the target."""

    table: str
    copied: int
    total: int


def copy_store(source: Store, target: Store, *, dead_after_s: float) -> Generator[TableProgress, None, None]:
    """Copy all rows of `source`, at the newest schema, to `target`. Yield after each batch.

    Raises StoreError if the target has rows, and StoreBusy if a daemon runs on either; nothing is changed then. If
    the copy fails later, the target is emptied. A worker is dead without a beat for `dead_after_s`.
    """
    with source.hold_daemon(), target.hold_daemon():
        for store in (source, target):
            refuse_living_workers(store, dead_after_s)
        prepare_target(target)
        try:
            with source.read() as conn:
                for table in metadata.sorted_tables:
                    yield from copy_table(conn, table, target)
            refuse_living_workers(source, dead_after_s)
            finish_target(target)
        except BaseException:
            empty_target(target)
            raise


def refuse_living_workers(store: Store, dead_after_s: float) -> None:
    """Raise StoreBusy if a daemon uses the store; a store that is not shared is protected by its lock."""
    if not store.is_shared:
        return
    with store.read() as conn:
        if not inspect(conn).has_table("workers"):
            return
        living = workers.load_living(conn, dead_after_s)
    if living:
        where = f"pid {living[0].pid} on {living[0].host}"
        raise StoreBusy(f"a daemon is running on {store.name} ({where}); stop it first")


def prepare_target(target: Store) -> None:
    """Bring the target to the newest schema and mark it. What a copy that was killed has left there is deleted."""
    with target.write_any_schema() as conn:
        revision = migrate.current_revision(conn, target.name)
        if revision != migrate.COPYING:
            migrate.check_known(revision, target.name)
            if revision is not None and (filled := first_filled_table(conn)):
                raise StoreError(f"the database {target.name} has data already ({filled}); copy to an empty one")
    if revision == migrate.COPYING:
        with target.write_any_schema() as conn:
            delete_all_rows(conn)
        return
    target.upgrade()
    with target.write_any_schema() as conn:
        migrate.set_revision(conn, migrate.COPYING)


def first_filled_table(conn: Connection) -> str | None:
    """Return the name of a table with rows."""
    existing = set(inspect(conn).get_table_names())
    tables = (table for table in metadata.sorted_tables if table.name in existing)
    return next((table.name for table in tables if conn.execute(select(1).select_from(table).limit(1)).first()), None)


def copy_table(conn: Connection, table: Table, target: Store) -> Iterator[TableProgress]:
    """Copy the rows of a table, and check their number at the end. Raises StoreError if it differs."""
    total, copied = count_all(conn, table), 0
    yield TableProgress(table.name, 0, total)
    query = select(table).order_by(*table.primary_key.columns)
    result = conn.execution_options(yield_per=ROWS_PER_BATCH).execute(query)
    for rows in result.mappings().partitions(ROWS_PER_BATCH):
        write_batch(target, table, rows)
        copied += len(rows)
        yield TableProgress(table.name, copied, total)
    with target.write_any_schema() as target_conn:
        in_copy = count_all(target_conn, table)
    if in_copy != total:
        raise StoreError(f"the table {table.name} has {total:,} rows in the source and {in_copy:,} in the copy")


def write_batch(target: Store, table: Table, rows: Sequence[Any]) -> None:
    with target.write_any_schema() as conn:
        conn.execute(insert(table), [dict(row) for row in rows])


def count_all(conn: Connection, table: Table) -> int:
    return int(conn.execute(select(func.count()).select_from(table)).scalar_one())


def finish_target(target: Store) -> None:
    """Let new rows get the numbers after the copied ones, and mark the target as complete."""
    with target.write_any_schema() as conn:
        for table in metadata.sorted_tables:
            column = table.autoincrement_column
            if column is not None and (last := last_number(conn, table, column)):
                set_sequence(conn, table, column.name, last)
        migrate.set_revision(conn, migrate.REVISIONS[-1])


def last_number(conn: Connection, table: Table, column: Any) -> int:
    """Return the last number that a row of the table had: also a pending row of an index that is in its lists now."""
    last: int = conn.execute(select(func.coalesce(func.max(column), 0))).scalar_one()
    if table.name in LISTS:
        lot = LISTS[table.name].c.lot
        last = max(last, conn.execute(select(func.coalesce(func.max(lot), 0))).scalar_one())
    return last


def set_sequence(conn: Connection, table: Table, column: str, last: int) -> None:
    if conn.dialect.name == "postgresql":
        conn.execute(SET_SEQUENCE, {"table": table.name, "column": column, "last": last})
    elif table.dialect_options["sqlite"]["autoincrement"]:  # without it, SQLite continues after the last row
        conn.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), {"table": table.name})
        conn.execute(text("INSERT INTO sqlite_sequence VALUES (:table, :last)"), {"table": table.name, "last": last})


def empty_target(target: Store) -> None:
    """Delete what was copied. If that fails as well, the target stays marked, and the next copy empties it."""
    with target.write_any_schema() as conn:
        delete_all_rows(conn)
        migrate.set_revision(conn, migrate.REVISIONS[-1])


def delete_all_rows(conn: Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        conn.execute(delete(table))
