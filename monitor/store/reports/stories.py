"""Pages of the stories with alerts."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, exists, func, select

from monitor.model import Moment
from monitor.store.schema import alerts
from monitor.store.story_summary import story_leads


@dataclass(frozen=True, slots=True)
class StoryRow:
    """A story with the count of its alerts; `number` and `last_alert` are those of the newest."""

    story: str
    lead: str
    alerts: int
    last_alert: Moment
    number: int


def load_story_page(conn: Connection, *, limit: int = 50, before: int | None = None) -> list[StoryRow]:
    """Return a page of stories, the latest alert first. `before` is the number of the last row before it."""
    later = alerts.alias("later")
    is_newest = ~exists().where(later.c.story == alerts.c.story, later.c.number > alerts.c.number)
    query = select(alerts.c.story, alerts.c.number, alerts.c.at, alerts.c.title).where(is_newest)
    if before is not None:
        query = query.where(alerts.c.number < before)
    rows = conn.execute(query.order_by(alerts.c.number.desc()).limit(limit)).all()
    stories = [row.story for row in rows]
    counted = select(alerts.c.story, func.count()).where(alerts.c.story.in_(stories)).group_by(alerts.c.story)
    counts = {row[0]: row[1] for row in conn.execute(counted)}
    leads = story_leads(conn, stories)
    return [
        StoryRow(row.story, leads.get(row.story, row.title), counts[row.story], row.at, row.number) for row in rows
    ]
