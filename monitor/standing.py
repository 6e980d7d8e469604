"""Holds what came from a source against what stood there, before it is taken in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from monitor.config import SourceConfig
from monitor.errors import ParseError
from monitor.model import Entry, Moment
from monitor.sources.feed import Feed
from monitor.sources.habit import WINDOW, quiet_after
from monitor.sources.odd import CROWD, Fresh, Oddity, Seen, backdated, gone_back, returned, told_again
from monitor.sources.pace import rolled_over
from monitor.sources.shrink import list_shrunk, page_shrunk
from monitor.store import Store, ledger, shown
from monitor.store.sources import heard, newest, standing
from monitor.text.split import Pattern, split

if TYPE_CHECKING:
    from sqlalchemy import Connection


def may_be_shrunk(source: SourceConfig, feed: Feed) -> bool:
    """Whether it takes a look at what stood there to tell."""
    return source.kind == "page" or not feed.entries


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


def oddity(
    conn: Connection,
    source: str,
    entries: Sequence[Entry],
    waiting: Fresh,
    seen: Mapping[str, Seen],
    read: Moment,
    *,
    oldest: Moment,
) -> Oddity:
    """What is odd about the entries that came.

    `waiting` are the fresh ones, `read` is when the source was last looked at, `oldest` how far the memory goes back.
    """
    unknown = [(entry, content) for entry, content in waiting if entry.key not in seen]
    contents = [content for _, content in unknown]
    twins = shown.twins(conn, source, contents) if len(unknown) >= CROWD else {}
    again = told_again(unknown, twins, read, oldest)
    if again.causes:
        return again
    back = returned(seen, read)
    older = unknown if backdated(unknown, entries) else []
    if not back and not older:
        return again
    return gone_back(seen, shown.missing(conn, source, read, [entry.key for entry in entries]), back, older)


def missed(conn: Connection, source: str, entries: Sequence[Entry], seen: Mapping[str, Seen]) -> bool:
    """Were entries surely missed since the last poll, because the feed shows none of those of then?"""
    return not seen and rolled_over(entries, seen, standing(conn, source), newest(conn, source))


def silence(store: Store, source: str, now: Moment) -> Moment | None:
    """When a source will have been silent for longer than is its habit; None if it has no habit."""
    with store.read() as conn:
        said, last = heard(conn, source, since=now - WINDOW)
    return quiet_after(said, last)
