"""The matches that rules with `count` have counted and not used up yet.

They are rows of `matches` with `counts_for`; `waiting` has the alert of one match alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection, bindparam, func, null, select, update

from monitor.alerts.held import PendingMatch
from monitor.model import Decision, Moment, Reason
from monitor.serialize import alert_from_json
from monitor.store.schema import matches
from monitor.units import DAY

_IS_COUNTED = (
    matches.c.rule == bindparam("_rule"),
    matches.c.counts_for == bindparam("_key"),
    matches.c.at >= bindparam("_since"),
)
SELECT_COUNTED_TIMES = select(matches.c.at).where(*_IS_COUNTED).order_by(matches.c.at)
SELECT_COUNTED_MATCHES = (
    select(matches.c.id, matches.c.at, matches.c.waiting)
    .where(*_IS_COUNTED)
    .order_by(matches.c.at.desc(), matches.c.id.desc())
    .limit(bindparam("_limit"))
)
UPDATE_USED_UP = (
    update(matches).where(*_IS_COUNTED).values(counts_for=null(), waiting=null(), alert_id=bindparam("_alert"))
)
_NEWEST_COUNTED = select(func.max(matches.c.at)).where(matches.c.counts_for.is_not(None)).scalar_subquery()
UPDATE_COUNTED_AHEAD = (
    update(matches)
    .where(matches.c.counts_for.is_not(None), matches.c.at > bindparam("_now"))
    .values(at=matches.c.at - _NEWEST_COUNTED + bindparam("_now"))
)


def counted_times(conn: Connection, rule: str, key: str, since: Moment) -> list[Moment]:
    """Return when the counted matches were seen, from a moment on, oldest first."""
    return list(conn.scalars(SELECT_COUNTED_TIMES, {"_rule": rule, "_key": key, "_since": since}))


def counted_matches(conn: Connection, rule: str, key: str, since: Moment, limit: int) -> list[PendingMatch]:
    """Return the last counted matches, oldest first, each with the alert that it would have sent alone."""
    rows = conn.execute(SELECT_COUNTED_MATCHES, {"_rule": rule, "_key": key, "_since": since, "_limit": limit}).all()
    return [
        PendingMatch(row.id, Reason.COUNTED, replace(alert_from_json(row.waiting), at=row.at)) for row in rows[::-1]
    ]


def use_up_count(conn: Connection, decision: Decision) -> None:
    """Use up the counted matches of a complete count, and link them to its alert, if that is sent now."""
    names = {"_rule": decision.match.rule, "_key": decision.count_key, "_since": decision.counted_since}
    conn.execute(UPDATE_USED_UP, names | {"_alert": decision.alert and decision.alert.id})


def drop_old_counts(conn: Connection, seconds_by_rule: Mapping[str, float], now: Moment) -> None:
    """Drop the counted matches that no count can reach: those older than its period, and those of a rule that has not
    counted for a day. `seconds_by_rule` has the periods of the running rules.

    The age is relative to the rule's last counted match, so that a clock that is ahead for a moment drops nothing.
    """
    is_counted = matches.c.counts_for.is_not(None)
    newest = select(matches.c.rule, func.max(matches.c.at)).where(is_counted).group_by(matches.c.rule)
    for rule, last in conn.execute(newest).all():
        oldest = last - seconds_by_rule[rule] if rule in seconds_by_rule else now - DAY
        is_old = (matches.c.rule == rule, is_counted, matches.c.at < oldest)
        conn.execute(update(matches).where(*is_old).values(counts_for=null(), waiting=null()))
