"""Fetch the articles of the new and changed entries of a poll, for sources with `full_text`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitor.alerts.source_notices import HealthIssue
from monitor.config.models import SourceConfig
from monitor.model import Entry
from monitor.polling.ingest import changed_entries
from monitor.sources.full_text import ArticleResults, fetch_articles
from monitor.sources.parse.article import stored_article
from monitor.store import entry_versions, ledger
from monitor.store.base import Store

if TYPE_CHECKING:
    from monitor.runtime import Runtime


@dataclass(frozen=True, slots=True)
class EntriesWithArticles:
    """The entries of a poll with their articles.

    `is_complete` is false if new entries are left for the next poll, because there was no time for their articles.
    """

    entries: Sequence[Entry]
    is_complete: bool = True
    issues: tuple[HealthIssue, ...] = ()


async def with_articles(runtime: Runtime, source: SourceConfig, entries: Sequence[Entry]) -> EntriesWithArticles:
    """Return the entries, the new and changed ones with their articles.

    Articles of known entries are fetched first, then those of the newest entries.
    """
    changed, known_keys = await runtime.run_in_store_thread(_entries_to_fetch, runtime.store, source.name, entries)
    fetched = await fetch_articles(runtime.robots, runtime.parser, source, changed)
    lacking_article = [
        *(entry for entry, _ in fetched.failed),
        *fetched.unreached,
        *(entry for entry in fetched.fetched if not entry.article),
    ]
    previous = await runtime.run_in_store_thread(
        _with_previous_articles,
        runtime.store,
        source.name,
        [entry for entry in lacking_article if entry.key in known_keys],
    )
    updated = {entry.key: entry for entry in (*fetched.fetched, *previous)}
    postponed = {entry.key for entry in fetched.unreached} - known_keys
    return EntriesWithArticles(
        [updated.get(entry.key, entry) for entry in entries if entry.key not in postponed],
        is_complete=not postponed,
        issues=_article_issues(fetched, len(changed)),
    )


def _article_issues(fetched: ArticleResults, requested_count: int) -> tuple[HealthIssue, ...]:
    if not fetched.failed:
        return ()
    sentence = f"{len(fetched.failed)} of {requested_count} articles could not be read; the feed's text was used"
    return (HealthIssue("articles", f"{sentence}. First error: {fetched.failed[0][1]}."),)


def _entries_to_fetch(store: Store, source: str, entries: Sequence[Entry]) -> tuple[list[Entry], set[str]]:
    """Return the new and changed entries in the order to fetch their articles, and the keys of known entries."""
    with store.read() as conn:
        known_entries = entry_versions.load_known_entries(conn, source, [entry.key for entry in entries])
    newest = [entry for entry, _ in reversed(changed_entries(entries, known_entries))]
    return sorted(newest, key=lambda entry: entry.key not in known_entries), set(known_entries)


def _with_previous_articles(store: Store, source: str, entries: Sequence[Entry]) -> list[Entry]:
    """Use the stored article plus the feed's current text, for entries whose article is unavailable or empty."""
    with store.read() as conn:
        previous = [ledger.previous_update(conn, source, entry.key) for entry in entries]
    article_texts = [stored_article(update.text) if update else "" for update in previous]
    return [
        replace(entry, article=f"{article}\n{entry.body}") if article else entry
        for entry, article in zip(entries, article_texts, strict=True)
    ]
