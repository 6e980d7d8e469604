"""What decisions look up: earlier alerts and pending matches."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, null, select, update

from monitor.alerts.held import PendingMatch
from monitor.alerts.silences import not_silenced
from monitor.model import Alert, Moment, Reason
from monitor.ruleset.rule import NO_ALIASES, QueryAliases
from monitor.serialize import alert_from_json
from monitor.store import schema, silences
from monitor.store.ledger import text_hash
from monitor.store.schema import awaited, claims, matches
from monitor.store.sql import select_matching

SELECT_ALERTED_HASHES = select(schema.told.c.text_hash).where(
    schema.told.c.rule == bindparam("rule"),
    schema.told.c.story == bindparam("story"),
    schema.told.c.text_hash.in_(bindparam("hashes", expanding=True)),
)
SELECT_ALERT_TIMES = (
    select(schema.alerts.c.at)
    .where(
        schema.alerts.c.rule == bindparam("rule"),
        schema.alerts.c.story == bindparam("story"),
        schema.alerts.c.at >= bindparam("since"),
    )
    .order_by(schema.alerts.c.at)
)
SELECT_LAST_ALERT = (
    select(schema.alerts.c.body)
    .where(schema.alerts.c.rule == bindparam("rule"), schema.alerts.c.story == bindparam("story"))
    .order_by(schema.alerts.c.at.desc(), schema.alerts.c.number.desc())
    .limit(1)
)
SELECT_CLUSTER_ROOTS = select(claims.c.root).where(claims.c.text_hash.in_(bindparam("hashes", expanding=True)))
SELECT_PENDING_MATCHES = select(matches.c.id, matches.c.reason, matches.c.waiting)
SELECT_AWAITING_MATCH_IDS = (
    select(awaited.c.match_id)
    .join(claims, claims.c.id == awaited.c.claim_id)
    .where(claims.c.root.in_(SELECT_CLUSTER_ROOTS))
)
SELECT_MATCHES_BY_ID = SELECT_PENDING_MATCHES.where(matches.c.id.in_(bindparam("ids", expanding=True)))
SELECT_ANY_AWAITED = select(awaited.c.match_id).limit(1)
SELECT_UNTHROTTLED_MATCHES = SELECT_PENDING_MATCHES.where(
    matches.c.opens <= bindparam("now"), matches.c.waiting.is_not(None)
)
SELECT_THROTTLE_ENDS = (
    select(matches.c.opens).where(matches.c.opens <= bindparam("now"), matches.c.waiting.is_not(None)).distinct()
)


def already_alerted(conn: Connection, rule: str, story: str, texts: Sequence[str]) -> set[str]:
    """Return the claims that the rule has already alerted on in this story."""
    hashes = {text: text_hash(text) for text in texts}
    if not hashes:
        return set()
    alerted_hashes = set(
        conn.scalars(SELECT_ALERTED_HASHES, {"rule": rule, "story": story, "hashes": list(hashes.values())})
    )
    return {text for text, hash_value in hashes.items() if hash_value in alerted_hashes}


def alert_times(conn: Connection, rule: str, story: str, since: Moment) -> list[Moment]:
    """Return when the rule alerted on the story since a moment, oldest first."""
    return list(conn.scalars(SELECT_ALERT_TIMES, {"rule": rule, "story": story, "since": since}))


def last_alert(conn: Connection, rule: str, story: str) -> Alert | None:
    """Return the rule's last alert on the story."""
    body = conn.scalar(SELECT_LAST_ALERT, {"rule": rule, "story": story})
    return None if body is None else alert_from_json(body)


def awaits_corroboration(conn: Connection, texts: Sequence[str] | None = None) -> bool:
    """Return whether any match awaits corroboration: by a source of one of these claims, if they are given."""
    if texts is None:
        return conn.scalar(SELECT_ANY_AWAITED) is not None
    return bool(awaiting_match_ids(conn, texts))


def awaiting_match_ids(conn: Connection, texts: Sequence[str]) -> set[int]:
    """Return the matches awaiting corroboration that one of these claims would confirm."""
    return {id for (id,) in select_matching(conn, SELECT_AWAITING_MATCH_IDS, {text_hash(text) for text in texts})}


def pending_for(conn: Connection, texts: Sequence[str]) -> list[PendingMatch]:
    """Return the matches awaiting corroboration that one of these claims would confirm, oldest first."""
    ids = awaiting_match_ids(conn, texts)
    return pending_from_rows(conn.execute(SELECT_MATCHES_BY_ID, {"ids": sorted(ids)})) if ids else []


def due_throttled_matches(conn: Connection, now: Moment, aliases: QueryAliases = NO_ALIASES) -> list[PendingMatch]:
    """Return the throttled matches whose window has ended and that no silence covers, oldest first."""
    pending = pending_from_rows(conn.execute(SELECT_UNTHROTTLED_MATCHES, {"now": now}))
    return not_silenced(pending, silences.load_active_silences(conn, now), aliases) if pending else []


def throttle_ends(conn: Connection, now: Moment) -> list[Moment]:
    """Return when the windows of the held matches that are due ended."""
    return list(conn.scalars(SELECT_THROTTLE_ENDS, {"now": now}))


def hold_inhibited(conn: Connection, match_ids: Sequence[int], detail: str, until: Moment) -> None:
    """Hold due matches until another rule's alert is not live any more; if that is infinite, drop their alert."""
    held = {"opens": until, "detail": detail}
    dropped = {"reason": Reason.INHIBITED.value, "detail": detail, "waiting": null(), "opens": None}
    statement = update(matches).where(matches.c.id.in_(match_ids))
    conn.execute(statement.values(dropped if math.isinf(until) else held))


def pending_from_rows(rows: Iterable[Row[Any]]) -> list[PendingMatch]:
    """Convert rows of SELECT_PENDING_MATCHES, oldest first."""
    pending = [PendingMatch(row.id, Reason(row.reason), alert_from_json(row.waiting)) for row in rows]
    return sorted(pending, key=lambda match: match.id)
