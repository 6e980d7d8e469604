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

from monitor.alerts.release import opened
from monitor.assess import Assessment, Listening
from monitor.deliver.payload import alert_data, change_data, iso
from monitor.errors import MonitorError
from monitor.intake import take
from monitor.model import Alert, Finding, Moment, Update
from monitor.store import Store, alerts, open_store, sources
from monitor.store.families import heard_of
from monitor.store.record import record_releases

MEMORY = 90 * 86400.0
BATCH = 200  # lines in one transaction; nothing is lost by a crash, since nothing is kept
EMPTY = "line {}: expected a JSON object with at, source, entry, title, url and text; {}"


class Line(BaseModel):
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
    def in_utc(cls, at: datetime) -> datetime:
        """The moment with its zone said."""
        return at if at.tzinfo else at.replace(tzinfo=UTC)


def replay(lines: Iterable[str], listening: Listening, memory: float = MEMORY) -> Iterator[dict[str, Any]]:
    """The contract's JSON objects, for each line an update, its findings and its alerts, as they come."""
    store = open_store("sqlite:///:memory:")
    try:
        numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
        while batch := list(islice(numbered, BATCH)):
            yield from replay_batch(store, batch, listening, memory)
    finally:
        store.close()


def replay_batch(
    store: Store, batch: list[tuple[int, str]], listening: Listening, memory: float
) -> Iterator[dict[str, Any]]:
    """One transaction's worth of lines."""
    updates = [(number, parse(number, line)) for number, line in batch]
    with store.write() as conn:
        sources.adopt(conn, {update.source for _, update in updates}, updates[0][1].at)
        for number, update in updates:
            yield from released(conn, update.at)
            yield from told(conn, take(conn, update, listening, content=str(number), memory=memory, now=update.at))


def parse(number: int, line: str) -> Update:
    """One line as an update. Raises MonitorError with the line's number."""
    try:
        said = Line.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise MonitorError(EMPTY.format(number, f"{where}: {first['msg']}" if where else first["msg"])) from None
    return Update(said.source, said.entry, said.at.timestamp(), said.title, said.url, said.text)


def released(conn: Connection, now: Moment) -> Iterator[dict[str, Any]]:
    """The alerts that throttles let out by this moment."""
    releases = opened(alerts.opening(conn, now), now=now)
    record_releases(conn, releases, (), now=now)
    yield from alert_lines(conn, [release.alert for release in releases])


def told(conn: Connection, assessment: Assessment) -> Iterator[dict[str, Any]]:
    """What one line brought: the update, its findings, its alerts."""
    update = assessment.update
    head = {"source": update.source, "entry": update.entry, "at": iso(update.at)}
    yield {"type": "update", **head, "story": assessment.story}
    rules: dict[int, list[str]] = {}
    for decision in assessment.decisions:
        for index in decision.match.findings:
            rules.setdefault(index, []).append(decision.match.rule)
    for index, finding in enumerate(assessment.findings):
        yield {"type": "finding", **head, **finding_data(finding), "rules": rules.get(index, [])}
    alerts = [d.alert for d in assessment.decisions if d.alert]
    yield from alert_lines(conn, [*alerts, *(release.alert for release in assessment.released)])


def finding_data(finding: Finding) -> dict[str, Any]:
    """A finding as the contract's JSON has it."""
    nearest = finding.nearest
    return {
        "claim": finding.claim.text,
        "novelty": str(finding.novelty),
        "similarity": round(finding.similarity, 1),
        "changes": [change_data(change) for change in finding.changes],
        "nearest": nearest
        and {"text": nearest.text, "source": nearest.source, "entry": nearest.entry, "at": iso(nearest.at)},
        "story": finding.story,
        "quiet": finding.claim.quiet and str(finding.claim.quiet),
    }


def alert_lines(conn: Connection, alerts: Sequence[Alert]) -> Iterator[dict[str, Any]]:
    """Alerts as the contract's JSON has them: the webhook's `data` with a type."""
    yield from ({"type": "alert", **alert_data(alert)} for alert in heard_of(conn, alerts))


def encoded(objects: Iterable[dict[str, Any]]) -> Iterator[str]:
    """JSON lines."""
    return (json.dumps(one, ensure_ascii=False) for one in objects)
