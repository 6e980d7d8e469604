"""What decisions look back on: the alerts told, and the matches that are held."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from monitor.alerts.silences import audible
from monitor.deliver.payload import alert_from
from monitor.model import Alert, Moment, Reason, Waiting
from monitor.ruleset.rule import NO_ALIASES, Vocabulary
from monitor.store import schema, silences
from monitor.store.ledger import text_hash
from monitor.store.schema import awaited, claims, matches

TOLD = select(schema.told.c.text_hash).where(
    schema.told.c.rule == bindparam("rule"),
    schema.told.c.story == bindparam("story"),
    schema.told.c.text_hash.in_(bindparam("hashes", expanding=True)),
)
TIMES = (
    select(schema.alerts.c.at)
    .where(
        schema.alerts.c.rule == bindparam("rule"),
        schema.alerts.c.story == bindparam("story"),
        schema.alerts.c.at >= bindparam("since"),
    )
    .order_by(schema.alerts.c.at)
)
LATEST = (
    select(schema.alerts.c.body)
    .where(schema.alerts.c.rule == bindparam("rule"), schema.alerts.c.story == bindparam("story"))
    .order_by(schema.alerts.c.at.desc(), schema.alerts.c.number.desc())
    .limit(1)
)
ROOTS = select(claims.c.root).where(claims.c.text_hash.in_(bindparam("hashes", expanding=True)))
HELD = select(matches.c.id, matches.c.reason, matches.c.waiting)
CONFIRMED = HELD.where(
    matches.c.id.in_(
        select(awaited.c.match_id).join(claims, claims.c.id == awaited.c.claim_id).where(claims.c.root.in_(ROOTS))
    )
)
OPENED = HELD.where(matches.c.opens <= bindparam("now"), matches.c.waiting.is_not(None))


def told(conn: Connection, rule: str, story: str, texts: Sequence[str]) -> set[str]:
    """Which of these claims the rule has alerted of already in this story."""
    hashes = {text: text_hash(text) for text in texts}
    if not hashes:
        return set()
    found = set(conn.scalars(TOLD, {"rule": rule, "story": story, "hashes": list(hashes.values())}))
    return {text for text, key in hashes.items() if key in found}


def alert_times(conn: Connection, rule: str, story: str, since: Moment) -> list[Moment]:
    """When the rule alerted of the story since a moment, oldest first."""
    return list(conn.scalars(TIMES, {"rule": rule, "story": story, "since": since}))


def last_told(conn: Connection, rule: str, story: str) -> Alert | None:
    """The rule's last alert of the story."""
    body = conn.scalar(LATEST, {"rule": rule, "story": story})
    return None if body is None else alert_from(body)


def waiting(conn: Connection, texts: Sequence[str]) -> list[Waiting]:
    """The matches held for corroboration that one of these claims would confirm, oldest first."""
    hashes = [text_hash(text) for text in texts]
    return held(conn.execute(CONFIRMED, {"hashes": hashes})) if hashes else []


def opening(conn: Connection, now: Moment, aliases: Vocabulary = NO_ALIASES) -> list[Waiting]:
    """The throttled matches whose window has opened and which no silence covers, oldest first."""
    found = held(conn.execute(OPENED, {"now": now}))
    return audible(found, silences.living(conn, now), aliases) if found else []


def held(rows: Iterable[Row[Any]]) -> list[Waiting]:
    """Rows of HELD as the matches they are, oldest first."""
    found = [Waiting(row.id, Reason(row.reason), alert_from(row.waiting)) for row in rows]
    return sorted(found, key=lambda match: match.id)
