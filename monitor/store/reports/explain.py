"""One update with its findings and all decisions about it, and the decisions that led to an alert."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from monitor.model import Finding, Match, Moment, Reason, Update
from monitor.store.rows import finding_from_row, match_from_row, update_from_row
from monitor.store.schema import entries, findings, matches, updates

MAX_ALERT_DECISIONS = 20


@dataclass(frozen=True, slots=True)
class MatchRow:
    """A match with its decision."""

    match: Match
    reason: Reason
    detail: str
    alert_id: str | None
    throttled_until: Moment | None
    at: Moment


@dataclass(frozen=True, slots=True)
class UpdateExplanation:
    """One update with its findings and matches."""

    number: int
    update: Update
    story: str
    findings: tuple[Finding, ...]
    matches: tuple[MatchRow, ...]


def explain_update(conn: Connection, number: int) -> UpdateExplanation | None:
    """Return one update with its findings and matches; None for an unknown number."""
    query = (
        select(updates, entries.c.source, entries.c.key)
        .join(entries, entries.c.id == updates.c.entry_id)
        .where(updates.c.id == number)
    )
    row = conn.execute(query).first()
    if row is None:
        return None
    finding_rows = conn.execute(select(findings).where(findings.c.update_id == number).order_by(findings.c.position))
    match_rows = conn.execute(select(matches).where(matches.c.update_id == number).order_by(matches.c.id))
    return UpdateExplanation(
        number,
        update_from_row(row),
        row.story,
        tuple(finding_from_row(finding) for finding in finding_rows),
        tuple(
            MatchRow(match_from_row(match), Reason(match.reason), match.detail, match.alert_id, match.opens, match.at)
            for match in match_rows
        ),
    )


@dataclass(frozen=True, slots=True)
class AlertDecision:
    """What was decided about a match that led to an alert."""

    update_id: int
    reason: Reason
    detail: str


def alert_decisions(conn: Connection, alert_id: str) -> list[AlertDecision]:
    """Return the first decisions that led to an alert, oldest first."""
    columns = (matches.c.update_id, matches.c.reason, matches.c.detail)
    query = select(*columns).where(matches.c.alert_id == alert_id).order_by(matches.c.id).limit(MAX_ALERT_DECISIONS)
    return [AlertDecision(row.update_id, Reason(row.reason), row.detail) for row in conn.execute(query)]
