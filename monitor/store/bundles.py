"""The other pages of an announcement: entries of one source that made the same edit."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, and_, null, select

from monitor.model import Alert, AlertFinding, Novelty, PriorClaim
from monitor.store.schema import entries, findings, updates

MAX_PAGES = 500  # read for one finding; messages show the first few and count the rest
NEWS = [novelty.value for novelty in Novelty if novelty is not Novelty.REPEATED]
# The columns of PriorClaim, in order.
SELECT_PAGES = (
    select(
        findings.c.claim,
        entries.c.source,
        entries.c.key,
        updates.c.at,
        findings.c.story,
        updates.c.title,
        findings.c.heading,
        null(),
        updates.c.url,
    )
    .join(updates, updates.c.id == findings.c.update_id)
    .join(entries, entries.c.id == updates.c.entry_id)
    .where(findings.c.novelty.in_(NEWS))
    .order_by(updates.c.id)
    .limit(MAX_PAGES)
)


def with_other_pages(conn: Connection, alert: Alert) -> Alert:
    """Return the alert with the other entries of each finding's source that made the same edit by now."""
    return replace(alert, findings=tuple(replace(f, also_on=other_pages(conn, f)) for f in alert.findings))


def other_pages(conn: Connection, finding: AlertFinding) -> tuple[PriorClaim, ...]:
    """Return the news with the finding's bundle, or else with its words in its story, once for each other entry."""
    if finding.bundle:
        is_same = findings.c.bundle == finding.bundle
    elif finding.story:
        is_same = and_(findings.c.story == finding.story, findings.c.claim == finding.claim)
    else:
        return ()
    query = SELECT_PAGES.where(is_same, entries.c.source == finding.source, entries.c.key != finding.entry)
    by_entry = {prior.entry: prior for prior in (PriorClaim(*row) for row in conn.execute(query))}
    return tuple(by_entry.values())
