"""Open the database that a URL names. SQLAlchemy is imported only then: most commands start without it."""

from __future__ import annotations

from monitor.errors import StoreError
from monitor.store.base import Store


def open_store(url: str, *, create: bool = True) -> Store:
    """Open the database at `url`, which must have the newest schema; an empty one gets the tables.

    The URL is `sqlite:////abs/path.db`, `sqlite:///:memory:` or `postgresql://…`. With `create=False` a missing
    SQLite file and a database without tables are errors. Raises StoreError with one sentence.
    """
    store = open_any_schema(url, create=create)
    try:
        store.check_schema(create=create)
    except BaseException:
        store.close()
        raise
    return store


def open_any_schema(url: str, *, create: bool = True) -> Store:
    """Open the database at `url` for `Store.upgrade`, whatever its schema."""
    scheme = url.partition(":")[0].partition("+")[0]
    if scheme == "sqlite":
        from monitor.store.sqlite import SqliteStore

        return SqliteStore(url, create=create)
    if scheme in ("postgresql", "postgres"):
        from monitor.store.postgres import PostgresStore

        return PostgresStore(url)
    raise StoreError(f"expected a database URL sqlite:///… or postgresql://…, found {scheme}://…")
