"""Rules with `absent`: alert once when nothing has matched for long although the rule's sources were read.

The wait begins with the last match, or when the rule was added. Once it is over, each source must be read once more:
what it published meanwhile may match. A source that cannot be read is not silent, it is unknown: the rule does not
wait for it, but its alert names it. If no source can be read, nothing is known and nothing is sent. Outside the hours
in which the rule is active its alert waits; an expired rule sends none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from monitor.alerts.ids import stable_id
from monitor.alerts.silences import Silence, SilenceMode
from monitor.alerts.spoken_time import clock_time, duration_text
from monitor.model import Alert, Moment
from monitor.ruleset.rule import Rule

UNREADABLE_POLLS = 3  # failed polls in a row; fewer may pass
MAX_NAMED_SOURCES = 5
MAX_NAMED_CHARS = 120  # of the last match


@dataclass(frozen=True, slots=True)
class Absence:
    """The state of a rule: it waits since its last match, or since it was added. `last` names the claim and source of
    that match, "" if there was none. `alerted_at` is None while it waits."""

    rule: str
    since: Moment
    last: str = ""
    alerted_at: Moment | None = None


@dataclass(frozen=True, slots=True)
class SourceReading:
    """When a source was last read, None for never, and whether it can be."""

    name: str
    read_at: Moment | None
    failures: int = 0
    next_poll: Moment = 0.0
    is_paused: bool = False

    def is_unreadable(self, now: Moment) -> bool:
        """Return whether it has failed for a while and is not about to be tried again."""
        return self.is_paused or (self.failures >= UNREADABLE_POLLS and self.next_poll > now)


def absence_alert(
    rule: Rule, absence: Absence, readings: Sequence[SourceReading], now: Moment, timezone: tzinfo
) -> Alert | None:
    """Return the alert about an absence, None if there is none yet. `readings` are those of the rule's sources."""
    assert rule.absent is not None
    due_at = due_moment(rule, absence, now)
    if due_at is None or rule.why_inactive(now):
        return None
    read = [reading for reading in readings if reading.read_at is not None and reading.read_at >= due_at]
    unread = [reading for reading in readings if reading not in read]
    if not read or not all(reading.is_unreadable(now) for reading in unread):
        return None
    period = duration_text(rule.absent)
    return Alert(
        id=stable_id("al", "absent", rule.id or rule.name, str(absence.since)),
        rule=rule.name,
        title=f"{rule.title}: nothing for {period}",
        severity=rule.severity,
        story=absence_story(rule),
        reason=absence_reason(absence, period, read, unread, now, timezone),
        url="",
        at=now,
        findings=(),
    )


def due_moment(rule: Rule, absence: Absence, now: Moment) -> Moment | None:
    """Return since when an alert about an absence is due, as far as the time is concerned; None if it is not.

    What was published outside the hours of the rule may match, so the sources must be read after they begin.
    """
    over_at = absence.since + (rule.absent or 0.0)
    if absence.alerted_at is not None or over_at > now:
        return None
    due_at = rule.first_active(over_at)
    return due_at if due_at is not None and due_at <= now else None


def name_match(claim: str, source: str) -> str:
    """Return how an alert names the last match."""
    shortened = claim if len(claim) <= MAX_NAMED_CHARS else f"{claim[: MAX_NAMED_CHARS - 1].rstrip()}…"
    return f"“{shortened}” ({source})"


def absence_story(rule: Rule) -> str:
    """Return the story of a rule's alerts about absences."""
    return stable_id("st", "absent", rule.id or rule.name)


def absence_reason(
    absence: Absence,
    period: str,
    read: Sequence[SourceReading],
    unread: Sequence[SourceReading],
    now: Moment,
    timezone: tzinfo,
) -> str:
    """Return since when nothing matched, how many sources were read, and which could not be."""
    since = clock_time(absence.since, now, timezone)
    last = f"the last match was {absence.last} at {since}" if absence.last else f"the rule waits since {since}"
    count = f"{len(read)} source{'s were' if len(read) > 1 else ' was'} read"
    parts = [f"nothing matched for {period}: {last}", count]
    if unread:
        parts.append(f"could not be read, so not known to be silent: {unread_names(unread, now, timezone)}")
    return "; ".join(parts)


def unread_names(unread: Sequence[SourceReading], now: Moment, timezone: tzinfo) -> str:
    """Return the names of sources with the times since which they could not be read."""
    names = [
        f"{reading.name} (never read)"
        if reading.read_at is None
        else f"{reading.name} (read at {clock_time(reading.read_at, now, timezone)})"
        for reading in unread[:MAX_NAMED_SOURCES]
    ]
    hidden = len(unread) - len(names)
    return ", ".join(names) + (f" and {hidden} more" if hidden else "")


def is_absence_silenced(rule: Rule, silences: Iterable[Silence]) -> bool:
    """Return whether a silence covers the whole rule, or the story of its absences."""
    return any(
        silence.mode is SilenceMode.ALL
        and silence.rule in (None, rule.name)
        and silence.story in (None, absence_story(rule))
        and silence.source is None
        and silence.match is None
        for silence in silences
    )
