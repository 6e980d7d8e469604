"""Notices to the operator about sources: one fails for long, has fallen silent, or has a misbehaving feed.

A notice opens with the poll that finds its issue. A state (`STATE_KINDS`) ends with the first successful poll without
it, any other issue once it has not been seen for a week. An open notice is announced once, and notices of one kind at
most once a day for each source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.alerts.channel_notices import MONITOR_RULE
from monitor.alerts.ids import stable_id
from monitor.model import Alert, Moment, Severity
from monitor.units import DAY, HOUR

# A failing source is announced after both of these, so that a short outage or one bad poll a day is not.
LONG_LASTING_S, FAILING_NOTICE_POLLS = DAY, 4
BLOCKED_NOTICE_POLLS = 3  # refused polls in a row; a single refusal may pass
ISSUE_EXPIRY_S = 7 * DAY
FAULT_KINDS = ("failing", "blocked", "paused")
STATE_KINDS = (*FAULT_KINDS, "quiet")
FLAP_KINDS = frozenset({"flipping", "rewound"})  # at first they look the same, so they share one notice
NOTICE_TITLES = {
    "failing": "Source {} is failing",
    "blocked": "Source {} is blocked",
    "paused": "Source {} is paused",
    "quiet": "Source {} has fallen silent",
    "back": "Source {} is back",
    "flipping": "Source {} flips between two copies",
    "rewound": "Source {} served an older copy",
    "renumbered": "Source {} has changed its ids",
    "reannounced": "Source {} has announced its archive again",
    "clock": "Source {} embeds the time",
    "moving": "Source {} has lines that change at every poll",
    "rolled": "Source {} publishes faster than it is polled",
    "garbled": "The text of source {} is garbled",
    "long": "Source {} has an entry that is too long",
    "articles": "Articles of source {} cannot be read",
}
NOTICE_SEVERITY = dict.fromkeys(FAULT_KINDS, Severity.HIGH) | {"quiet": Severity.MEDIUM, "back": Severity.INFO}


@dataclass(frozen=True, slots=True)
class HealthIssue:
    """A problem with a source that a poll found: the kind of notice, and its text."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class SourceNotice:
    """A notice about a source, open from `since` until `ended_at`. `announced_at` may be of an earlier opening."""

    kind: str
    text: str
    since: Moment
    last_seen: Moment
    announced_at: Moment | None = None
    ended_at: Moment | None = None

    @property
    def is_announced(self) -> bool:
        """Whether it has been announced since it opened."""
        return self.announced_at is not None and self.announced_at >= self.since

    @property
    def is_visible(self) -> bool:
        """Whether it is open and worth showing. A state is shown only once announced, since it may soon pass."""
        return self.ended_at is None and (self.is_announced or self.kind not in STATE_KINDS)


def update_notices(
    previous: Mapping[str, SourceNotice], issues: Iterable[HealthIssue], *, failures: int, now: Moment
) -> tuple[SourceNotice, ...]:
    """Return the notices that a poll opens, continues or ends. Those to announce now have `now` as `announced_at`.

    `previous` has the source's notices by kind; `failures` counts the polls that failed in a row, 0 after a good one.
    """
    issue_by_kind = {issue.kind: issue for issue in (join_open_flap(issue, previous) for issue in issues)}
    current = [continue_notice(previous.get(kind), issue, failures, now) for kind, issue in issue_by_kind.items()]
    finished = [
        notice for notice in previous.values() if notice.kind not in issue_by_kind and is_over(notice, failures, now)
    ]
    return (*current, *(replace(notice, ended_at=now) for notice in finished))


def join_open_flap(issue: HealthIssue, previous: Mapping[str, SourceNotice]) -> HealthIssue:
    """Return the issue, or if it is of a flap kind and a flap notice is open, the issue of that notice."""
    if issue.kind not in FLAP_KINDS:
        return issue
    for notice in previous.values():
        if notice.kind in FLAP_KINDS and notice.ended_at is None:
            return replace(issue, kind=notice.kind, text=notice.text)
    return issue


def continue_notice(previous: SourceNotice | None, issue: HealthIssue, failures: int, now: Moment) -> SourceNotice:
    """Return the notice after a poll with its issue: opened or continued, and announced if it is due."""
    since = now if previous is None or previous.ended_at is not None else previous.since
    notice = SourceNotice(issue.kind, issue.text, since, now, previous.announced_at if previous else None)
    may_repeat = notice.announced_at is None or now - notice.announced_at >= DAY
    if may_repeat and not notice.is_announced and is_due(notice, failures, now):
        return replace(notice, announced_at=now)
    return notice


def is_due(notice: SourceNotice, failures: int, now: Moment) -> bool:
    """Return whether the notice has lasted long enough to be announced."""
    if notice.kind == "failing":
        return failures >= FAILING_NOTICE_POLLS and now - notice.since >= LONG_LASTING_S
    return notice.kind != "blocked" or failures >= BLOCKED_NOTICE_POLLS


def is_over(notice: SourceNotice, failures: int, now: Moment) -> bool:
    """Return whether a poll without the issue ends the notice."""
    if notice.ended_at is not None:
        return False
    return failures == 0 if notice.kind in STATE_KINDS else now - notice.last_seen >= ISSUE_EXPIRY_S


def notice_alerts(source: str, notices: Sequence[SourceNotice], now: Moment) -> list[Alert]:
    """Return the alerts after a poll: for notices announced now, and for a source that has recovered."""
    alerts = [
        source_alert(source, notice.kind, notice_text(notice, now), notice.since, now)
        for notice in notices
        if notice.announced_at == now
    ]
    recovered = [
        notice for notice in notices if notice.kind in FAULT_KINDS and notice.is_announced and notice.ended_at == now
    ]
    if recovered:
        first_fault = min(recovered, key=lambda notice: notice.since)
        text = f"It can be read again. It was {first_fault.kind} for {humanize_duration(now - first_fault.since)}."
        alerts.append(source_alert(source, "back", text, first_fault.since, now))
    return alerts


def notice_text(notice: SourceNotice, now: Moment) -> str:
    """Return the text of the notice, with its duration if that is long."""
    if now - notice.since < LONG_LASTING_S:
        return notice.text
    return f"{notice.text} This has lasted for {humanize_duration(now - notice.since)}."


def source_alert(source: str, kind: str, text: str, since: Moment, now: Moment) -> Alert:
    """Build an alert about a source. A poll repeated after a crash gives it the same id."""
    id = stable_id("al", MONITOR_RULE, source, kind, str(since))
    severity = NOTICE_SEVERITY.get(kind, Severity.LOW)
    title = NOTICE_TITLES[kind].format(source)
    return Alert(id, MONITOR_RULE, title, severity, f"source-{source}", text, "", now, ())


def humanize_duration(seconds: float) -> str:
    """Return `30 hours` or `3 days`: hours below two days, else days."""
    hours = max(1, round(seconds / HOUR))
    if hours < 48:
        return f"{hours} hour{'s' if hours > 1 else ''}"
    return f"{round(hours / 24)} days"
