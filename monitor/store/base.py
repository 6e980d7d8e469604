"""The interface of a store, which the SQLite and the PostgreSQL store implement."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeAlias

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Takes what is being done, how much of it is done, and how much there is; None is unknown.
NoteProgress: TypeAlias = Callable[[str, int, int | None], None]


def no_progress(_work: str, _done: int, _total: int | None) -> None:
    """Do nothing: nobody watches."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The schemas before and after an upgrade, and the copy of the database before it, if one was made."""

    before: str
    after: str
    copy: Path | None


class Store(ABC):
    """A database at the newest schema, for use by several threads and several processes at once.

    Every method raises StoreError with one sentence if the database fails, and rolls its transaction back. `name` is
    how messages call the database. Daemons on several machines can share a store that is `is_shared`.
    """

    name: str
    is_shared: ClassVar[bool]

    @abstractmethod
    def write(self) -> AbstractContextManager[Connection]:
        """Open a transaction that may write, one at a time in all processes; rolled back if the body raises."""

    @abstractmethod
    def write_any_schema(self) -> AbstractContextManager[Connection]:
        """Open a transaction that may write, whatever the schema of the database."""

    @abstractmethod
    def read(self) -> AbstractContextManager[Connection]:
        """Open a read-only snapshot, which never blocks a writer."""

    @abstractmethod
    def check_schema(self, *, create: bool) -> None:
        """Raise StoreError unless the schema is the newest. An empty database gets the tables, if `create`."""

    @abstractmethod
    def upgrade(self, note_progress: NoteProgress = no_progress) -> Upgrade | None:
        """Upgrade an older schema, in one transaction; None if there was none.

        A SQLite file is copied before. Raises StoreError, with nothing changed, if that is not possible.
        """

    @abstractmethod
    def hold_daemon(self) -> AbstractContextManager[tuple[int, ...]]:
        """Hold the daemon lock of this database, unless it is shared. Raises StoreBusy if another daemon holds it.

        The descriptors that are returned keep the lock held: also by child processes that inherit them, until all of
        them have ended.
        """

    @abstractmethod
    def daemon_pid(self) -> int | None:
        """Return the process that holds the daemon lock; None if there is none, or if the database is shared."""

    @abstractmethod
    def check_location(self) -> None:
        """Raise StoreError if the database was removed or replaced since it was opened."""

    @abstractmethod
    def notify(self, notice: str) -> None:
        """Send a notice to everybody who listens, if the database can do that."""

    @abstractmethod
    def listen(self, receive: Callable[[str], None], ended: threading.Event) -> None:
        """Pass on each notice until `ended` is set. Returns at once if the database has no notices."""

    @abstractmethod
    def backup(self, path: Path, note_progress: NoteProgress = no_progress) -> None:
        """Write a complete copy to a new file, without blocking writers."""

    @abstractmethod
    def release_memory(self) -> None:
        """Drop what connections that are not in use keep in memory."""

    @abstractmethod
    def close(self) -> None:
        """Close every connection; the store cannot be used afterwards."""
