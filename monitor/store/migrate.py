"""The revisions of the schema: checks them, and upgrades a database to the newest one.

Alembic is imported only if there are migrations to run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, column, inspect, select, table, update

from monitor.errors import StoreError, StoreOutdated
from monitor.store.base import NoteProgress, no_progress

VERSION_TABLE = "schema_version"
COPYING = "copying"  # the revision of a database into which a store is being copied
READ_REVISION = "SELECT version_num FROM schema_version"  # passed to the driver in each write on SQLite
SELECT_REVISION: Select[Any] = select(column("version_num")).select_from(table(VERSION_TABLE))
# Locks the row, so that writers on PostgreSQL take turns; SQLite has no such locks and ignores that.
LOCK_REVISION = SELECT_REVISION.with_for_update()
# Oldest first; each is a file in migrations/versions. Listed here so that checking them does not import Alembic.
REVISIONS = tuple(f"{number:04}" for number in range(1, 19))


def run_migrations(conn: Connection, note_progress: NoteProgress = no_progress) -> None:
    """Run the missing migrations in the open transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = conn
    config.attributes["note_revision"] = lambda revision: note_progress("revision", int(revision), int(REVISIONS[-1]))
    command.upgrade(config, "head")


def check_revision(revision: str | None, database_name: str, *, create: bool) -> None:
    """Raise StoreError unless the database is at the newest revision, or empty and to be filled (`create`)."""
    if revision is None and not create:
        raise StoreError(f"the database {database_name} is empty; `monitor run` creates its tables")
    if revision is None or revision == REVISIONS[-1]:
        return
    check_known(revision, database_name)
    raise StoreError(
        f"the database {database_name} has schema {int(revision)}, this version needs {int(REVISIONS[-1])};"
        " run `monitor migrate` (or start `monitor run`)"
    )


def check_known(revision: str | None, database_name: str) -> None:
    """Raise StoreError if this version cannot upgrade the database."""
    if revision == COPYING:
        raise StoreError(f"the copy into {database_name} was not completed: run `monitor copy-store` again")
    if revision is not None and revision not in REVISIONS:
        raise StoreError(f"database {database_name} was made by a newer version of this program (schema {revision})")


def set_revision(conn: Connection, revision: str) -> None:
    """Store the revision of the database."""
    version_table = table(VERSION_TABLE, column("version_num"))
    conn.execute(update(version_table).values(version_num=revision))


def lock_revision(conn: Connection, database_name: str) -> None:
    """Take the turn of a writer on PostgreSQL, until the end of the transaction.

    Raises StoreOutdated if the database was upgraded since it was opened.
    """
    require_newest(conn.scalar(LOCK_REVISION), database_name)


def require_newest(revision: str | None, database_name: str) -> None:
    """Raise StoreOutdated if the database was upgraded since it was opened."""
    if revision != REVISIONS[-1]:
        raise StoreOutdated(
            f"database {database_name} was upgraded by a newer version of this program (schema {revision});"
            " start that version instead"
        )


def current_revision(conn: Connection, database_name: str, *, lock: bool = False) -> str | None:
    """Return the revision of the database; None if it is empty. Raises StoreError if it is not Claimwatch's.

    With `lock`, other writers on PostgreSQL wait until the end of the transaction.
    """
    tables = inspect(conn).get_table_names()
    if VERSION_TABLE in tables:
        revision: str | None = conn.scalar(LOCK_REVISION if lock else SELECT_REVISION)
        return revision
    if tables:
        raise StoreError(f"database {database_name} belongs to another program: it has tables but no {VERSION_TABLE}")
    return None
