"""Opens the database that a URL names. SQLAlchemy is imported only then: most commands start without it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Store(ABC):
    """A database at the newest schema. Safe to use from several threads; several processes may open the same one.

    A failure of the database itself leaves every method as a StoreError with one sentence; the transaction it
    happened in is undone.
    """

    @abstractmethod
    def write(self) -> AbstractContextManager[Connection]:
        """One transaction that may write, alone among all threads and processes; undone when its body raises."""

    @abstractmethod
    def read(self) -> AbstractContextManager[Connection]:
        """A view of one moment that never blocks a writer and cannot write."""

    @abstractmethod
    def hold_daemon(self) -> AbstractContextManager[None]:
        """Keeps every other daemon off this database. Raises StoreBusy when one runs already."""

    @abstractmethod
    def backup(self, path: Path) -> None:
        """Writes a whole copy to a new file while others go on writing."""

    @abstractmethod
    def close(self) -> None:
        """Ends every connection; the store is of no use afterwards."""
