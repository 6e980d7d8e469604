"""Assessments made by hand, for tests that need something in the store without reading feeds or comparing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from monitor.assess import Assessment
from monitor.config import SourceConfig
from monitor.model import (
    Alert,
    AlertFinding,
    Claim,
    Decision,
    Finding,
    Match,
    Message,
    Novelty,
    Reason,
    Role,
    Said,
    Severity,
    Update,
)
from monitor.store import Store, outbox, shown, sources
from monitor.store.record import record


def configured(store: Store, *names: str, now: float = 0.0) -> None:
    """Gives the store these sources."""
    with store.write() as conn:
        sources.sync(conn, [SourceConfig(name=name, url=f"https://{name}.example/feed") for name in names], now)


def contents(conn: Connection, source: str, keys: Sequence[str]) -> dict[str, str]:
    """The content hash of each of the entries that is known."""
    return {key: one.content for key, one in shown.seen(conn, source, keys).items()}


def claim(text: str, heading: str = "") -> Claim:
    return Claim(text, Role.BULLET, heading)


def finding(text: str, novelty: Novelty = Novelty.NEW, story: str = "st-1", nearest: Said | None = None) -> Finding:
    return Finding(claim(text), novelty, 0.0, (), nearest, story)


def said_by(source: str, text: str, entry: str = "e1") -> Said:
    return Said(text, source, entry, 0.0, "st-1")


def words(text: str) -> tuple[str, ...]:
    """Index terms, plainly."""
    return tuple(dict.fromkeys(text.casefold().rstrip(".").split()))


def assessment(
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
    """An update that says `texts`, every one of them new unless `findings` says otherwise."""
    found = tuple(finding(text, story=story) for text in texts) if findings is None else tuple(findings)
    return Assessment(
        update=Update(source, entry, at, title, f"https://{source}.example/{entry}", "\n".join(texts)),
        claims=tuple(claim(text) for text in texts),
        findings=found,
        terms=tuple(() if f.novelty is Novelty.WITHDRAWN else words(f.claim.text) for f in found),
        story=story,
        decisions=tuple(decisions),
        messages=tuple(messages),
    )


def commit(store: Store, texts: Sequence[str], at: float = 100.0, **given: object) -> None:
    """Records an assessment of `texts` in a transaction of its own."""
    with store.write() as conn:
        record(conn, assessment(texts, at=at, **given), content_hash=f"hash at {at}", now=at)  # type: ignore[arg-type]


def alert(
    id: str = "al-1",
    text: str = "Three bridges are closed.",
    *,
    rule: str = "bridges",
    story: str = "st-1",
    at: float = 100.0,
    severity: Severity = Severity.MEDIUM,
) -> Alert:
    told = AlertFinding(text, Novelty.NEW, 0.0, ("bridges",), "wire", "e1", "https://wire.example/e1", at, None, ())
    return Alert(id, rule, "Bridges", severity, story, "new", "https://wire.example/e1", at, (told,))


def sends(alert: Alert) -> Decision:
    """The decision that tells people of `alert`, for the update's first finding."""
    return Decision(Match(alert.rule, (0,), ()), Reason.SENT, "", alert)


def message(id: str, *alerts: Alert, channel: str = "desk", thread: str = "st-1", created: float = 100.0) -> Message:
    return Message(id, channel, thread, created, alerts)


def taken_by(store: Store, channel: str, now: float) -> list[Message]:
    """What a channel takes until nothing is due."""
    taken = []
    with store.write() as conn:
        while message := outbox.lease(conn, channel, now, lease=60):
            outbox.sent(conn, message.id, now, "taken")
            taken.append(message)
    return taken
