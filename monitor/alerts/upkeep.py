"""What the operator is told of a source: it fails for long, it has fallen silent, or its feed misbehaves.

A notice begins with the poll that gives cause for it. A state stands until another poll ends it, an oddity until it
was not seen for a week. While it stands it is told once, and of one kind a source tells at most once a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.alerts.ids import made_id
from monitor.alerts.notices import DAY, MONITOR
from monitor.model import Alert, Moment, Severity

LONG, LONG_POLLS = DAY, 4  # a source that fails is told of after a day of it, and so many polls
REFUSALS = 3  # polls in a row before one that is refused counts as blocked
CALM = 7 * DAY  # an oddity that was not seen for so long is over

FAULTS = ("failing", "blocked", "paused")
STATES = (*FAULTS, "quiet")
BACK_AND_FORTH = frozenset({"flipping", "rewound"})  # the first return looks like either: one notice for both
TITLES = {
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
SEVERITY = dict.fromkeys(FAULTS, Severity.HIGH) | {"quiet": Severity.MEDIUM, "back": Severity.INFO}


@dataclass(frozen=True, slots=True)
class Cause:
    """What one poll gives cause to tell: the kind of notice, and the sentences that say it."""

    kind: str
    said: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice of a source: it stands from `since` until `ended`, was last seen and last told at these moments."""

    kind: str
    said: str
    since: Moment
    last: Moment
    told: Moment | None = None
    ended: Moment | None = None

    @property
    def heard(self) -> bool:
        """Was it told since it began?"""
        return self.told is not None and self.told >= self.since

    @property
    def shown(self) -> bool:
        """Does it stand, and is it more than a state that may soon pass?"""
        return self.ended is None and (self.heard or self.kind not in STATES)


def carried_on(
    before: Mapping[str, Notice], causes: Iterable[Cause], *, failures: int, now: Moment
) -> tuple[Notice, ...]:
    """The notices that a poll begins, goes on with or ends; those told of now have `told` at `now`.

    `before` are the source's notices by kind, `failures` the polls that failed in a row, 0 after a good one.
    """
    given = {cause.kind: cause for cause in (named(cause, before) for cause in causes)}
    going = [gone_on(before.get(kind), cause, failures, now) for kind, cause in given.items()]
    over = [one for one in before.values() if one.kind not in given and is_over(one, failures, now)]
    return (*going, *(replace(one, ended=now) for one in over))


def named(cause: Cause, before: Mapping[str, Notice]) -> Cause:
    """The cause under the name by which it stands already."""
    if cause.kind not in BACK_AND_FORTH:
        return cause
    standing = [one for one in before.values() if one.kind in BACK_AND_FORTH and one.ended is None]
    return replace(cause, kind=standing[0].kind, said=standing[0].said) if standing else cause


def gone_on(old: Notice | None, cause: Cause, failures: int, now: Moment) -> Notice:
    """The notice as it stands after the poll."""
    since = now if old is None or old.ended is not None else old.since
    notice = Notice(cause.kind, cause.said, since, now, old.told if old else None)
    rested = notice.told is None or now - notice.told >= DAY
    if rested and not notice.heard and is_due(notice, failures, now):
        return replace(notice, told=now)
    return notice


def is_due(notice: Notice, failures: int, now: Moment) -> bool:
    """Has it lasted long enough to be told?"""
    if notice.kind == "failing":
        return failures >= LONG_POLLS and now - notice.since >= LONG
    return notice.kind != "blocked" or failures >= REFUSALS


def is_over(notice: Notice, failures: int, now: Moment) -> bool:
    """Has it come to an end with a poll that gave no cause for it?"""
    if notice.ended is not None:
        return False
    return failures == 0 if notice.kind in STATES else now - notice.last >= CALM


def alerts_of(source: str, notices: Sequence[Notice], now: Moment) -> list[Alert]:
    """What people are told after a poll: the notices told now, and that a source they knew as failing is back."""
    told = [alert_of(source, one.kind, said_of(one, now), one.since, now) for one in notices if one.told == now]
    back = [one for one in notices if one.kind in FAULTS and one.heard and one.ended == now]
    if back:
        began = min(back, key=lambda one: one.since)
        said = f"It can be read again. It was {began.kind} for {lasting(now - began.since)}."
        told.append(alert_of(source, "back", said, began.since, now))
    return told


def said_of(notice: Notice, now: Moment) -> str:
    """What is said, with how long it has been so if that is long."""
    if now - notice.since < LONG:
        return notice.said
    return f"{notice.said} That has been so for {lasting(now - notice.since)}."


def alert_of(source: str, kind: str, said: str, since: Moment, now: Moment) -> Alert:
    """An alert about a source, the same one however often the poll is repeated after a crash."""
    id = made_id("al", MONITOR, source, kind, str(since))
    severity = SEVERITY.get(kind, Severity.LOW)
    return Alert(id, MONITOR, TITLES[kind].format(source), severity, f"source-{source}", said, "", now, ())


def lasting(seconds: float) -> str:
    """`30 hours`, `3 days`."""
    hours = max(1, round(seconds / 3600))
    if hours < 48:
        return f"{hours} hour{'s' if hours > 1 else ''}"
    return f"{round(hours / 24)} days"
