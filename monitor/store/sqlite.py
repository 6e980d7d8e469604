"""A store in one SQLite file, or in memory.

SQLite before 3.51.3 can damage a WAL when two connections write or checkpoint at once. So each process has one
writing connection and holds the flock on `<db>.write` during each write transaction (the checkpoint is part of its
commit), while opening and while closing.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import chain, count
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool, StaticPool

from monitor.errors import StoreBusy, StoreError
from monitor.store import migrate
from monitor.store.base import NoteProgress, Store, Upgrade, no_progress
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.locks import LOCK_TIMEOUT_S, FileLock
from monitor.store.pools import RenewablePool
from monitor.store.sql import dump_json

MAX_READERS = 4  # concurrent reading connections
BUSY_TIMEOUT_S = 10.0  # seconds SQLite waits for its own lock; only recovery after a crash holds one that long
PAGES_PER_STEP = 4096  # copied at once by a backup
WRITER_CACHE_MIB, READER_CACHE_MIB = 4, 1  # MiB of pages; the system's page cache holds the file as well


class SqliteStore(Store):
    """One writing and several reading connections to a file; in memory, one connection for both."""

    is_shared = False

    def __init__(self, url: str, *, create: bool = True) -> None:
        database = make_url(url).database or ":memory:"
        self._path = None if database == ":memory:" else Path(database)
        self.name = database if self._path is None else self._path.name
        if self._path is not None:
            check_database_path(self._path, create=create)
            if not self._path.exists():
                create_database_file(self._path)
        self._file_id = None if self._path is None else file_id(self._path)
        self._lock: FileLock | ThreadLock = ThreadLock() if self._path is None else open_lock(self._path, ".write")
        self._writer = self._engine("BEGIN IMMEDIATE", 1)
        self._reader = self._engine("BEGIN", MAX_READERS) if self._path else self._writer
        self._reader_pool = RenewablePool(self._reader)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self.write_any_schema() as conn:
            migrate.require_newest(conn.exec_driver_sql(migrate.READ_REVISION).scalar(), self.name)
            yield conn

    @contextmanager
    def write_any_schema(self) -> Iterator[Connection]:
        with self._lock.hold(), translate_driver_errors(self.name), self._writer.begin() as conn:
            try:
                yield conn
            except BaseException:
                conn.info.clear()  # what was cached of this transaction: its row numbers are used again
                raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        if self._path is None:
            with self.write_any_schema() as conn:
                yield conn
        else:
            with translate_driver_errors(self.name), self._reader.connect() as conn:
                yield conn

    def check_schema(self, *, create: bool) -> None:
        with self.write_any_schema() as conn:
            revision = migrate.current_revision(conn, self.name)
            migrate.check_revision(revision, self.name, create=create)
            if revision is None:
                migrate.run_migrations(conn)

    def upgrade(self, note_progress: NoteProgress = no_progress) -> Upgrade | None:
        copy = None
        try:
            with self.write_any_schema() as conn:
                revision = migrate.current_revision(conn, self.name)
                migrate.check_known(revision, self.name)
                if revision == migrate.REVISIONS[-1]:
                    return None
                copy = self._copy_before_upgrade(conn, note_progress) if revision else None
                migrate.run_migrations(conn, note_progress)
        except BaseException:
            if copy:  # the transaction was rolled back, and each attempt would leave one more
                copy.unlink(missing_ok=True)
            raise
        return Upgrade(revision, migrate.REVISIONS[-1], copy) if revision else None

    def _copy_before_upgrade(self, conn: Connection, note_progress: NoteProgress) -> Path | None:
        """Copy the database before an upgrade; None if it is in memory. The caller holds the write lock."""
        if self._path is None:
            return None
        pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        size: int = conn.exec_driver_sql(pages).scalar_one()
        free = shutil.disk_usage(self._path.parent).free
        if free < size:
            raise StoreError(
                f"cannot upgrade the database {self.name}: the copy of it that is made before needs"
                f" {size / 2**20:,.0f} MB, and the disk has {free / 2**20:,.0f} MB free"
            )
        path = free_path(self._path.with_name(f"{self._path.name}.before-{migrate.REVISIONS[-1]}"))
        self._copy_to(path, "the copy", note_progress)
        return path

    @contextmanager
    def hold_daemon(self) -> Iterator[tuple[int, ...]]:
        if self._path is None:
            yield ()
            return
        with closing(open_lock(self._path, ".lock")) as lock:
            if not lock.acquire_soon():
                raise StoreBusy(f"another daemon is running on {self.name} (pid {lock.read_owner()})")
            lock.write_owner()
            yield (lock.fileno(),)

    def daemon_pid(self) -> int | None:
        if self._path is None or not self._path.with_name(self._path.name + ".lock").exists():
            return None
        with closing(open_lock(self._path, ".lock")) as lock:
            return None if lock.try_acquire() else int(lock.read_owner() or 0)

    def check_location(self) -> None:
        if self._path is None or (current_id := file_id(self._path)) == self._file_id:
            return
        change = "was replaced by another one" if current_id else "is gone"
        raise StoreError(
            f"database {self.name}: its file {change} while it is in use, so what is written now will be lost;"
            " stop the daemon, put the right file in place and start it again"
        )

    def notify(self, notice: str) -> None:
        """Do nothing: SQLite has no notices."""

    def listen(self, receive: Callable[[str], None], ended: threading.Event) -> None:
        """Return: SQLite has no notices."""

    def backup(self, path: Path, note_progress: NoteProgress = no_progress) -> None:
        if path.exists():
            raise StoreError(f"cannot write the backup {path}: the file already exists")
        self._copy_to(path, "the backup", note_progress)

    def _copy_to(self, path: Path, what: str, note_progress: NoteProgress) -> None:
        def note(_status: int, remaining: int, total: int) -> None:
            note_progress("pages copied", total - remaining, total)

        partial = path.with_name(path.name + ".part")
        try:
            with self.read() as conn, closing(sqlite3.connect(partial)) as copy:
                source = conn.connection.driver_connection
                assert isinstance(source, sqlite3.Connection)
                conn.exec_driver_sql(migrate.READ_REVISION)  # begins the snapshot that all steps copy
                source.backup(copy, pages=PAGES_PER_STEP, progress=note)
            publish_file(partial, path)
        except (OSError, sqlite3.Error) as error:
            partial.unlink(missing_ok=True)
            raise StoreError(f"cannot write {what} {path}: {error}") from error

    def release_memory(self) -> None:
        with self.write_any_schema() as conn:
            conn.info.clear()
            conn.exec_driver_sql("PRAGMA shrink_memory")
            if self._reader is not self._writer:
                self._reader_pool.renew()

    def close(self) -> None:
        with self._lock.hold():
            self._reader_pool.close()
            self._writer.dispose()
        self._lock.close()

    def _engine(self, begin: str, connections: int) -> Engine:
        writes = begin == "BEGIN IMMEDIATE"

        def connect() -> sqlite3.Connection:
            return open_connection(self._path, writes=writes)

        if self._path is None:
            engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool, json_serializer=dump_json)
        else:
            engine = create_engine(
                "sqlite://",
                creator=connect,
                poolclass=QueuePool,
                pool_size=connections,
                max_overflow=0,
                pool_use_lifo=True,  # each connection caches what is pending in the indexes
                pool_timeout=LOCK_TIMEOUT_S,
                json_serializer=dump_json,
            )

        @event.listens_for(engine, "begin")
        def _(conn: Connection) -> None:
            conn.exec_driver_sql(begin)

        @event.listens_for(engine, "connect")
        def _(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
            configure_connection(connection, writes=writes)

        return engine


class ThreadLock:
    """The write lock of an in-memory database, which no other process can open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def hold(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=LOCK_TIMEOUT_S):
            raise StoreError("in-memory database: locked by another thread")
        try:
            yield
        finally:
            self._lock.release()

    def close(self) -> None:
        """Do nothing: a thread lock holds no file."""


