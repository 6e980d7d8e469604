"""Compares a poll with what is stored: did the feed shrink, go back in time or lose entries? Is the source silent?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from monitor.config.models import SourceConfig
from monitor.errors import ParseError
from monitor.model import Entry, Moment
from monitor.polling.compared import PolledEntries
from monitor.sources.adaptive_interval import has_rolled_over
from monitor.sources.anomalies import (
    MIN_BULK_ENTRIES,
    Anomaly,
    FreshEntries,
    KnownEntry,
    all_backdated,
    detect_reannounced,
    detect_rewind,
    reappeared_keys,
)
from monitor.sources.health import (
    HABIT_WINDOW_S,
    MIN_COUNT_BEFORE,
    MIN_QUIET_S,
    is_shrinkage_accepted,
    list_shrinkage_error,
    page_shrinkage_error,
    quiet_deadline,
    replacement_error,
)
from monitor.sources.parse.feed import Feed
from monitor.sources.parse.identity import canonical_url
from monitor.sources.parse.sanitize import html_to_line
from monitor.store import entry_versions, ledger
from monitor.store.base import Store
from monitor.store.sources import activity_since, count_current_entries, newest_published
from monitor.text.split import Pattern, split_claims

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from monitor.polling.outcome import PollContext
    from monitor.runtime import Runtime
    from monitor.sources.state import SourceState

MAX_COMPARED_PARTS = 200  # of a page; one with more is hardly replaced by another


async def reject_shrunk_feed(runtime: Runtime, poll: PollContext, feed: Feed) -> None:
    """Raise ParseError if most of the source's content disappeared, unless that has lasted for several polls."""
    if poll.source.kind != "page" and feed.entries:
        return  # a feed that shows anything is trusted
    if is_shrinkage_accepted(poll.previous.error_code, poll.previous.failures):
        return
    error = await runtime.run_in_store_thread(
        check_shrinkage, runtime.store, poll.source, feed, runtime.ignore_patterns.get(poll.source.name, ())
    )
    if error:
        raise error


def check_shrinkage(store: Store, source: SourceConfig, feed: Feed, ignore: Sequence[Pattern]) -> ParseError | None:
    """Return why a page or feed that lost most or all of its content is not trusted; None if it is."""
    with store.read() as conn:
        if not feed.entries:
            return list_shrinkage_error(count_current_entries(conn, source.name), 0)
        if source.kind != "page":
            return None
        whole_page = canonical_url(source.url)
        if [entry.key for entry in feed.entries] == [whole_page]:
            return _check_whole_page(conn, source.name, feed.entries[0], ignore)
        return _check_parts(conn, source.name, feed.entries, whole_page)


def _check_whole_page(conn: Connection, source: str, entry: Entry, ignore: Sequence[Pattern]) -> ParseError | None:
    previous = ledger.previous_update(conn, source, entry.key)
    if previous is None:
        return None
    before = [claim.text for claim in split_claims(previous.title, previous.text, ignore)]
    now = [claim.text for claim in split_claims(entry.title, entry.body, ignore)]
    return page_shrinkage_error(len(before), len(now)) or replacement_error(before, now, what="claims of the page")


def _check_parts(conn: Connection, source: str, entries: Sequence[Entry], whole_page: str) -> ParseError | None:
    """Compare the parts of a page with those of the previous poll, unless the page was one entry then."""
    keys = entry_versions.current_keys(conn, source)
    if not MIN_COUNT_BEFORE <= len(keys) <= MAX_COMPARED_PARTS or whole_page in keys:
        return None
    if not set(keys).isdisjoint(entry.key for entry in entries):
        return None
    updates = [ledger.previous_update(conn, source, key) for key in keys]
    before = [f"{update.title} {html_to_line(update.text)}" for update in updates if update]
    now = [f"{entry.title} {html_to_line(entry.body)}" for entry in entries]
    return replacement_error(before, now, what="entries")


def is_first_in_parts(store: Store, source: SourceConfig, feed: Feed) -> bool:
    """Return whether a page is read in several entries that was one at the previous poll: none of them is news."""
    if source.kind != "page" or len(feed.entries) < 2:
        return False
    whole_page = canonical_url(source.url)
    with store.read() as conn:
        return whole_page in entry_versions.current_keys(conn, source.name)


def detect_anomaly(
    conn: Connection,
    polled: PolledEntries,
    changed: FreshEntries,
    known_entries: Mapping[str, KnownEntry],
    last_read: Moment,
) -> Anomaly:
    """Return what is unusual about the entries of a poll, such as a re-announced archive or a feed that was rewound.

    `changed` are the new and changed entries with their hashes.
    """
    source, entries = polled.source, polled.entries
    new_entries = [(entry, digest) for entry, digest in changed if entry.key not in known_entries]
    digests = [digest for _, digest in new_entries]
    last_shown = entry_versions.same_content(conn, source, digests) if len(new_entries) >= MIN_BULK_ENTRIES else {}
    reannounced = detect_reannounced(new_entries, last_shown, last_read, polled.now - polled.memory)
    if reannounced.issues:
        return reannounced
    returned_keys = reappeared_keys(known_entries, last_read)
    older_entries = new_entries if all_backdated(new_entries, entries) else []
    if not returned_keys and not older_entries:
        return reannounced
    return detect_rewind(
        known_entries,
        entry_versions.disappeared(conn, source, last_read, [entry.key for entry in entries]),
        returned_keys,
        older_entries,
    )


def has_missed_entries(conn: Connection, polled: PolledEntries, known_entries: Mapping[str, KnownEntry]) -> bool:
    """Return whether entries were certainly missed: the feed shows none of those of the last poll."""
    return not known_entries and has_rolled_over(
        polled.entries,
        known_entries,
        count_current_entries(conn, polled.source),
        newest_published(conn, polled.source),
    )


async def cached_quiet_deadline(runtime: Runtime, source_state: SourceState) -> Moment | None:
    """Return when the source will have been silent for unusually long; None if not known.

    Computed once after each poll that read something, and only when the source has been silent long enough for it
    to matter.
    """
    name, last_read = source_state.name, source_state.last_read
    if source_state.state != "quiet" and last_read and runtime.clock() - last_read < MIN_QUIET_S:
        return None
    if source_state.entries and name not in runtime.quiet_deadlines:
        runtime.quiet_deadlines[name] = await runtime.run_in_store_thread(
            find_quiet_deadline, runtime.store, name, runtime.clock()
        )
    return runtime.quiet_deadlines.get(name)


def find_quiet_deadline(store: Store, source: str, now: Moment) -> Moment | None:
    """Return when a source will have been silent for unusually long; None if it has no regular pattern."""
    with store.read() as conn:
        news_times, last_news = activity_since(conn, source, since=now - HABIT_WINDOW_S)
    return quiet_deadline(news_times, last_news)
