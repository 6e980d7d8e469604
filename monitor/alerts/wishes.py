"""What a channel wishes: from which severity on it is told, in which hours it is left in peace, and when it gets all
that came since the last time in one message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from monitor.model import Alert, Moment, Reason, Severity

DAY_MINUTES, WEEK_MINUTES = 24 * 60, 7 * 24 * 60  # minutes
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN_PATTERN = re.compile(r"(?:([a-z,-]+) +)?([0-2]?[0-9]):([0-5][0-9]) ?[-–] ?([0-2]?[0-9]):([0-5][0-9])")
EXPECTED_HOURS = 'expected hours such as "22:00-07:00" or "sat,sun 00:00-24:00"'


@dataclass(frozen=True, slots=True)
class ChannelPreferences:
    """One channel's wishes. `quiet` are minutes of the week in `timezone`, from Monday; `digest` gives the first slot
    after a moment. What is at least `urgent` waits for neither.
    """

    min_severity: Severity = Severity.INFO
    urgent_severity: Severity = Severity.CRITICAL
    quiet_minutes: frozenset[int] = frozenset()
    next_digest_slot: Callable[[Moment], Moment] | None = None
    timezone: tzinfo = UTC

    def accepts(self, alert: Alert) -> bool:
        """Is the alert severe enough for the channel?"""
        return alert.severity.rank >= self.min_severity.rank

    def is_urgent(self, alert: Alert) -> bool:
        """Is it so severe that it waits for nothing?"""
        return alert.severity.rank >= self.urgent_severity.rank

    def hold_reason(self, now: Moment) -> Reason | None:
        """Why what comes now is not told at once."""
        if self.next_digest_slot is not None:
            return Reason.DIGEST
        return Reason.QUIET_HOURS if self.quiet_until(now) is not None else None

    def next_send_time(self, after: Moment) -> Moment | None:
        """When what waits is told: at the first slot of the digest that is not in quiet hours, or when these end."""
        if self.next_digest_slot is None:
            return self.quiet_until(after)
        slot = self.next_digest_slot(after)
        return self.quiet_until(slot) or slot

    def quiet_until(self, now: Moment) -> Moment | None:
        """When the quiet hours end that it is in; None if it is in none."""
        if not self.quiet_minutes:
            return None
        local = datetime.fromtimestamp(now, self.timezone)
        minute = local.weekday() * DAY_MINUTES + local.hour * 60 + local.minute
        if minute not in self.quiet_minutes:
            return None
        minutes_ahead = next(
            step for step in range(1, WEEK_MINUTES + 1) if (minute + step) % WEEK_MINUTES not in self.quiet_minutes
        )
        quiet_end = local.replace(second=0, microsecond=0) + timedelta(minutes=minutes_ahead)
        return max(quiet_end.replace(fold=local.fold).timestamp(), now)

    def format_time(self, moment: Moment) -> str:
        """`Mon 14 Dec 07:00 EET`."""
        return f"{datetime.fromtimestamp(moment, self.timezone):%a %d %b %H:%M %Z}"


def minutes_of_week(spans: Iterable[str]) -> frozenset[int]:
    """The minutes of the week that are in one of the spans. ValueError with a sentence if one cannot be meant."""
    week_minutes = frozenset(minute for span in spans for minute in span_minutes(span))
    if len(week_minutes) == WEEK_MINUTES:
        raise ValueError("these hours never end: nothing would ever be told")
    return week_minutes


def span_minutes(span: str) -> Iterable[int]:
    """The minutes of one span on each of its days; one that ends before it begins ends on the next day."""
    parsed = SPAN_PATTERN.fullmatch(span.strip().lower())
    begin, end = (
        (int(parsed[2]) * 60 + int(parsed[3]), int(parsed[4]) * 60 + int(parsed[5]))
        if parsed
        else (DAY_MINUTES, DAY_MINUTES)
    )
    days = parse_weekdays(parsed[1]) if parsed and parsed[1] else range(7)
    if max(begin, end) > DAY_MINUTES or begin == DAY_MINUTES or not days:
        raise ValueError(f'{EXPECTED_HOURS}, found "{span[:60]}"')
    if begin == end:
        raise ValueError(f'"{span[:60]}" ends when it begins; write 00:00-24:00 for a whole day')
    length = (end - begin) % DAY_MINUTES or DAY_MINUTES
    return [(day * DAY_MINUTES + begin + minute) % WEEK_MINUTES for day in days for minute in range(length)]


def parse_weekdays(text: str) -> set[int]:
    """`sat,sun` or `mon-fri` as numbers from Monday; none if they are no days."""
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            return set()
        begin = WEEKDAYS.index(first)
        days |= {(begin + step) % 7 for step in range((WEEKDAYS.index(last or first) - begin) % 7 + 1)}
    return days
