"""How often a source speaks, and how long a silence is unlike it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

from monitor.errors import ParseError
from monitor.model import Moment
from monitor.units import DAY, HOUR

HABIT_WINDOW_S = 60 * DAY  # how far back a habit is looked for
MIN_QUIET_S = 6 * HOUR  # no silence is too long before
MIN_NEWS_HOURS = 6  # moments, an hour apart at least, below which there is no habit
MIN_HABIT_HISTORY_S = 14 * DAY  # a shorter history has seen one weekend at most


def quiet_deadline(news_times: Collection[Moment], last_news: Moment) -> Moment | None:
    """The moment after which silence is against the source's habit; None if it has none.

    `said` are the moments at which it said something, to the hour; `heard` is when we last saw anything new of it.
    Twice its longest pause is too long, but never less than six hours, or three days while its weeks are not known.
    """
    times = sorted(set(news_times))
    if len(times) < MIN_NEWS_HOURS:
        return None
    max_pause = 2 * max(after - before for before, after in pairwise(times))
    is_settled = times[-1] - times[0] >= MIN_HABIT_HISTORY_S
    return max(times[-1], last_news) + max(max_pause, MIN_QUIET_S if is_settled else 3 * DAY)


SUSPICIOUS_SHRINK = "suspicious_shrink"
MAX_SHRINK_REJECTIONS = 3  # times running that it is not believed
MIN_COUNT_BEFORE = 3  # fewer than these may well be gone
MIN_SHARE_LEFT = 0.2  # of the claims of a page


def is_shrinkage_accepted(code: str | None, failures: int) -> bool:
    """Whether it has been refused often enough: `code` and `failures` are those of the polls before."""
    return code == SUSPICIOUS_SHRINK and failures >= MAX_SHRINK_REJECTIONS


def page_shrinkage_error(count_before: int, count_now: int) -> ParseError | None:
    """What is wrong with a page of so many claims, before and now."""
    if count_before < MIN_COUNT_BEFORE or count_now >= MIN_SHARE_LEFT * count_before:
        return None
    return ParseError(
        SUSPICIOUS_SHRINK,
        f"the page has {count_now} of its {count_before} claims left; what stood there is kept for now",
    )


def list_shrinkage_error(count_before: int, count_now: int) -> ParseError | None:
    """What is wrong with a source of so many entries, before and now."""
    if count_before < MIN_COUNT_BEFORE or count_now:
        return None
    return ParseError(
        SUSPICIOUS_SHRINK, f"all {count_before} entries are gone at once; what stood there is kept for now"
    )
