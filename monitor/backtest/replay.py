"""Replay an archived stream through the daemon's own pipeline, with an in-memory store.

The clock is the time of each line, there is no baseline, and nothing is fetched or sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from sqlalchemy import Connection

from monitor.assess import Assessment, Policy
from monitor.deliver.webhook_payload import alert_payload
from monitor.errors import MonitorError
from monitor.model import Alert, Finding, Moment, Update
from monitor.polling.absence import commit_due_absences, waiting_rules
from monitor.polling.followups import commit_due_followups
from monitor.polling.ingest import ingest_update
from monitor.serialize import change_to_json, evidence_to_json, format_iso
from monitor.store import absences, sources
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.corroboration import alerts_with_other_sources
from monitor.units import DAY
from monitor.validation_text import reason_of

DEFAULT_MEMORY_S = 90 * DAY
LINES_PER_TRANSACTION = 200  # a crash loses nothing, because nothing is kept
INVALID_LINE_MESSAGE = "line {}: expected a JSON object with at, source, entry, title, url and text; {}"


class ReplayLine(BaseModel):
    """One line of the stream. `at` is ISO 8601, in UTC if it has no offset."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    source: str
    entry: str
    title: str = ""
    url: str = ""
    text: str = ""

    @field_validator("at")
    @classmethod
    def with_timezone(cls, at: datetime) -> datetime:
        return at if at.tzinfo else at.replace(tzinfo=UTC)


def replay_stream(lines: Iterable[str], policy: Policy, memory: float = DEFAULT_MEMORY_S) -> Iterator[dict[str, Any]]:
    """Yield for each line an update, its findings and its alerts, as objects for JSON. `memory` is in seconds."""
    store = open_store("sqlite:///:memory:")
    try:
        numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
        while batch := list(islice(numbered, LINES_PER_TRANSACTION)):
            yield from replay_batch(store, batch, policy, memory)
    finally:
        store.close()


def replay_batch(
    store: Store, batch: list[tuple[int, str]], policy: Policy, memory: float
) -> Iterator[dict[str, Any]]:
    updates = [(number, parse_line(number, line)) for number, line in batch]
    with store.write() as conn:
        sources.add_replayed_sources(conn, {update.source for _, update in updates}, updates[0][1].at)
        for number, update in updates:
            yield from released_alert_lines(conn, policy, update.at)
            yield from absence_alert_lines(conn, policy, update.at)
            yield from assessment_lines(
                conn, ingest_update(conn, update, policy, digest=str(number), memory=memory, now=update.at)
            )


def parse_line(number: int, line: str) -> Update:
    """Parse one line. Raises MonitorError with the line's number."""
    try:
        parsed = ReplayLine.model_validate_json(line)
    except ValidationError as error:
        first_error = error.errors(include_url=False, include_input=False)[0]
        field_path = ".".join(str(part) for part in first_error["loc"])
        reason = reason_of(first_error)
        detail = f"{field_path}: {reason}" if field_path else reason
        raise MonitorError(INVALID_LINE_MESSAGE.format(number, detail)) from None
    return Update(parsed.source, parsed.entry, parsed.at.timestamp(), parsed.title, parsed.url, parsed.text)


def released_alert_lines(conn: Connection, policy: Policy, now: Moment) -> Iterator[dict[str, Any]]:
    """Yield the follow-ups for throttled alerts whose window has ended."""
    yield from alert_lines(conn, [release.alert for release in commit_due_followups(conn, policy, now)])


def absence_alert_lines(conn: Connection, policy: Policy, now: Moment) -> Iterator[dict[str, Any]]:
    """Yield the alerts of rules with `absent`. Every source counts as read at the time of each line."""
    if waiting_rules(policy):
        absences.mark_sources_read(conn, now)
        yield from alert_lines(conn, commit_due_absences(conn, policy, now))


def assessment_lines(conn: Connection, assessment: Assessment) -> Iterator[dict[str, Any]]:
    """Yield the update of one line, its findings and its alerts."""
    update = assessment.update
    identity = {"source": update.source, "entry": update.entry, "at": format_iso(update.at)}
    yield {"type": "update", **identity, "story": assessment.story}
    rules_by_finding: dict[int, list[str]] = {}
    for decision in assessment.decisions:
        for index in decision.match.finding_indexes:
            rules_by_finding.setdefault(index, []).append(decision.match.rule)
    for index, finding in enumerate(assessment.findings):
        yield {"type": "finding", **identity, **finding_data(finding), "rules": rules_by_finding.get(index, [])}
    new_alerts = [decision.alert for decision in assessment.decisions if decision.alert]
    yield from alert_lines(conn, [*new_alerts, *(release.alert for release in assessment.released)])


def finding_data(finding: Finding) -> dict[str, Any]:
    """Return a finding as an object for JSON."""
    nearest = finding.nearest
    return {
        "claim": finding.claim.text,
        "novelty": str(finding.novelty),
        "similarity": round(finding.similarity, 1),
        "changes": [change_to_json(change) for change in finding.changes],
        "nearest": nearest
        and {"text": nearest.text, "source": nearest.source, "entry": nearest.entry, "at": format_iso(nearest.at)},
        "story": finding.story,
        "bundle": finding.bundle or None,
        "quiet": finding.claim.noise and str(finding.claim.noise),
        "evidence": evidence_to_json(finding.evidence),
    }


def alert_lines(conn: Connection, alerts: Sequence[Alert]) -> Iterator[dict[str, Any]]:
    """Yield alerts as objects for JSON: the webhook's `data` plus a type."""
    yield from ({"type": "alert", **alert_payload(alert)} for alert in alerts_with_other_sources(conn, alerts))
