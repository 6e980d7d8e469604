"""Search over the texts of alerts."""

from __future__ import annotations

from sqlalchemy import Connection, Text, cast, func, select

from monitor.store.schema import alerts


def alert_ids_matching(conn: Connection, text: str, *, limit: int, before: int | None) -> list[int]:
    """Return the row numbers below `before` of the alerts that contain every word of `text`, newest first."""
    query = select(alerts.c.number).order_by(alerts.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(alerts.c.number < before)
    content = func.lower(cast(alerts.c.title, Text) + " " + cast(alerts.c.body, Text))
    for word in text.lower().split():
        query = query.where(content.contains(word, autoescape=True))
    return list(conn.scalars(query)) if text.split() else []
