"""The silences that people made: kept after their end, so that the history says why nobody was told."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from monitor.alerts.silences import Silence
from monitor.model import Moment
from monitor.store.schema import silences

FIELDS = ("rule", "source", "story", "match", "reason", "by", "made", "until")


def add(conn: Connection, silence: Silence) -> int:
    """Keeps a silence; its id, whatever it had before."""
    values = {name: getattr(silence, name) for name in FIELDS}
    return int(conn.execute(insert(silences).values(values).returning(silences.c.id)).scalar_one())


def end(conn: Connection, silence_id: int, now: Moment) -> bool:
    """Ends a living silence now; False if none of that id lives."""
    alive = update(silences).where(silences.c.id == silence_id, silences.c.until > now)
    return conn.execute(alive.values(until=now)).rowcount > 0


def every(conn: Connection) -> list[Silence]:
    """All that were ever made, newest first."""
    return [silence_of(row) for row in conn.execute(select(silences).order_by(silences.c.id.desc()))]


def living(conn: Connection, now: Moment) -> list[Silence]:
    """Those that have not ended, oldest first."""
    alive = select(silences).where(silences.c.until > now).order_by(silences.c.id)
    return [silence_of(row) for row in conn.execute(alive)]


def silence_of(row: Row[Any]) -> Silence:
    """A row as the silence it is."""
    return Silence(id=row.id, **{name: getattr(row, name) for name in FIELDS})
