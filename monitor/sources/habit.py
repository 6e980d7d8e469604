"""How often a source speaks, and how long a silence is unlike it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

from monitor.model import Moment

HOUR, DAY = 3600.0, 86400.0
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
