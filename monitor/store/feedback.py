"""Feedback on alerts. Only the last feedback on an alert is kept; it outlives the alert."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from monitor.alerts.feedback import Feedback, FeedbackKind
from monitor.compare.pairs import pair_from_json, pair_to_json
from monitor.store.schema import alerts, answers


def save_feedback(conn: Connection, feedback: Feedback) -> None:
    """Store feedback, replacing earlier feedback on the same alert."""
    conn.execute(delete(answers).where(answers.c.alert_id == feedback.alert_id))
    values = {
        "alert_id": feedback.alert_id,
        "answer": feedback.kind.value,
        "note": feedback.note,
        "by": feedback.by,
        "at": feedback.at,
        "pairs": [pair_to_json(pair) for pair in feedback.pairs],
    }
    conn.execute(insert(answers).values(values))


def feedback_by_alert(conn: Connection, alert_ids: Collection[str]) -> dict[str, Feedback]:
    """Return the feedback on some alerts, by alert id."""
    rows = conn.execute(select(answers).where(answers.c.alert_id.in_(list(alert_ids))))
    return {row.alert_id: feedback_from_row(row) for row in rows}


def feedback_in_stories(conn: Connection, stories: Collection[str]) -> list[Feedback]:
    """Return the feedback on all alerts of some stories, oldest first."""
    alert_ids = select(alerts.c.id).where(alerts.c.story.in_(list(stories)))
    rows = conn.execute(select(answers).where(answers.c.alert_id.in_(alert_ids)).order_by(answers.c.id))
    return [feedback_from_row(row) for row in rows]


def all_feedback(conn: Connection) -> list[Feedback]:
    """Return all feedback, newest first."""
    return [feedback_from_row(row) for row in conn.execute(select(answers).order_by(answers.c.id.desc()))]


def feedback_from_row(row: Row[Any]) -> Feedback:
    pairs = tuple(map(pair_from_json, row.pairs))
    return Feedback(row.alert_id, FeedbackKind(row.answer), row.at, row.by, row.note, pairs)
