"""What each rule has alerted on, and what people answered."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, select

from monitor.alerts.feedback import FeedbackKind
from monitor.model import Moment
from monitor.store import schema
from monitor.store.schema import matches, updates


@dataclass(frozen=True, slots=True)
class RuleActivity:
    """What the store knows of one rule: its alerts in a period, the answers to them, and its last alert and match.

    A match is any, also one that a first poll, a throttle or a silence kept from alerting.
    """

    alerts: int = 0
    acknowledged: int = 0
    not_news: int = 0
    last_alert: Moment | None = None
    last_match: Moment | None = None

    @property
    def noise(self) -> float | None:
        """The share of not news among the answered alerts; None without answers."""
        answered = self.acknowledged + self.not_news
        return self.not_news / answered if answered else None


def rule_activity(conn: Connection, since: Moment) -> dict[str, RuleActivity]:
    """Return the activity of every rule that ever matched, by name. Alerts and answers are counted since a moment."""
    alerts, answers = schema.alerts, schema.answers
    is_recent = alerts.c.at >= since

    def count_answers(kind: FeedbackKind) -> ColumnElement[int]:
        return func.count().filter(and_(is_recent, answers.c.answer == kind.value))

    alert_query = (
        select(
            alerts.c.rule,
            func.count().filter(is_recent),
            count_answers(FeedbackKind.ACK),
            count_answers(FeedbackKind.NOT_NEWS),
            func.max(alerts.c.at),
        )
        .outerjoin(answers, answers.c.alert_id == alerts.c.id)
        .group_by(alerts.c.rule)
    )
    last_matches = dict(conn.execute(select(matches.c.rule, func.max(matches.c.at)).group_by(matches.c.rule)).all())
    activity = {rule: RuleActivity(last_match=at) for rule, at in last_matches.items()}
    for rule, alert_count, acknowledged, not_news, last_alert in conn.execute(alert_query):
        activity[rule] = RuleActivity(alert_count, acknowledged, not_news, last_alert, last_matches.get(rule))
    return activity


def first_recorded(conn: Connection) -> Moment | None:
    """Return when the oldest stored update was recorded: nobody knows of matches before it."""
    at: Moment | None = conn.scalar(select(func.min(updates.c.recorded_at)))
    return at
