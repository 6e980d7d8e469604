"""Rules that count and wait, on a store of the test's choice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, select

from monitor.assess import Policy
from monitor.model import Alert, Update
from monitor.polling.absence import alert_absences
from monitor.polling.ingest import ingest_update
from monitor.ruleset.load import load_rules
from monitor.serialize import alert_from_json
from monitor.store import absences, schema
from monitor.store.base import Store

MEMORY_S = 90 * 86400.0


def rule_policy(folder: Path, *rules: str, sources: Sequence[str] = ("wire", "press")) -> Policy:
    """Return the policy of some rules; their alerts go to the channel `desk`."""
    for number, text in enumerate(rules):
        (folder / f"rule{number}.yaml").write_text(text)
    loaded, problems = load_rules(folder, builtin_aliases=None)
    assert problems == ()
    channels = {rule.name: ("desk",) for rule in loaded.rules}
    return Policy(loaded, source_tags=dict.fromkeys(sources, ()), channels_by_rule=channels)


def ingest_texts(store: Store, policy: Policy, at: float, *texts: str, source: str = "wire") -> list[tuple[str, str]]:
    """Ingest texts, each an entry of its own, in one transaction. Return the reason and detail of each decision."""
    with store.write() as conn:
        return ingest_texts_in(conn, policy, at, *texts, source=source)


def ingest_texts_in(
    conn: Connection, policy: Policy, at: float, *texts: str, source: str = "wire"
) -> list[tuple[str, str]]:
    """The same in the open transaction."""
    decisions: list[tuple[str, str]] = []
    for text in texts:
        update = Update(source, f"entry {text}", at, "", "https://wire.example/", text)
        assessment = ingest_update(conn, update, policy, digest=text, memory=MEMORY_S, now=at)
        decisions += [(str(decision.reason), decision.detail) for decision in assessment.decisions]
    return decisions


def read_all_sources(store: Store, policy: Policy, at: float) -> list[Alert]:
    """Let every source be read, then return the alerts about absences that are due."""
    with store.write() as conn:
        absences.mark_sources_read(conn, at)
    return alert_absences(store, policy, at)


def stored_alerts(store: Store) -> list[Alert]:
    """Return all alerts, oldest first."""
    with store.read() as conn:
        bodies = conn.scalars(select(schema.alerts.c.body).order_by(schema.alerts.c.number)).all()
    return [alert_from_json(body) for body in bodies]
