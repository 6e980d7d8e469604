"""How often a source is polled: more often the more news it brings, within the limits of its config. Pure.

The interval is in seconds from one poll to the next. A poll with news halves it, a poll without news makes it 25%
longer. A feed that lost entries between two polls is polled more often than configured until it no longer does.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from monitor.model import Entry, Moment

INTERVAL_GROWTH = 1.25
MIN_INTERVAL_S = 60.0
MAX_SPEEDUP = 8  # a source is polled at most this many times as often as configured
MIN_WINDOW_ENTRIES = 3  # with fewer entries a feed has no window that could roll over


@dataclass(frozen=True, slots=True)
class PollNews:
    """What a poll brought: the share of new and changed entries, and whether it came too late to see some."""

    share: float = 0.0
    entries_missed: bool = False


def effective_interval(*, every: float, slowest: float | None, stored_interval: float | None) -> float:
    """The interval to use: the stored one, within the limits of the config, which may have changed since."""
    return min(max(stored_interval or every, _min_interval(every)), max(slowest or every, every))


def next_interval(interval: float, news: PollNews, *, every: float, slowest: float | None) -> float:
    """The interval after a poll."""
    if news.entries_missed:
        return max(_min_interval(every), min(interval, every) / 2)
    if not news.share:
        return min(interval * INTERVAL_GROWTH, max(slowest or every, every))
    if interval < every and news.share <= 0.5:  # half of the window was known: the feed can be polled less often
        return min(interval * INTERVAL_GROWTH, every)
    return max(interval / 2, every) if interval > every else interval


def explain_interval(interval: float, *, every: float) -> str:
    """Why a source has its interval, in a few words."""
    if interval == every:
        return "as configured"
    return "it brings little news" if interval > every else "entries were lost between two polls"


def _min_interval(every: float) -> float:
    return min(every, max(MIN_INTERVAL_S, every / MAX_SPEEDUP))


def has_rolled_over(
    entries: Collection[Entry], known_keys: Collection[str], previous_count: int, newest_published: Moment | None
) -> bool:
    """Return true if entries were surely missed: none of the entries of the previous poll is left in the feed, and
    all that came are newer.

    `known_keys` are the keys of `entries` that were seen before, `previous_count` is the number of entries at the
    previous poll, and `newest_published` the latest publication date seen; None if the source gives no dates.
    """
    if known_keys or min(previous_count, len(entries)) < MIN_WINDOW_ENTRIES:
        return False
    dates = [entry.published for entry in entries if entry.published is not None]
    return newest_published is None or len(dates) < len(entries) or min(dates) > newest_published
