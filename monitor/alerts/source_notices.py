"""What the operator is told of a source: it fails for long, it has fallen silent, or its feed misbehaves.

A notice begins with the poll that gives cause for it. A state stands until another poll ends it, an oddity until it
was not seen for a week. While it stands it is told once, and of one kind a source tells at most once a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.alerts.channel_notices import MONITOR_RULE
from monitor.alerts.ids import stable_id
from monitor.model import Alert, HealthIssue, Moment, Severity
from monitor.units import DAY

LONG_LASTING_S, FAILING_NOTICE_POLLS = DAY, 4  # a source that fails is told of after a day of it, and so many polls
BLOCKED_NOTICE_POLLS = 3  # polls in a row before one that is refused counts as blocked
ISSUE_EXPIRY_S = 7 * DAY  # an oddity that was not seen for so long is over
FAULT_KINDS = ("failing", "blocked", "paused")
STATE_KINDS = (*FAULT_KINDS, "quiet")
FLAP_KINDS = frozenset({"flipping", "rewound"})  # the first return looks like either: one notice for both
NOTICE_TITLES = {
    "failing": "Source {} is failing",
    "blocked": "Source {} is blocked",
    "paused": "Source {} is paused",
    "quiet": "Source {} has fallen silent",
    "back": "Source {} is back",
    "flipping": "Source {} flips between two copies",
    "rewound": "Source {} served an older copy of itself",
    "renumbered": "Source {} has changed its ids",
    "reannounced": "Source {} has announced its archive again",
    "clock": "Source {} embeds the time",
    "rolled": "Source {} moves on faster than it is polled",
    "articles": "Articles of source {} cannot be read",
}
NOTICE_SEVERITY = dict.fromkeys(FAULT_KINDS, Severity.HIGH) | {"quiet": Severity.MEDIUM, "back": Severity.INFO}


@dataclass(frozen=True, slots=True)
class SourceNotice:
    """A notice of a source: it stands from `since` until `ended`, was last seen and last told at these moments."""

    kind: str
    text: str
    since: Moment
    last_seen: Moment
    announced_at: Moment | None = None
    ended_at: Moment | None = None

    @property
    def is_announced(self) -> bool:
        """Was it told since it began?"""
        return self.announced_at is not None and self.announced_at >= self.since

    @property
    def is_visible(self) -> bool:
        """Does it stand, and is it more than a state that may soon pass?"""
        return self.ended_at is None and (self.is_announced or self.kind not in STATE_KINDS)


def update_notices(
    previous: Mapping[str, SourceNotice], issues: Iterable[HealthIssue], *, failures: int, now: Moment
) -> tuple[SourceNotice, ...]:
    """The notices that a poll begins, goes on with or ends; those told of now have `told` at `now`.

    `before` are the source's notices by kind, `failures` the polls that failed in a row, 0 after a good one.
    """
    issue_by_kind = {issue.kind: issue for issue in (with_standing_kind(issue, previous) for issue in issues)}
    current = [continue_notice(previous.get(kind), issue, failures, now) for kind, issue in issue_by_kind.items()]
    finished = [
        notice for notice in previous.values() if notice.kind not in issue_by_kind and is_over(notice, failures, now)
    ]
    return (*current, *(replace(notice, ended_at=now) for notice in finished))


def with_standing_kind(issue: HealthIssue, previous: Mapping[str, SourceNotice]) -> HealthIssue:
    """The cause under the name by which it stands already."""
    if issue.kind not in FLAP_KINDS:
        return issue
    standing_notices = [
        notice for notice in previous.values() if notice.kind in FLAP_KINDS and notice.ended_at is None
    ]
    return replace(issue, kind=standing_notices[0].kind, text=standing_notices[0].text) if standing_notices else issue


def continue_notice(previous: SourceNotice | None, issue: HealthIssue, failures: int, now: Moment) -> SourceNotice:
    """The notice as it stands after the poll."""
    since = now if previous is None or previous.ended_at is not None else previous.since
    notice = SourceNotice(issue.kind, issue.text, since, now, previous.announced_at if previous else None)
    may_repeat = notice.announced_at is None or now - notice.announced_at >= DAY
    if may_repeat and not notice.is_announced and is_due(notice, failures, now):
        return replace(notice, announced_at=now)
    return notice


def is_due(notice: SourceNotice, failures: int, now: Moment) -> bool:
    """Has it lasted long enough to be told?"""
    if notice.kind == "failing":
        return failures >= FAILING_NOTICE_POLLS and now - notice.since >= LONG_LASTING_S
    return notice.kind != "blocked" or failures >= BLOCKED_NOTICE_POLLS


def is_over(notice: SourceNotice, failures: int, now: Moment) -> bool:
    """Has it come to an end with a poll that gave no cause for it?"""
    if notice.ended_at is not None:
        return False
    return failures == 0 if notice.kind in STATE_KINDS else now - notice.last_seen >= ISSUE_EXPIRY_S


def notice_alerts(source: str, notices: Sequence[SourceNotice], now: Moment) -> list[Alert]:
    """What people are told after a poll: the notices told now, and that a source they knew as failing is back."""
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
    """What is said, with how long it has been so if that is long."""
    if now - notice.since < LONG_LASTING_S:
        return notice.text
    return f"{notice.text} That has been so for {humanize_duration(now - notice.since)}."


def source_alert(source: str, kind: str, text: str, since: Moment, now: Moment) -> Alert:
    """An alert about a source, the same one however often the poll is repeated after a crash."""
    id = stable_id("al", MONITOR_RULE, source, kind, str(since))
    severity = NOTICE_SEVERITY.get(kind, Severity.LOW)
    return Alert(
        id, MONITOR_RULE, NOTICE_TITLES[kind].format(source), severity, f"source-{source}", text, "", now, ()
    )


def humanize_duration(seconds: float) -> str:
    """`30 hours`, `3 days`."""
    hours = max(1, round(seconds / 3600))
    if hours < 48:
        return f"{hours} hour{'s' if hours > 1 else ''}"
    return f"{round(hours / 24)} days"
