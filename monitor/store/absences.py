"""The stored state of rules with `absent`: when they matched last, and whether they have alerted since."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, bindparam, delete, null, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles for SQLite as well

from monitor.alerts.absence import Absence, SourceReading
from monitor.model import Moment
from monitor.store.schema import absences, sources

_INSERT_ABSENCE = insert(absences)
UPSERT_PRESENT = _INSERT_ABSENCE.on_conflict_do_update(
    index_elements=[absences.c.rule],
    set_={"since": _INSERT_ABSENCE.excluded.since, "last": _INSERT_ABSENCE.excluded.last, "told": null()},
)
INSERT_WAITING = _INSERT_ABSENCE.on_conflict_do_nothing()
UPDATE_ALERTED = update(absences).where(absences.c.rule == bindparam("_rule")).values(told=bindparam("_now"))
UPDATE_ALL_READ = update(sources).values(last_good=bindparam("_now"), last_poll=bindparam("_now"))
UPDATE_SINCE_AHEAD = update(absences).where(absences.c.since > bindparam("_now")).values(since=bindparam("_now"))
SELECT_READINGS = (
    select(
        sources.c.name,
        sources.c.last_good,
        sources.c.last_poll,
        sources.c.failures,
        sources.c.next_poll,
        sources.c.state,
        sources.c.paused_at,
    )
    .where(sources.c.configured)
    .order_by(sources.c.name)
)


def mark_present(conn: Connection, rule: str, last: str, now: Moment) -> None:
    """Store that a rule matched. `last` names the claim and its source."""
    conn.execute(UPSERT_PRESENT, {"rule": rule, "since": now, "last": last, "told": None})


def load_absences(conn: Connection) -> dict[str, Absence]:
    """Return the state of each rule by name."""
    return {row.rule: Absence(row.rule, row.since, row.last, row.told) for row in conn.execute(select(absences))}


def sync_absences(conn: Connection, rules: Collection[str], now: Moment) -> None:
    """Start the wait of new rules, and forget those that are not among `rules`: they start again if they return."""
    conn.execute(delete(absences).where(absences.c.rule.not_in(list(rules))))
    for rule in rules:
        conn.execute(INSERT_WAITING, {"rule": rule, "since": now, "last": "", "told": None})


def mark_absence_alerted(conn: Connection, rules: Iterable[str], now: Moment) -> None:
    """Store that these rules have alerted: they wait for a match."""
    for rule in rules:
        conn.execute(UPDATE_ALERTED, {"_rule": rule, "_now": now})


def load_source_readings(conn: Connection) -> list[SourceReading]:
    """Return when each configured source was last read."""
    return [
        SourceReading(
            name=row.name,
            # After the clock was set back only the last poll is rebased.
            read_at=None if row.last_good is None else min(row.last_good, row.last_poll or row.last_good),
            failures=row.failures,
            next_poll=row.next_poll,
            is_paused=row.state == "paused" or row.paused_at is not None,
        )
        for row in conn.execute(SELECT_READINGS)
    ]


def mark_sources_read(conn: Connection, now: Moment) -> None:
    """Store that every source was just read: for a sequence of texts, which has no polls."""
    conn.execute(UPDATE_ALL_READ, {"_now": now})
