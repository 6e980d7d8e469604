"""What people answered to alerts. The last answer to an alert counts; answers outlive their alerts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from monitor.alerts.answers import Answer, Said, pair_from, pair_json
from monitor.store.reports import AlertRow
from monitor.store.schema import alerts, answers


def keep(conn: Connection, answer: Answer) -> None:
    """Keeps an answer in the place of an earlier one to the same alert."""
    conn.execute(delete(answers).where(answers.c.alert_id == answer.alert))
    values = {
        "alert_id": answer.alert,
        "answer": answer.said.value,
        "note": answer.note,
        "by": answer.by,
        "at": answer.at,
        "pairs": [pair_json(pair) for pair in answer.pairs],
    }
    conn.execute(insert(answers).values(values))


def to_alerts(conn: Connection, ids: Collection[str]) -> dict[str, Answer]:
    """The answers to some alerts, by their ids."""
    rows = conn.execute(select(answers).where(answers.c.alert_id.in_(list(ids))))
    return {row.alert_id: answer_of(row) for row in rows}


def in_stories(conn: Connection, stories: Collection[str]) -> list[Answer]:
    """The answers to all alerts of some stories, oldest first."""
    told = select(alerts.c.id).where(alerts.c.story.in_(list(stories)))
    rows = conn.execute(select(answers).where(answers.c.alert_id.in_(told)).order_by(answers.c.id))
    return [answer_of(row) for row in rows]


def with_answers(conn: Connection, rows: Sequence[AlertRow]) -> list[tuple[AlertRow, Answer | None]]:
    """Alerts, each with what was answered to it."""
    found = to_alerts(conn, [row.alert.id for row in rows])
    return [(row, found.get(row.alert.id)) for row in rows]


def every(conn: Connection) -> list[Answer]:
    """All answers, newest first."""
    return [answer_of(row) for row in conn.execute(select(answers).order_by(answers.c.id.desc()))]


def answer_of(row: Row[Any]) -> Answer:
    """A row as the answer it is."""
    pairs = tuple(pair_from(pair) for pair in row.pairs)
    return Answer(row.alert_id, Said(row.answer), row.at, row.by, row.note, pairs)
