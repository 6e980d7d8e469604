"""How often a source is looked at: the more often it brings news, the more often, within what its config allows.

Pure. The pace is the number of seconds between two polls. News halves it, every poll without news makes it a quarter
longer. A feed that lost entries between two polls is looked at more often than its config says until it no longer
does.
"""

from __future__ import annotations

from collections.abc import Collection

from monitor.model import Entry, Moment

INTERVAL_GROWTH = 1.25
MIN_INTERVAL_S = 60.0  # seconds
MAX_SPEEDUP = 8  # how much more often than configured at most
MIN_WINDOW_ENTRIES = 3  # entries below which a feed has no window that could roll over


def effective_interval(*, every: float, slowest: float | None, stored_interval: float | None) -> float:
    """The pace to go by, where `pace` is what was kept of it. Its config may have changed since."""
    return min(max(stored_interval or every, _min_interval(every)), max(slowest or every, every))


def next_interval(
    interval: float, *, every: float, slowest: float | None, news_share: float, entries_missed: bool = False
) -> float:
    """The pace after a poll: `news` is the share of the entries that were news, `rolled` is true if some surely were
    missed before."""
    if entries_missed:
        return max(_min_interval(every), min(interval, every) / 2)
    if not news_share or (
        interval < every and news_share <= 0.5
    ):  # half of its window was known: it can be looked at a little later
        return min(interval * INTERVAL_GROWTH, max(slowest or every, every) if not news_share else every)
    return max(interval / 2, every) if interval > every else interval


def explain_interval(interval: float, *, every: float) -> str:
    """Why a source has the pace that it has."""
    if interval == every:
        return "as configured"
    return "it brings little news" if interval > every else "entries were lost between two polls"


def _min_interval(every: float) -> float:
    return min(every, max(MIN_INTERVAL_S, every / MAX_SPEEDUP))


def has_rolled_over(
    entries: Collection[Entry], known_keys: Collection[str], previous_count: int, newest_published: Moment | None
) -> bool:
    """Whether a feed's window has moved on so far that entries surely were missed: none of those that stood last
    time is left, and all that came are newer.

    `known` are the keys of `entries` that were seen before, `stood` is how many stood last time, and `newest` when
    the newest of the source was published, if it ever says so.
    """
    if known_keys or min(previous_count, len(entries)) < MIN_WINDOW_ENTRIES:
        return False
    dates = [entry.published for entry in entries if entry.published is not None]
    return newest_published is None or len(dates) < len(entries) or min(dates) > newest_published
