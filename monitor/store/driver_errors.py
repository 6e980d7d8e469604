"""Translates the exceptions of database drivers into a StoreError with one sentence."""

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
    "SQLITE_PERM": "permission denied",
    "SQLITE_BUSY": "it is locked by another program",
    "SQLITE_LOCKED": "it is locked by another program",
    "SQLITE_CORRUPT": "it is damaged; restore a backup",
    "SQLITE_NOTADB": "it is not a database",
}

POSTGRES_MESSAGES = {
    "53100": "the disk is full; nothing was lost, free some space",
    "53300": "the server has too many connections",
    "28P01": "the server rejected the password",
    "28000": "the server rejected the user",
    "3D000": "the server has no database of this name",
    "42501": "permission denied",
    "55P03": "locked by another process",
    "57P01": "the server is shutting down",
    "40001": "the server could not serialize the transaction; it is tried again with the next poll or send",
    "40P01": "the server aborted the transaction because of a deadlock",
}


@contextmanager
def translate_driver_errors(database_name: str) -> Iterator[None]:
    """Raise a StoreError that names the database for any error of the driver, except those that are bugs."""
    try:
        yield
    except exc.TimeoutError as error:
        raise StoreError(f"database {database_name}: all connections are in use") from error
    except exc.DBAPIError as error:
        if is_bug(error):
            raise
        raise StoreError(f"database {database_name}: {describe_driver_error(error.orig)}") from error


def is_bug(error: exc.DBAPIError) -> bool:
    """Return whether the statement is wrong: that is a bug and must not look like a problem of the database."""
    return isinstance(error, BUG_EXCEPTIONS) or getattr(error.orig, "sqlite_errorname", None) == "SQLITE_ERROR"


def describe_driver_error(error: BaseException | None) -> str:
    """Return the cause without the statement, its parameters or an address, which may contain secrets."""
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
