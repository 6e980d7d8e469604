"""Who says a claim, in these or other words: for what waits for a second source, and for what people are told.

A family is a claim with those that repeat it in other words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, bindparam, func, literal_column, select

from monitor.alerts.voices import also_said
from monitor.model import Alert, Said
from monitor.store.ledger import SAYING, text_hash
from monitor.store.schema import claims, sayings
from monitor.store.types import matching

SCANNED = 32  # sayings of one claim, the first: whoever says it later in the same words repeats one of those
TOLD_OF = 200  # alerts of a message that are looked up, the most severe

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


def with_voices(conn: Connection, alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    """The alerts with who else says so by now; of more than TOLD_OF the others stay as they are."""
    asked = alerts[:TOLD_OF]
    found = families(conn, list({finding.claim for alert in asked for finding in alert.findings}))
    return (*(_with_voices(alert, found) for alert in asked), *alerts[TOLD_OF:])


def _with_voices(alert: Alert, found: dict[str, list[Said]]) -> Alert:
    told = (replace(one, also_said_by=also_said(one, found.get(one.claim, ()))) for one in alert.findings)
    return replace(alert, findings=tuple(told))
