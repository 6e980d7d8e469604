"""How often a source is looked at: the more often it brings news, the more often, within what its config allows.

Pure. The pace is the number of seconds between two polls. News halves it, every poll without news makes it a quarter
longer. A feed that lost entries between two polls is looked at more often than its config says until it no longer
does.
"""

from __future__ import annotations

from collections.abc import Collection

from monitor.model import Entry, Moment

GROWTH = 1.25
FASTEST = 60.0  # seconds
FACTOR = 8  # how much more often than configured at most
FEW = 3  # entries below which a feed has no window that could roll over


def pace(*, every: float, slowest: float | None, pace: float | None) -> float:
    """The pace to go by, where `pace` is what was kept of it. Its config may have changed since."""
    return min(max(pace or every, _fastest(every)), max(slowest or every, every))


def next_pace(now: float, *, every: float, slowest: float | None, news: float, rolled: bool = False) -> float:
    """The pace after a poll: `news` is the share of the entries that were news, `rolled` is true if some surely were
    missed before."""
    if rolled:
        return max(_fastest(every), min(now, every) / 2)
    if not news or (now < every and news <= 0.5):  # half of its window was known: it can be looked at a little later
        return min(now * GROWTH, max(slowest or every, every) if not news else every)
    return max(now / 2, every) if now > every else now


def why(now: float, *, every: float) -> str:
    """Why a source has the pace that it has."""
    if now == every:
        return "as configured"
    return "it brings little news" if now > every else "entries were lost between two polls"


def _fastest(every: float) -> float:
    return min(every, max(FASTEST, every / FACTOR))


def rolled_over(entries: Collection[Entry], known: Collection[str], stood: int, newest: Moment | None) -> bool:
    """Whether a feed's window has moved on so far that entries surely were missed: none of those that stood last
    time is left, and all that came are newer.

    `known` are the keys of `entries` that were seen before, `stood` is how many stood last time, and `newest` when
    the newest of the source was published, if it ever says so.
    """
    if known or min(stood, len(entries)) < FEW:
        return False
    dated = [entry.published for entry in entries if entry.published is not None]
    return newest is None or len(dated) < len(entries) or min(dated) > newest
