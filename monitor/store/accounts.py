"""Reads what a story's sources told, for its account."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from monitor.alerts.account import Account, Telling, courses, sayings
from monitor.alerts.voices import voices
from monitor.store.codec import finding_from
from monitor.store.schema import entries, findings, stories, updates

MOST = 5_000  # findings that are read of one story, newest first

TOLD = (
    select(findings, updates.c.at, updates.c.url, entries.c.source, entries.c.key)
    .join(updates, updates.c.id == findings.c.update_id)
    .join(entries, entries.c.id == updates.c.entry_id)
    .order_by(findings.c.update_id.desc(), findings.c.position.desc())
    .limit(MOST)
)


def account(conn: Connection, story: str) -> Account | None:
    """The account of a story; None if there is no such story."""
    row = conn.execute(select(stories).where(stories.c.id == story)).one_or_none()
    if row is None:
        return None
    rows = conn.execute(TOLD.where(findings.c.story == story)).all()
    tellings = [Telling(row.source, row.at, finding_from(row), row.key, row.url) for row in reversed(rows)]
    return Account(story, row.lead, row.opened_at, row.last_at, voices(sayings(tellings)), courses(tellings))


def leads(conn: Connection, ids: Collection[str]) -> dict[str, str]:
    """The claims that some stories began with."""
    return dict(conn.execute(select(stories.c.id, stories.c.lead).where(stories.c.id.in_(list(ids)))).all())
