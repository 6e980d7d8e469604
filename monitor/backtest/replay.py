"""Runs an archived stream through the daemon's own pipeline, on a store that lives in memory.

Time is the lines' own, there is no baseline, nothing is sent and nothing outside is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from sqlalchemy import Connection

from monitor.alerts.release import release_throttled
from monitor.assess import Assessment, Policy
from monitor.errors import MonitorError
from monitor.model import Alert, Finding, Moment, Update
from monitor.polling.ingest import ingest_update
from monitor.serialize import alert_to_json, change_to_json, format_iso
from monitor.store import alerts, sources
from monitor.store.base import Store
from monitor.store.commit import commit_releases
from monitor.store.connect import open_store
from monitor.store.corroboration import alerts_with_other_sources
from monitor.units import DAY

DEFAULT_MEMORY_S = 90 * DAY
LINES_PER_TRANSACTION = 200  # lines in one transaction; nothing is lost by a crash, since nothing is kept
INVALID_LINE_MESSAGE = "line {}: expected a JSON object with at, source, entry, title, url and text; {}"


class ReplayLine(BaseModel):
    """One line of the stream. `at` is ISO 8601; without a zone it is UTC."""

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
        """The moment with its zone said."""
        return at if at.tzinfo else at.replace(tzinfo=UTC)


def replay_stream(lines: Iterable[str], policy: Policy, memory: float = DEFAULT_MEMORY_S) -> Iterator[dict[str, Any]]:
    """The contract's JSON objects, for each line an update, its findings and its alerts, as they come."""
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
    """One transaction's worth of lines."""
    updates = [(number, parse_line(number, line)) for number, line in batch]
    with store.write() as conn:
        sources.add_replayed_sources(conn, {update.source for _, update in updates}, updates[0][1].at)
        for number, update in updates:
            yield from released_alert_lines(conn, update.at)
            yield from assessment_lines(
                conn, ingest_update(conn, update, policy, digest=str(number), memory=memory, now=update.at)
            )


def parse_line(number: int, line: str) -> Update:
    """One line as an update. Raises MonitorError with the line's number."""
    try:
        parsed = ReplayLine.model_validate_json(line)
    except ValidationError as error:
        first_error = error.errors(include_url=False, include_input=False)[0]
        field_path = ".".join(str(part) for part in first_error["loc"])
        raise MonitorError(
            INVALID_LINE_MESSAGE.format(
                number, f"{field_path}: {first_error['msg']}" if field_path else first_error["msg"]
            )
        ) from None
    return Update(parsed.source, parsed.entry, parsed.at.timestamp(), parsed.title, parsed.url, parsed.text)


def released_alert_lines(conn: Connection, now: Moment) -> Iterator[dict[str, Any]]:
    """The alerts that throttles let out by this moment."""
    releases = release_throttled(alerts.due_throttled_matches(conn, now), now=now)
    commit_releases(conn, releases, (), now=now)
    yield from alert_lines(conn, [release.alert for release in releases])


def assessment_lines(conn: Connection, assessment: Assessment) -> Iterator[dict[str, Any]]:
    """What one line brought: the update, its findings, its alerts."""
    update = assessment.update
    identity = {"source": update.source, "entry": update.entry, "at": format_iso(update.at)}
    yield {"type": "update", **identity, "story": assessment.story}
    rules: dict[int, list[str]] = {}
    for decision in assessment.decisions:
        for index in decision.match.finding_indexes:
            rules.setdefault(index, []).append(decision.match.rule)
    for index, finding in enumerate(assessment.findings):
        yield {"type": "finding", **identity, **finding_data(finding), "rules": rules.get(index, [])}
    alerts = [alerting.alert for alerting in assessment.decisions if alerting.alert]
    yield from alert_lines(conn, [*alerts, *(release.alert for release in assessment.released)])


def finding_data(finding: Finding) -> dict[str, Any]:
    """A finding as the contract's JSON has it."""
    nearest = finding.nearest
    return {
        "claim": finding.claim.text,
        "novelty": str(finding.novelty),
        "similarity": round(finding.similarity, 1),
        "changes": [change_to_json(change) for change in finding.changes],
        "nearest": nearest
        and {"text": nearest.text, "source": nearest.source, "entry": nearest.entry, "at": format_iso(nearest.at)},
        "story": finding.story,
        "quiet": finding.claim.noise and str(finding.claim.noise),
    }


def alert_lines(conn: Connection, alerts: Sequence[Alert]) -> Iterator[dict[str, Any]]:
    """Alerts as the contract's JSON has them: the webhook's `data` with a type."""
    yield from ({"type": "alert", **alert_to_json(alert)} for alert in alerts_with_other_sources(conn, alerts))


def json_lines(objects: Iterable[dict[str, Any]]) -> Iterator[str]:
    """JSON lines."""
    return (json.dumps(record, ensure_ascii=False) for record in objects)
