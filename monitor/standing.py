"""Holds what came from a source against what stood there, before it is taken in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from monitor.config import SourceConfig
from monitor.errors import ParseError
from monitor.model import Moment
from monitor.sources.feed import Feed
from monitor.sources.habit import WINDOW, quiet_after
from monitor.sources.shrink import list_shrunk, page_shrunk
from monitor.store import Store, ledger
from monitor.store.sources import heard, standing
from monitor.text.split import Pattern, split

if TYPE_CHECKING:
    from sqlalchemy import Connection


def shrunk(store: Store, source: SourceConfig, feed: Feed, ignore: Sequence[Pattern]) -> ParseError | None:
    """Why what came is not believed, if it is not."""
    with store.read() as conn:
        if source.kind == "page" and not source.each:
            return page_shrunk(*_claims(conn, source.name, feed, ignore))
        return None if feed.entries else list_shrunk(standing(conn, source.name), 0)


def _claims(conn: Connection, source: str, feed: Feed, ignore: Sequence[Pattern]) -> tuple[int, int]:
    """How many claims the page had, and how many it has."""
    (entry,) = feed.entries
    before = ledger.previous(conn, source, entry.key)
    had = len(split(before.title, before.text, ignore)) if before else 0
    return had, len(split(entry.title, entry.body, ignore))


def silence(store: Store, source: str, now: Moment) -> Moment | None:
    """When a source will have been silent for longer than is its habit; None if it has no habit."""
    with store.read() as conn:
        said, last = heard(conn, source, since=now - WINDOW)
    return quiet_after(said, last)
