"""The articles behind what is fresh in a poll, for sources with `full_text`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitor.config.models import SourceConfig
from monitor.model import Entry, HealthIssue
from monitor.polling.ingest import changed_entries
from monitor.sources.full_text import ArticleResults, fetch_articles
from monitor.sources.parse.article import stored_article
from monitor.store import entry_versions, ledger
from monitor.store.base import Store

if TYPE_CHECKING:
    from monitor.runtime import Runtime


@dataclass(frozen=True, slots=True)
class EntriesWithArticles:
    """The entries of a poll with their articles. `whole` is false if some were not reached and are left out; `causes`
    are what the operator may have to be told."""

    entries: Sequence[Entry]
    is_complete: bool = True
    issues: tuple[HealthIssue, ...] = ()


async def with_articles(runtime: Runtime, source: SourceConfig, entries: Sequence[Entry]) -> EntriesWithArticles:
    """The same entries, those that are fresh with their articles; known ones come first, then the newest."""
    changed, known_keys = await runtime.run_in_store_thread(_entries_to_fetch, runtime.store, source.name, entries)
    fetched = await fetch_articles(runtime.robots, runtime.parser, source, changed)
    lacking_article = [
        *(entry for entry, _ in fetched.failed),
        *fetched.unreached,
        *(one for one in fetched.fetched if not one.article),
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
        [updated.get(one.key, one) for one in entries if one.key not in postponed],
        not postponed,
        _article_issues(fetched, len(changed)),
    )


def _article_issues(fetched: ArticleResults, requested_count: int) -> tuple[HealthIssue, ...]:
    if not fetched.failed:
        return ()
    sentence = f"{len(fetched.failed)} of {requested_count} articles could not be read; the feed's own text was taken"
    return (HealthIssue("articles", f"{sentence}. The first: {fetched.failed[0][1]}."),)


def _entries_to_fetch(store: Store, source: str, entries: Sequence[Entry]) -> tuple[list[Entry], set[str]]:
    """The fresh entries in the order in which their articles are asked for, and the keys that are known."""
    with store.read() as conn:
        known_entries = entry_versions.load_known_entries(conn, source, [entry.key for entry in entries])
    newest = [entry for entry, _ in reversed(changed_entries(entries, known_entries))]
    return sorted(newest, key=lambda entry: entry.key not in known_entries), set(known_entries)


def _with_previous_articles(store: Store, source: str, entries: Sequence[Entry]) -> list[Entry]:
    """Entries whose article is out of reach, or says next to nothing now: it stands as it was, beside what the feed
    says of them now."""
    with store.read() as conn:
        previous = [ledger.previous_update(conn, source, entry.key) for entry in entries]
    article_texts = [stored_article(update.text) if update else "" for update in previous]
    return [
        replace(entry, article=f"{article}\n{entry.body}") if article else entry
        for entry, article in zip(entries, article_texts, strict=True)
    ]
