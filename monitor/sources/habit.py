"""How often a source speaks, and how long a silence is unlike it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

from monitor.model import Moment

HOUR, DAY = 3600.0, 86400.0
WINDOW = 60 * DAY  # how far back a habit is looked for
SHORTEST = 6 * HOUR  # no silence is too long before
SPOKEN = 6  # moments, an hour apart at least, below which there is no habit
SETTLED = 14 * DAY  # a shorter history has seen one weekend at most


def quiet_after(said: Collection[Moment], heard: Moment) -> Moment | None:
    """The moment after which silence is against the source's habit; None if it has none.

    `said` are the moments at which it said something, to the hour; `heard` is when we last saw anything new of it.
    Twice its longest pause is too long, but never less than six hours, or three days while its weeks are not known.
    """
    moments = sorted(set(said))
    if len(moments) < SPOKEN:
        return None
    pause = 2 * max(after - before for before, after in pairwise(moments))
    settled = moments[-1] - moments[0] >= SETTLED
    return max(moments[-1], heard) + max(pause, SHORTEST if settled else 3 * DAY)
