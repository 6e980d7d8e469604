"""What each rule has alerted on, and what people answered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

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


def rule_activity(
    conn: Connection, since: Moment, *, silent_among: Collection[str] | None = None
) -> dict[str, RuleActivity]:
    """Return the activity of every rule that ever matched, by name. Alerts and answers are counted since a moment.

    Last matches take longest, because matches have no index by rule: with `silent_among`, only those of the rules
    among these that never alerted are looked up. Each statement reads one index or table: a join of all alerts with
    their answers takes more than twice as long.
    """
    alerts, answers = schema.alerts, schema.answers
    count_by_rule = select(alerts.c.rule, func.count()).where(alerts.c.at >= since).group_by(alerts.c.rule)
    last_by_rule = select(alerts.c.rule, func.max(alerts.c.at)).group_by(alerts.c.rule)
    count_by_answer = (
        select(alerts.c.rule, answers.c.answer, func.count())
        .join(alerts, alerts.c.id == answers.c.alert_id)
        .where(alerts.c.at >= since)
        .group_by(alerts.c.rule, answers.c.answer)
    )
    counts: dict[str, int] = dict(conn.execute(count_by_rule).all())
    last_alerts: dict[str, Moment] = dict(conn.execute(last_by_rule).all())
    silent = None if silent_among is None else set(silent_among) - last_alerts.keys()
    last_matches = last_matches_of(conn, silent)
    answered = {(rule, answer): count for rule, answer, count in conn.execute(count_by_answer)}
    return {
        rule: RuleActivity(
            counts.get(rule, 0),
            answered.get((rule, FeedbackKind.ACK.value), 0),
            answered.get((rule, FeedbackKind.NOT_NEWS.value), 0),
            last_alerts.get(rule),
            last_matches.get(rule),
        )
        for rule in last_alerts | last_matches
    }


def last_matches_of(conn: Connection, rules: Collection[str] | None) -> dict[str, Moment]:
    """Return when each of these rules (None: all) last matched, without those that never did."""
    query = select(matches.c.rule, func.max(matches.c.at)).group_by(matches.c.rule)
    if rules is None:
        return dict(conn.execute(query).all())
    return dict(conn.execute(query.where(matches.c.rule.in_(rules))).all()) if rules else {}


def first_recorded(conn: Connection) -> Moment | None:
    """Return when the oldest stored update was recorded: nobody knows of matches before it."""
    at: Moment | None = conn.scalar(select(func.min(updates.c.recorded_at)))
    return at
