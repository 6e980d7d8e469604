"""Turns what a database driver raises into one sentence for people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from monitor.errors import StoreError

BUG_EXCEPTIONS = (exc.IntegrityError, exc.ProgrammingError, exc.DataError, exc.NotSupportedError)

SQLITE_MESSAGES = {
    "SQLITE_FULL": "the disk is full; nothing was lost, free some space",
    "SQLITE_IOERR": "the disk could not be read or written",
    "SQLITE_READONLY": "it is read-only",
    "SQLITE_CANTOPEN": "it cannot be opened",
    "SQLITE_PERM": "it may not be opened",
    "SQLITE_BUSY": "it is locked by another program",
    "SQLITE_LOCKED": "it is locked by another program",
    "SQLITE_CORRUPT": "it is damaged; restore a backup",
    "SQLITE_NOTADB": "it is not a database",
}

POSTGRES_MESSAGES = {
    "53100": "the disk is full; nothing was lost, free some space",
    "53300": "the server has no connection left",
    "28P01": "the server refused the password",
    "28000": "the server refused the user",
    "3D000": "the server has no such database",
    "42501": "the user may not do that",
    "55P03": "another process keeps it locked",
    "57P01": "the server is shutting down",
    "40P01": "the server ended the transaction to undo a deadlock",
}


@contextmanager
def translate_driver_errors(database_name: str) -> Iterator[None]:
    """Raises a StoreError about the database `name` for whatever the driver raises."""
    try:
        yield
    except exc.TimeoutError as error:
        raise StoreError(f"database {database_name}: all connections are in use") from error
    except exc.DBAPIError as error:
        if is_bug(error):
            raise
        raise StoreError(f"database {database_name}: {describe_driver_error(error.orig)}") from error


def is_bug(error: exc.DBAPIError) -> bool:
    """Is the statement to blame, not the database? That must not pass for trouble of the operator's."""
    return isinstance(error, BUG_EXCEPTIONS) or getattr(error.orig, "sqlite_errorname", None) == "SQLITE_ERROR"


def describe_driver_error(error: BaseException | None) -> str:
    """What went wrong, without statement, parameters or address."""
    code = str(getattr(error, "sqlite_errorname", None) or "")
    for code_prefix, message in SQLITE_MESSAGES.items():
        if code.startswith(code_prefix):
            return message
    sqlstate = getattr(error, "sqlstate", None)
    if sqlstate in POSTGRES_MESSAGES:
        return POSTGRES_MESSAGES[sqlstate]
    if sqlstate is None and type(error).__module__.startswith("psycopg"):
        return "the server cannot be reached"
    return str(error).strip().partition("\n")[0]