def check_database_path(path: Path, *, create: bool) -> None:
    """Raise StoreError if SQLite could not open the file, because its own message would be less clear."""
    if not path.parent.is_dir():
        raise StoreError(f"cannot open the database {path}: the folder {path.parent} does not exist")
    if path.is_dir():
        raise StoreError(f"cannot open the database {path}: expected a file, found a folder")
    if not path.exists() and not create:
        raise StoreError(f"the database {path} does not exist; `monitor run` creates it")
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        raise StoreError(f"cannot open the database {path}: permission denied to read and write it")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise StoreError(f"cannot open the database {path}: its folder is read-only, and SQLite writes files there")
    if path.exists() and path.stat().st_size == 0:
        raise StoreError(
            f"the database {path} is an empty file: restore it from a backup, or delete it to start without history"
        )


def file_id(path: Path) -> tuple[int, int] | None:
    """Return what identifies a file whatever its name; None if there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def create_database_file(path: Path) -> None:
    """Create a database without tables that only its owner can read, because addresses of sources may have secrets.

    It gets its name when it is complete: a crash leaves no empty file.
    """
    try:
        descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    except OSError as error:
        raise StoreError(f"cannot open the database {path}: cannot create the file: {error.strerror}") from error
    os.close(descriptor)
    try:
        with closing(open_connection(Path(draft), writes=True)) as connection:
            configure_connection(connection, writes=True)
        with suppress(FileExistsError):  # another process was faster
            os.link(draft, path)
    except sqlite3.Error as error:
        raise StoreError(f"cannot open the database {path}: {error}") from error
    finally:
        Path(draft).unlink()


def free_path(path: Path) -> Path:
    """Return the path, or if it exists one with a number that is free."""
    candidates = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return next(candidate for candidate in chain((path,), candidates) if not candidate.exists())


def open_lock(path: Path, suffix: str) -> FileLock:
    """Open the lock file next to the database."""
    try:
        return FileLock(path.with_name(path.name + suffix))
    except OSError as error:
        raise StoreError(f"cannot open the database {path}: cannot open its lock file: {error.strerror}") from error


def open_connection(path: Path | None, *, writes: bool) -> sqlite3.Connection:
    """Open a driver connection that starts no transactions on its own."""
    database = ":memory:" if path is None else f"file:{quote(str(path))}?mode=rw{'c' if writes else ''}"
    return sqlite3.connect(
        database,
        uri=path is not None,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )


def configure_connection(connection: sqlite3.Connection, *, writes: bool) -> None:
    """Set the pragmas that SQLite does not store in the file, and verify the ones that durability depends on."""
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA mmap_size = 0")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA cache_size = -{(WRITER_CACHE_MIB if writes else READER_CACHE_MIB) * 1024}")
    if not writes:
        connection.execute("PRAGMA query_only = ON")
        return
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    if mode not in ("wal", "memory") or connection.execute("PRAGMA synchronous").fetchone()[0] != 2:
        raise sqlite3.OperationalError("the file system does not support a write-ahead log")


def publish_file(partial: Path, path: Path) -> None:
    """Sync a finished file to disk and give it its final name."""
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.chmod(0o600)
    partial.rename(path)
