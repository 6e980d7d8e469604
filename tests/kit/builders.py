"""Example assessments, for tests that need data in the store without polling feeds or comparing claims."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from monitor.assess import Assessment
from monitor.config.models import SourceConfig
from monitor.model import (
    Alert,
    AlertFinding,
    Claim,
    Decision,
    Finding,
    Match,
    Message,
    Novelty,
    PriorClaim,
    Reason,
    Role,
    Severity,
    Update,
)
from monitor.store import entry_versions, outbox, schema, sources
from monitor.store.base import Store
from monitor.store.commit import commit_assessment
from monitor.store.reports.alert_search import numbers_matching


def add_sources(store: Store, *names: str, now: float = 0.0) -> None:
    """Add sources to the store."""
    with store.write() as conn:
        sources.sync_sources(
            conn, [SourceConfig(name=name, url=f"https://{name}.example/feed") for name in names], now
        )


def content_hashes(conn: Connection, source: str, keys: Sequence[str]) -> dict[str, str]:
    """Return the content hash of each known entry."""
    return {key: entry.content_hash for key, entry in entry_versions.load_known_entries(conn, source, keys).items()}


def example_claim(text: str, heading: str = "") -> Claim:
    return Claim(text, Role.BULLET, heading)


def example_finding(
    text: str, novelty: Novelty = Novelty.NEW, story: str = "st-1", nearest: PriorClaim | None = None
) -> Finding:
    return Finding(example_claim(text), novelty, 0.0, (), nearest, story)


def example_prior(source: str, text: str, entry: str = "e1") -> PriorClaim:
    return PriorClaim(text, source, entry, 0.0, "st-1")


def plain_terms(text: str) -> tuple[str, ...]:
    """Return simple index terms: the distinct lowercase words."""
    return tuple(dict.fromkeys(text.casefold().rstrip(".").split()))


def example_assessment(
    texts: Sequence[str],
    *,
    source: str = "wire",
    entry: str = "e1",
    at: float = 100.0,
    title: str = "Report",
    story: str = "st-1",
    findings: Sequence[Finding] | None = None,
    decisions: Sequence[Decision] = (),
    messages: Sequence[Message] = (),
) -> Assessment:
    """Return an assessment of an update with these claims. All of them are new unless `findings` is given."""
    all_findings = (
        tuple(example_finding(text, story=story) for text in texts) if findings is None else tuple(findings)
    )
    return Assessment(
        update=Update(source, entry, at, title, f"https://{source}.example/{entry}", "\n".join(texts)),
        claims=tuple(example_claim(text) for text in texts),
        findings=all_findings,
        index_terms=tuple(
            () if finding.novelty is Novelty.WITHDRAWN else plain_terms(finding.claim.text)
            for finding in all_findings
        ),
        story=story,
        decisions=tuple(decisions),
        messages=tuple(messages),
    )


def commit_texts(store: Store, texts: Sequence[str], at: float = 100.0, **assessment_fields: object) -> None:
    """Commit an assessment of `texts`."""
    with store.write() as conn:
        commit_assessment(
            conn, example_assessment(texts, at=at, **assessment_fields), content_hash=f"hash at {at}", now=at
        )  # type: ignore[arg-type]


def example_alert(
    id: str = "al-1",
    text: str = "Three bridges are closed.",
    *,
    rule: str = "bridges",
    story: str = "st-1",
    at: float = 100.0,
    severity: Severity = Severity.MEDIUM,
) -> Alert:
    alert_finding = AlertFinding(
        text, Novelty.NEW, 0.0, ("bridges",), "wire", "e1", "https://wire.example/e1", at, None, ()
    )
    return Alert(id, rule, "Bridges", severity, story, "new", "https://wire.example/e1", at, (alert_finding,))


def sent_decision(alert: Alert) -> Decision:
    """Return the decision to send `alert`, for the update's first finding."""
    return Decision(Match(alert.rule, (0,), ()), Reason.SENT, "", alert)


def example_message(
    id: str, *alerts: Alert, channel: str = "desk", thread: str = "st-1", created: float = 100.0
) -> Message:
    return Message(id, channel, thread, created, alerts)


def matching_numbers(conn: Connection, query: str, *, limit: int, before: int | None = None) -> list[int]:
    """Return the row numbers of the alerts that a search finds, newest first."""
    number = schema.alerts.c.number
    statement = select(number).where(numbers_matching(conn, query)).order_by(number.desc()).limit(limit)
    return list(conn.scalars(statement if before is None else statement.where(number < before)))


def drain_channel(store: Store, channel: str, now: float) -> list[Message]:
    """Lease and mark as sent every due message of a channel, and return them."""
    messages = []
    with store.write() as conn:
        while message := outbox.lease_message(conn, channel, now, lease_seconds=60):
            outbox.mark_sent(conn, message.id, now, "taken")
            messages.append(message)
    return messages
