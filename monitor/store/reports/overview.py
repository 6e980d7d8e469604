"""What the overview page shows. No statement reads a whole large table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import Connection, case, func, select

from monitor.alerts.feedback import FeedbackKind
from monitor.model import OPEN_DELIVERY_STATES, Moment
from monitor.store.schema import alerts, answers, claims, entries, messages, sources, updates

MAX_NOISY_RULES = 8
MAX_COUNTED_DEAD = 1_000  # dead letters; a page does not wait for the count of more


@dataclass(frozen=True, slots=True)
class Progress:
    """When polling and delivery last worked. `polled_sources` of `sources` had a first poll; `overdue_since` is when
    the source that waits longest was due. `oldest_due` is the oldest message that should have been sent."""

    sources: int
    polled_sources: int
    last_poll: Moment | None
    overdue_since: Moment | None
    last_delivery: Moment | None
    oldest_due: Moment | None
    dead_letters: int


@dataclass(frozen=True, slots=True)
class RuleNoise:
    """The answers to the alerts of a rule."""

    rule: str
    not_news: int
    answered: int

    @property
    def share(self) -> float:
        return self.not_news / self.answered


@dataclass(frozen=True, slots=True)
class StoreSize:
    """Approximate numbers of rows: the highest numbers given, so that nothing is counted."""

    claims: int
    entries: int
    updates: int
    alerts: int


def load_progress(conn: Connection, now: Moment) -> Progress:
    of_sources = select(
        func.count(), func.count(sources.c.last_poll), func.max(sources.c.last_poll), func.min(sources.c.next_poll)
    ).where(sources.c.configured)
    source_count, polled, last_poll, next_poll = conn.execute(of_sources).one()
    is_due = (messages.c.state.in_(OPEN_DELIVERY_STATES), messages.c.due <= now)
    dead = select(messages.c.number).where(messages.c.state == "dead").limit(MAX_COUNTED_DEAD).subquery()
    return Progress(
        sources=source_count,
        polled_sources=polled,
        last_poll=last_poll,
        overdue_since=next_poll if next_poll is not None and next_poll <= now else None,
        last_delivery=conn.scalar(select(func.max(messages.c.sent_at))),
        oldest_due=conn.scalar(select(func.min(messages.c.due)).where(*is_due)),
        dead_letters=conn.scalar(select(func.count()).select_from(dead)) or 0,
    )


def alert_counts_by_day(conn: Connection, days: Sequence[Moment]) -> list[dict[str, int]]:
    """Count the alerts between each two of these moments by severity."""
    by_severity = select(alerts.c.severity, func.count()).group_by(alerts.c.severity)
    return [
        dict(conn.execute(by_severity.where(alerts.c.at >= first, alerts.c.at < end)).all())
        for first, end in pairwise(days)
    ]


def noisiest_rules(conn: Connection, since: Moment) -> list[RuleNoise]:
    """Return the rules whose alerts were answered since a moment, those with the largest share of not news first."""
    not_news = func.sum(case((answers.c.answer == FeedbackKind.NOT_NEWS.value, 1), else_=0))
    query = (
        select(alerts.c.rule, not_news, func.count())
        .join(alerts, alerts.c.id == answers.c.alert_id)
        .where(answers.c.at >= since)
        .group_by(alerts.c.rule)
    )
    rows = [RuleNoise(rule, int(noise), answered) for rule, noise, answered in conn.execute(query)]
    return sorted(rows, key=lambda row: (-row.share, -row.answered, row.rule))[:MAX_NOISY_RULES]


def approximate_size(conn: Connection) -> StoreSize:
    keys = (claims.c.id, entries.c.id, updates.c.id, alerts.c.number)
    return StoreSize(*(conn.scalar(select(func.max(key))) or 0 for key in keys))
