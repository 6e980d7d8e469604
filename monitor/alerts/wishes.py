"""What a channel wishes: from which severity on it is told, in which hours it is left in peace, and when it gets all
that came since the last time in one message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from monitor.model import Alert, Moment, Reason, Severity

DAY, WEEK = 24 * 60, 7 * 24 * 60  # minutes
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN = re.compile(r"(?:([a-z,-]+) +)?([0-2]?[0-9]):([0-5][0-9]) ?[-–] ?([0-2]?[0-9]):([0-5][0-9])")
EXPECTED = 'expected hours such as "22:00-07:00" or "sat,sun 00:00-24:00"'


@dataclass(frozen=True, slots=True)
class Wish:
    """One channel's wishes. `quiet` are minutes of the week in `timezone`, from Monday; `digest` gives the first slot
    after a moment. What is at least `urgent` waits for neither.
    """

    severity: Severity = Severity.INFO
    urgent: Severity = Severity.CRITICAL
    quiet: frozenset[int] = frozenset()
    digest: Callable[[Moment], Moment] | None = None
    timezone: tzinfo = UTC

    def takes(self, alert: Alert) -> bool:
        """Is the alert severe enough for the channel?"""
        return alert.severity.rank >= self.severity.rank

    def hurries(self, alert: Alert) -> bool:
        """Is it so severe that it waits for nothing?"""
        return alert.severity.rank >= self.urgent.rank

    def waits_for(self, now: Moment) -> Reason | None:
        """Why what comes now is not told at once."""
        if self.digest is not None:
            return Reason.DIGEST
        return Reason.QUIET_HOURS if self.quiet_until(now) is not None else None

    def opens(self, after: Moment) -> Moment | None:
        """When what waits is told: at the first slot of the digest that is not in quiet hours, or when these end."""
        if self.digest is None:
            return self.quiet_until(after)
        slot = self.digest(after)
        return self.quiet_until(slot) or slot

    def quiet_until(self, now: Moment) -> Moment | None:
        """When the quiet hours end that it is in; None if it is in none."""
        if not self.quiet:
            return None
        local = datetime.fromtimestamp(now, self.timezone)
        minute = local.weekday() * DAY + local.hour * 60 + local.minute
        if minute not in self.quiet:
            return None
        ahead = next(step for step in range(1, WEEK + 1) if (minute + step) % WEEK not in self.quiet)
        end = local.replace(second=0, microsecond=0) + timedelta(minutes=ahead)
        return max(end.replace(fold=local.fold).timestamp(), now)

    def clock(self, moment: Moment) -> str:
        """`Mon 14 Dec 07:00 EET`."""
        return f"{datetime.fromtimestamp(moment, self.timezone):%a %d %b %H:%M %Z}"


def minutes(spans: Iterable[str]) -> frozenset[int]:
    """The minutes of the week that are in one of the spans. ValueError with a sentence if one cannot be meant."""
    found = frozenset(minute for span in spans for minute in minutes_of(span))
    if len(found) == WEEK:
        raise ValueError("these hours never end: nothing would ever be told")
    return found


def minutes_of(span: str) -> Iterable[int]:
    """The minutes of one span on each of its days; one that ends before it begins ends on the next day."""
    read = SPAN.fullmatch(span.strip().lower())
    begin, end = (int(read[2]) * 60 + int(read[3]), int(read[4]) * 60 + int(read[5])) if read else (DAY, DAY)
    days = days_of(read[1]) if read and read[1] else range(7)
    if max(begin, end) > DAY or begin == DAY or not days:
        raise ValueError(f'{EXPECTED}, found "{span[:60]}"')
    if begin == end:
        raise ValueError(f'"{span[:60]}" ends when it begins; write 00:00-24:00 for a whole day')
    length = (end - begin) % DAY or DAY
    return [(day * DAY + begin + minute) % WEEK for day in days for minute in range(length)]


def days_of(text: str) -> set[int]:
    """`sat,sun` or `mon-fri` as numbers from Monday; none if they are no days."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            return set()
        begin = DAYS.index(first)
        found |= {(begin + step) % 7 for step in range((DAYS.index(last or first) - begin) % 7 + 1)}
    return found
