"""The interface of a store, which the SQLite and the PostgreSQL store implement."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Store(ABC):
    """A database at the newest schema, for use by several threads and several processes at once.

    Every method raises StoreError with one sentence if the database fails, and rolls its transaction back.
    """

    @abstractmethod
    def write(self) -> AbstractContextManager[Connection]:
        """Open a transaction that may write, one at a time in all processes; rolled back if the body raises."""

    @abstractmethod
    def read(self) -> AbstractContextManager[Connection]:
        """Open a read-only snapshot, which never blocks a writer."""

    @abstractmethod
    def hold_daemon(self) -> AbstractContextManager[None]:
        """Hold the daemon lock of this database. Raises StoreBusy if another daemon holds it."""

    @abstractmethod
    def backup(self, path: Path) -> None:
        """Write a complete copy to a new file, without blocking writers."""

    @abstractmethod
    def close(self) -> None:
        """Close every connection; the store cannot be used afterwards."""
