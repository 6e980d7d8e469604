"""Brings a database to the newest schema. Alembic is imported only when there is something to do."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from monitor.errors import StoreError

VERSION_TABLE = "schema_version"
# Oldest first; each is a file in migrations/versions.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011")


def bring_up(conn: Connection, name: str) -> None:
    """Runs the migrations that are missing, in the open transaction. Raises StoreError if there is no way up."""
    version = version_of(conn, name)
    if version == REVISIONS[-1]:
        return
    if version is not None and version not in REVISIONS:
        raise StoreError(f"database {name} was made by a newer version of this program (schema {version})")
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def version_of(conn: Connection, name: str) -> str | None:
    """The revision the database is at; None when it is empty."""
    tables = inspect(conn).get_table_names()
    if VERSION_TABLE in tables:
        found: str | None = conn.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))
        return found
    if tables:
        raise StoreError(f"database {name} belongs to another program: it holds tables that are not ours")
    return None
