"""What a channel wishes: from which severity on it is told, in which hours it is left in peace, and when it gets all
that came since the last time in one message.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from monitor.config.quiet_hours import DAY_MINUTES, WEEK_MINUTES
from monitor.model import Alert, Moment, Reason, Severity


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
