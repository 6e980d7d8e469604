"""Sources as the store knows them: when each is due, who polls it now, and what its last poll came to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    null,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from monitor.alerts.upkeep import Cause, Notice
from monitor.config import SourceConfig
from monitor.model import Moment
from monitor.sources.crowd import Crowd
from monitor.store import notices, renames
from monitor.store.schema import entries, sources, updates
from monitor.store.types import execute_many, run_many, storable


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source's state. `entries` counts those ever seen, but of a source that was leased it is 1 when there are any;
    `failures` counts the polls that failed in a row; `notices`, in listings, are those that stand."""

    name: str
    url: str
    kind: str
    etag: str | None
    last_modified: str | None
    body_hash: str | None
    state: str
    error: str | None
    failures: int
    last_good: Moment | None
    next_poll: Moment
    baselined: bool
    entries: int
    error_code: str | None = None
    last_read: Moment | None = None
    pace: float | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class PollOutcome:
    """What a poll came to: the source's state from now on. `error` is None when it was good.

    `causes` are what the operator may have to be told.
    """

    at: Moment
    state: str
    error: str | None
    error_code: str | None
    failures: int
    next_poll: Moment
    etag: str | None
    last_modified: str | None
    body_hash: str | None
    baselined: bool
    pace: float | None = None
    causes: tuple[Cause, ...] = ()


COUNT = (
    select(func.count())
    .where(entries.c.source == sources.c.name)
    .correlate(sources)
    .scalar_subquery()
    .label("entries")
)
SOME = case((exists().where(entries.c.source == sources.c.name).correlate(sources), 1), else_=0).label("entries")
STORED = (
    "name",
    "url",
    "kind",
    "etag",
    "last_modified",
    "body_hash",
    "state",
    "error",
    "failures",
    "last_good",
    "next_poll",
    "baselined",
    "entries",
    "error_code",
    "last_read",
    "pace",
)  # columns, in the order of the fields of SourceRow
COLUMNS = [COUNT if name == "entries" else sources.c[name] for name in STORED]
STATE = [SOME if name == "entries" else sources.c[name] for name in STORED]

LOOKED_AT = 8  # times as many as there is room for are looked at, before full hosts are left out by name
_KEPT = (
    "state",
    "error",
    "error_code",
    "failures",
    "next_poll",
    "etag",
    "last_modified",
    "body_hash",
    "baselined",
    "pace",
)
RECORD = (
    update(sources)
    .where(sources.c.name == bindparam("_name"))
    .values({name: bindparam(f"_{name}") for name in (*_KEPT, "last_poll")})
    .values(last_good=func.coalesce(bindparam("_last_good"), sources.c.last_good), leased_until=null())
)
LEASE = update(sources).where(sources.c.name == bindparam("_name")).values(leased_until=bindparam("_until"))


def _waiting(*columns: Any, all: bool) -> Select[Any]:
    """Of the sources that may be polled now, longest due first."""
    now: BindParameter[Moment] = bindparam("now")
    ready = or_(sources.c.next_poll <= now, and_(true() if all else false(), sources.c.failures == 0))
    free = or_(sources.c.leased_until.is_(None), sources.c.leased_until <= now)
    return (
        select(*columns)
        .where(sources.c.configured, ready, free)
        .order_by(sources.c.next_poll, sources.c.name)
        .with_for_update(skip_locked=True, of=sources)
    )


WAITING = {all: _waiting(sources.c.name, all=all) for all in (False, True)}
NAMED = {
    all: _waiting(*STATE, all=all).where(sources.c.name.in_(bindparam("names", expanding=True)))
    for all in (False, True)
}
CHOSEN = select(*STATE).where(sources.c.name.in_(bindparam("names", expanding=True)))
SHAPES = select(sources.c.name, sources.c.url, sources.c.kind, sources.c.configured)
ADD = insert(sources).on_conflict_do_nothing()
UPDATE_SHAPE = (
    update(sources).where(sources.c.name == bindparam("_name")).values(kind=bindparam("_kind"), configured=True)
)
DROP = update(sources).where(sources.c.name == bindparam("_name")).values(configured=False)
MOVE = (
    update(sources)
    .where(sources.c.name == bindparam("_name"), sources.c.url != bindparam("_url"))
    .values(
        url=bindparam("_url"),
        etag=None,
        last_modified=None,
        body_hash=None,
        failures=0,
        error_code=None,
        next_poll=bindparam("_now"),
    )
)


def sync(conn: Connection, configured: Sequence[SourceConfig], now: Moment) -> None:
    """Brings the sources in line with the config: new ones are due now, ones no longer named are left alone.

    A changed address forgets what belonged to the old one's answers and is due now; the history stays.
    """
    renames.rename(conn, configured)
    before = {row.name: row for row in conn.execute(SHAPES)}
    named = {source.name for source in configured}
    stood = [source for source in configured if source.name in before]
    execute_many(
        conn, ADD, [newcomer(one.name, one.url, one.kind, now) for one in configured if one.name not in before]
    )
    execute_many(
        conn, DROP, [{"_name": name} for name, row in before.items() if row.configured and name not in named]
    )
    renames.readdress(conn, configured)
    moved = [one for one in stood if before[one.name].url != one.url]
    execute_many(conn, MOVE, [{"_name": one.name, "_url": one.url, "_now": now} for one in moved])
    renames.identify(conn, configured)
    other = [one for one in stood if not before[one.name].configured or before[one.name].kind != one.kind]
    execute_many(conn, UPDATE_SHAPE, [{"_name": one.name, "_kind": one.kind} for one in other])


