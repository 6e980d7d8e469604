"""Who says a claim, in these or other words: for what waits for a second source, and for what people are told.

A family is a claim with those that repeat it in other words.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, literal_column, select

from monitor.alerts.voices import with_voices
from monitor.model import Alert, Said
from monitor.store.ledger import SAYING, text_hash
from monitor.store.schema import claims, sayings
from monitor.store.types import matching

SCANNED = 32  # sayings of one claim, the first: whoever says it later in the same words repeats one of those

_kin = claims.alias("kin")
_first = sayings.alias("first")
KIN = (
    select(claims.c.text_hash, _kin.c.id)
    .join(_kin, _kin.c.root == claims.c.root)
    .where(claims.c.text_hash.in_(bindparam("hashes", expanding=True)))
)
EARLIEST = select(func.min(_first.c.nth)).where(_first.c.claim_id == claims.c.id).scalar_subquery()
EARLY = SAYING.where(sayings.c.nth < EARLIEST + literal_column(str(SCANNED))).order_by(claims.c.id, sayings.c.nth)


def families(conn: Connection, texts: Sequence[str]) -> dict[str, list[Said]]:
    """For each text that was ever said the sayings of its family, each claim's in the order they came."""
    hashes = {text: text_hash(text) for text in texts}
    members: dict[int, list[int]] = {}
    for key, id in matching(conn, KIN, set(hashes.values())):
        members.setdefault(key, []).append(id)
    said: dict[int, list[Said]] = {}
    for id, *saying in matching(conn, EARLY, {id for ids in members.values() for id in ids}):
        said.setdefault(id, []).append(Said(*saying))
    return {
        text: [one for id in sorted(members[key]) for one in said.get(id, ())]
        for text, key in hashes.items()
        if key in members
    }


def sayings_of(conn: Connection, texts: Sequence[str]) -> list[Said]:
    """Who has said one of these claims, in these or other words."""
    return [said for family in families(conn, texts).values() for said in family]


def heard_of(conn: Connection, alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    """The alerts with who else says so by now."""
    found = families(conn, list({finding.claim for alert in alerts for finding in alert.findings}))
    return tuple(with_voices(alert, lambda claim: found.get(claim, ())) for alert in alerts)
