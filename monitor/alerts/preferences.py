"""The preferences of a channel: the lowest severity it accepts, its quiet hours, and the times of its digest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from monitor.config.quiet_hours import WEEK_MINUTES, minute_of_week
from monitor.model import Alert, Moment, Reason, Severity


@dataclass(frozen=True, slots=True)
class ChannelPreferences:
    """One channel's preferences.

    `quiet_minutes` are minutes of the week in `timezone`, from Monday 00:00. `next_digest_slot` returns the first
    digest time after a moment. Alerts of at least `urgent_severity` wait for neither. With `updates` the channel gets
    a message when an alert that it was sent changes.
    """

    min_severity: Severity = Severity.INFO
    urgent_severity: Severity = Severity.CRITICAL
    quiet_minutes: frozenset[int] = frozenset()
    next_digest_slot: Callable[[Moment], Moment] | None = None
    timezone: tzinfo = UTC
    updates: bool = False

    def accepts(self, alert: Alert) -> bool:
        return alert.severity.rank >= self.min_severity.rank

    def is_urgent(self, alert: Alert) -> bool:
        """Return whether the alert is sent even in quiet hours and beside a digest."""
        return alert.severity.rank >= self.urgent_severity.rank

    def hold_reason(self, now: Moment) -> Reason | None:
        """Return why an alert that is not urgent is held now; None if it is not."""
        if self.next_digest_slot is not None:
            return Reason.DIGEST
        return Reason.QUIET_HOURS if self.quiet_until(now) is not None else None

    def next_send_time(self, after: Moment) -> Moment | None:
        """Return when held alerts are sent: at the next digest slot, or after quiet hours if it falls into them."""
        if self.next_digest_slot is None:
            return self.quiet_until(after)
        slot = self.next_digest_slot(after)
        return self.quiet_until(slot) or slot

    def quiet_until(self, now: Moment) -> Moment | None:
        """Return the end of the current quiet hours; None outside of them."""
        if not self.quiet_minutes:
            return None
        local = datetime.fromtimestamp(now, self.timezone)
        minute = minute_of_week(local)
        if minute not in self.quiet_minutes:
            return None
        minutes_ahead = next(
            step for step in range(1, WEEK_MINUTES + 1) if (minute + step) % WEEK_MINUTES not in self.quiet_minutes
        )
        quiet_end = local.replace(second=0, microsecond=0) + timedelta(minutes=minutes_ahead)
        return max(quiet_end.replace(fold=local.fold).timestamp(), now)

    def format_time(self, moment: Moment) -> str:
        """Return `Mon 14 Dec 07:00 EET`."""
        return f"{datetime.fromtimestamp(moment, self.timezone):%a %d %b %H:%M %Z}"
