"""Reads the findings of a story for its summary."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from monitor.alerts.corroboration import source_reports
from monitor.alerts.story_summary import StoryFinding, StorySummary, figure_series, latest_sentence, story_claims
from monitor.store.rows import finding_from_row
from monitor.store.schema import entries, findings, stories, updates

MAX_STORY_FINDINGS = 5_000  # findings read of one story, the newest

SELECT_STORY_FINDINGS = (
    select(findings, updates.c.at, updates.c.url, entries.c.source, entries.c.key)
    .join(updates, updates.c.id == findings.c.update_id)
    .join(entries, entries.c.id == updates.c.entry_id)
    .order_by(findings.c.update_id.desc(), findings.c.position.desc())
)


def load_story_summary(conn: Connection, story: str, limit: int = MAX_STORY_FINDINGS) -> StorySummary | None:
    """Return the summary of a story by its newest `limit` findings; None for an unknown story."""
    row = conn.execute(select(stories).where(stories.c.id == story)).one_or_none()
    if row is None:
        return None
    rows = conn.execute(SELECT_STORY_FINDINGS.where(findings.c.story == story).limit(limit)).all()
    story_findings = [
        StoryFinding(row.source, row.at, finding_from_row(row), row.key, row.url) for row in reversed(rows)
    ]
    return StorySummary(
        story,
        row.lead,
        row.opened_at,
        row.last_at,
        source_reports(story_claims(story_findings)),
        figure_series(story_findings),
        is_of_rule=not rows,
        latest=latest_sentence(story_findings),
    )


def story_leads(conn: Connection, story_ids: Collection[str]) -> dict[str, str]:
    """Return the lead claim of each story."""
    return dict(conn.execute(select(stories.c.id, stories.c.lead).where(stories.c.id.in_(list(story_ids)))).all())
