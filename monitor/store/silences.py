"""Silences. They are kept after their end, so that the history shows why an alert was not sent."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from monitor.alerts.silences import Silence, SilenceMode
from monitor.model import Moment
from monitor.serialize import alert_from_json
from monitor.store.schema import alerts, silences

MAX_MUTED_CLAIMS = 20  # claims stored with a mute


def insert_silence(conn: Connection, silence: Silence) -> int:
    """Insert a silence and return its new id; `silence.id` is ignored."""
    values = {
        "rule": silence.rule,
        "source": silence.source,
        "story": silence.story,
        "match": silence.match,
        "reason": silence.reason,
        "by": silence.by,
        "made": silence.made,
        "until": silence.until,
        "mode": silence.mode.value,
        "claims": list(silence.claims),
    }
    return int(conn.execute(insert(silences).values(values).returning(silences.c.id)).scalar_one())


def recent_alert_claims(conn: Connection, silence: Silence) -> tuple[str, ...]:
    """Return the claims of the latest alerts of the silence's rule and story, newest first; () if it has neither."""
    if silence.rule is None and silence.story is None:
        return ()
    query = select(alerts.c.body).order_by(alerts.c.number.desc()).limit(MAX_MUTED_CLAIMS)
    if silence.rule is not None:
        query = query.where(alerts.c.rule == silence.rule)
    if silence.story is not None:
        query = query.where(alerts.c.story == silence.story)
    claim_texts = (finding.claim for body in conn.scalars(query) for finding in alert_from_json(body).findings)
    return tuple(dict.fromkeys(claim_texts))[:MAX_MUTED_CLAIMS]


def end_silence(conn: Connection, silence_id: int, now: Moment) -> bool:
    """End an active silence; False if no active silence has this id."""
    ended = update(silences).where(silences.c.id == silence_id, silences.c.until > now)
    return conn.execute(ended.values(until=now)).rowcount > 0


def unmute(conn: Connection, mute: Silence, now: Moment) -> None:
    """End the active mutes of the same claims for the same rule."""
    for silence in load_active_silences(conn, now):
        if (silence.mode, silence.rule, silence.claims) == (mute.mode, mute.rule, mute.claims):
            end_silence(conn, silence.id, now)


def all_silences(conn: Connection) -> list[Silence]:
    """Return all silences, also ended ones, newest first."""
    return [silence_from_row(row) for row in conn.execute(select(silences).order_by(silences.c.id.desc()))]


def load_active_silences(conn: Connection, now: Moment) -> list[Silence]:
    """Return the silences that have not ended, oldest first."""
    active = select(silences).where(silences.c.until > now).order_by(silences.c.id)
    return [silence_from_row(row) for row in conn.execute(active)]


def silence_from_row(row: Row[Any]) -> Silence:
    return Silence(
        id=row.id,
        reason=row.reason,
        made=row.made,
        until=row.until,
        rule=row.rule,
        source=row.source,
        story=row.story,
        match=row.match,
        by=row.by,
        mode=SilenceMode(row.mode or SilenceMode.ALL),
        claims=tuple(row.claims or ()),
    )
