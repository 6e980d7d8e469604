"""What a rule that looks back asks of the store: what was judged before, and how to keep what is told late."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select, update

from monitor.model import Decision, Moment, Reason
from monitor.store.ledger import text_hash
from monitor.store.record import insert_decision
from monitor.store.schema import claims, matches, updates


def last_update_id(conn: Connection) -> int:
    """The number of the update that was committed last."""
    return conn.scalar(select(func.max(updates.c.id))) or 0


def already_matched(conn: Connection, rules: Sequence[str]) -> set[tuple[int, str]]:
    """The updates that each of some rules held for when they came, with the rule's name."""
    query = select(matches.c.update_id, matches.c.rule).where(matches.c.rule.in_(rules))
    return {(row.update_id, row.rule) for row in conn.execute(query)}


def insert_late_decision(conn: Connection, decision: Decision, update_id: int, now: Moment) -> None:
    """A decision about an update that was committed before."""
    alert = decision.pending_alert or decision.alert
    hashes = {text_hash(finding.claim) for finding in alert.findings} if alert else set()
    claims_query = select(claims.c.text_hash, claims.c.id).where(claims.c.text_hash.in_(hashes))
    insert_decision(conn, decision, update_id, {row.text_hash: row.id for row in conn.execute(claims_query)}, now)


def set_match_reason(conn: Connection, alert_id: str, reason: Reason, detail: str) -> None:
    """What became of the alert of a match on its channels, once that is known."""
    conn.execute(update(matches).where(matches.c.alert_id == alert_id).values(reason=reason.value, detail=detail))
