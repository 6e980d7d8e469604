"""Open the database that a URL names. SQLAlchemy is imported only then: most commands start without it."""

from __future__ import annotations

from monitor.errors import StoreError
from monitor.store.base import Store


def open_store(url: str, *, create: bool = True) -> Store:
    """Open the database at `url` and upgrade it to the newest schema.

    The URL is `sqlite:////abs/path.db`, `sqlite:///:memory:` or `postgresql://…`. With `create=False` a missing
    SQLite file is an error. Raises StoreError with one sentence.
    """
    scheme = url.partition(":")[0].partition("+")[0]
    if scheme == "sqlite":
        from monitor.store.sqlite import SqliteStore

        return SqliteStore(url, create=create)
    if scheme in ("postgresql", "postgres"):
        from monitor.store.postgres import PostgresStore

        return PostgresStore(url)
    raise StoreError(f"expected a database URL sqlite:///… or postgresql://…, found {scheme}://…")