def newcomer(name: str, url: str, kind: str, now: Moment) -> dict[str, object]:
    """The row of a source that was never polled."""
    return {
        "name": name,
        "url": url,
        "kind": kind,
        "configured": True,
        "state": "empty",
        "failures": 0,
        "next_poll": now,
        "baselined": False,
    }


def adopt(conn: Connection, names: Collection[str], now: Moment) -> None:
    """Makes rows for sources that no config names: the ones of a replayed stream."""
    if names:
        conn.execute(ADD, [newcomer(name, "", "feed", now) for name in sorted(names)])


def lease_due(
    conn: Connection,
    now: Moment,
    *,
    limit: int,
    lease: float,
    names: Collection[str] | None = None,
    all: bool = False,
    crowd: Crowd | None = None,
) -> list[SourceRow]:
    """Takes up to `limit` due sources for `lease` seconds, longest due first; nobody else gets them meanwhile.

    `names` takes only from these. `all` takes whatever the interval, but a source that backs off stays alone.
    `crowd` says how many of one host may be taken.
    """
    crowd = crowd or Crowd({}, (), limit)
    if names is None:
        chosen = choose(conn, WAITING[all], now, limit, crowd)
        found = {row[0]: SourceRow(*row) for row in conn.execute(CHOSEN, {"names": chosen})} if chosen else {}
        rows = [found[name] for name in chosen]
    else:
        waiting = (SourceRow(*row) for row in conn.execute(NAMED[all], {"now": now, "names": list(names)}))
        rows = list(islice((row for row in waiting if crowd.admit(row.name)), limit))
    run_many(conn, LEASE, [{"_name": row.name, "_until": now + lease} for row in rows])
    return rows


def choose(conn: Connection, waiting: Select[str], now: Moment, limit: int, crowd: Crowd) -> list[str]:
    """The first names that wait and that the crowd admits; a host that is full is passed over."""
    first = conn.scalars(waiting.limit(LOOKED_AT * limit), {"now": now}).all()
    chosen = list(islice(filter(crowd.admit, first), limit))
    if len(first) < LOOKED_AT * limit:
        return chosen
    while len(chosen) < limit:
        others = waiting.where(sources.c.name.not_in([*chosen, *crowd.full()])).limit(limit - len(chosen))
        found = conn.scalars(others, {"now": now}).all()
        chosen += filter(crowd.admit, found)
        if not found:
            break
    return chosen


def release(conn: Connection) -> None:
    """Gives every lease back. Only for the one daemon, as it starts: whoever held them is dead."""
    conn.execute(update(sources).values(leased_until=None))


def record_poll(conn: Connection, name: str, outcome: PollOutcome) -> None:
    """Keeps what a poll came to and gives the lease back."""
    record_polls(conn, {name: outcome})


def record_polls(conn: Connection, outcomes: Mapping[str, PollOutcome]) -> None:
    """Keeps what polls came to, by source, and gives their leases back."""
    run_many(conn, RECORD, [row_of(name, outcome) for name, outcome in outcomes.items()])


def row_of(name: str, outcome: PollOutcome) -> dict[str, object]:
    """The values of RECORD."""
    return {
        "_name": name,
        "_state": plain(outcome.state),
        "_error": plain(outcome.error),
        "_error_code": plain(outcome.error_code),
        "_failures": outcome.failures,
        "_next_poll": outcome.next_poll,
        "_etag": plain(outcome.etag),
        "_last_modified": plain(outcome.last_modified),
        "_body_hash": plain(outcome.body_hash),
        "_baselined": outcome.baselined,
        "_pace": outcome.pace,
        "_last_poll": outcome.at,
        "_last_good": outcome.at if outcome.error is None else None,
    }


def plain(value: object) -> object:
    """A value as any database takes it."""
    return storable(value) if isinstance(value, str) else value


def rows(conn: Connection) -> list[SourceRow]:
    """The configured sources by name."""
    found = conn.execute(select(*COLUMNS).where(sources.c.configured).order_by(sources.c.name))
    standing = notices.shown(conn)
    return [replace(SourceRow(*row), notices=tuple(standing.get(row.name, ()))) for row in found]


def standing(conn: Connection, name: str) -> int:
    """How many entries stood in the source when its entries were last looked at."""
    seen = entries.c.last_seen >= sources.c.last_read
    joined = entries.join(sources, sources.c.name == entries.c.source)
    return conn.scalar(select(func.count()).select_from(joined).where(sources.c.name == name, seen)) or 0


def newest(conn: Connection, name: str) -> Moment | None:
    """When the newest of the source's entries was published; None if none says so."""
    found: Moment | None = conn.scalar(select(func.max(entries.c.published)).where(entries.c.source == name))
    return found


def heard(conn: Connection, name: str, *, since: Moment) -> tuple[list[Moment], Moment]:
    """The hours in which the source said something since `since`, and when anything of it was last taken in."""
    hour = cast(updates.c.at / 3600, BigInteger)
    own = updates.join(entries, entries.c.id == updates.c.entry_id)
    said = select(hour).select_from(own).where(entries.c.source == name, updates.c.at >= since).distinct()
    last = select(func.max(updates.c.recorded_at)).select_from(own).where(entries.c.source == name)
    return [found * 3600.0 for found in conn.scalars(said)], conn.scalar(last) or 0.0
