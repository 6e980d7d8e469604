"""Sources as the store knows them: when each is due, who polls it now, and what its last poll came to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import islice

from sqlalchemy import BigInteger, Connection, Select, and_, bindparam, cast, false, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert

from monitor.alerts.upkeep import Cause, Notice
from monitor.config import SourceConfig
from monitor.model import Moment
from monitor.sources.crowd import Crowd
from monitor.store import notices, renames
from monitor.store.schema import entries, sources, updates


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source's state. `entries` counts those ever seen; `failures` the polls that failed in a row; `notices`, in
    listings, are those that stand."""

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
STORED = [field.name for field in fields(SourceRow) if field.name != "notices"]
COLUMNS = [COUNT if name == "entries" else sources.c[name] for name in STORED]

LOOKED_AT = 8  # times as many as there is room for are looked at, before full hosts are left out by name
_KEPT = [field.name for field in fields(PollOutcome) if field.name not in ("at", "causes")]
RECORD = (
    update(sources)
    .where(sources.c.name == bindparam("_name"))
    .values({name: bindparam(f"_{name}") for name in (*_KEPT, "last_poll")})
    .values(last_good=func.coalesce(bindparam("_last_good"), sources.c.last_good), leased_until=None)
)
LEASE = (
    update(sources)
    .where(sources.c.name.in_(bindparam("_names", expanding=True)))
    .values(leased_until=bindparam("_until"))
)
LEASED = select(*COLUMNS).where(sources.c.name.in_(bindparam("names", expanding=True)))
ADD = insert(sources).on_conflict_do_nothing()
UPDATE_SHAPE = (
    update(sources).where(sources.c.name == bindparam("_name")).values(kind=bindparam("_kind"), configured=True)
)
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
    conn.execute(update(sources).values(configured=False))
    if not configured:
        return
    conn.execute(ADD, [newcomer(source.name, source.url, source.kind, now) for source in configured])
    named = [{"_name": s.name, "_url": s.url, "_kind": s.kind, "_now": now} for s in configured]
    renames.readdress(conn, configured)
    conn.execute(MOVE, named)
    renames.identify(conn, configured)
    conn.execute(UPDATE_SHAPE, [{"_name": row["_name"], "_kind": row["_kind"]} for row in named])


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
    chosen = choose(conn, due(now, names, all=all), limit, crowd or Crowd({}, (), limit))
    if not chosen:
        return []
    conn.execute(LEASE, {"_names": chosen, "_until": now + lease})
    found = {row[0]: SourceRow(*row) for row in conn.execute(LEASED, {"names": chosen})}
    return [found[name] for name in chosen]


def choose(conn: Connection, waiting: Select[str], limit: int, crowd: Crowd) -> list[str]:
    """The first names that wait and that the crowd admits; a host that is full is passed over."""
    first = conn.execute(waiting.limit(LOOKED_AT * limit)).all()
    chosen = list(islice((name for (name,) in first if crowd.admit(name)), limit))
    if len(first) < LOOKED_AT * limit:
        return chosen
    while len(chosen) < limit:
        passed = [*chosen, *crowd.full()]
        found = conn.execute(waiting.where(sources.c.name.not_in(passed)).limit(limit - len(chosen))).all()
        chosen += [name for (name,) in found if crowd.admit(name)]
        if not found:
            break
    return chosen


def due(now: Moment, names: Collection[str] | None, *, all: bool) -> Select[str]:
    """The names of the sources that may be polled now, longest due first."""
    ready = or_(sources.c.next_poll <= now, and_(true() if all else false(), sources.c.failures == 0))
    free = or_(sources.c.leased_until.is_(None), sources.c.leased_until <= now)
    wanted = true() if names is None else sources.c.name.in_(list(names))
    return (
        select(sources.c.name)
        .where(sources.c.configured, ready, free, wanted)
        .order_by(sources.c.next_poll, sources.c.name)
        .with_for_update(skip_locked=True)
    )


def release(conn: Connection) -> None:
    """Gives every lease back. Only for the one daemon, as it starts: whoever held them is dead."""
    conn.execute(update(sources).values(leased_until=None))


def record_poll(conn: Connection, name: str, outcome: PollOutcome) -> None:
    """Keeps what a poll came to and gives the lease back."""
    record_polls(conn, {name: outcome})


def record_polls(conn: Connection, outcomes: Mapping[str, PollOutcome]) -> None:
    """Keeps what polls came to, by source, and gives their leases back."""
    if outcomes:
        conn.execute(RECORD, [row_of(name, outcome) for name, outcome in outcomes.items()])


def row_of(name: str, outcome: PollOutcome) -> dict[str, object]:
    """The values of RECORD."""
    kept: dict[str, object] = {f"_{column}": getattr(outcome, column) for column in _KEPT}
    good = outcome.at if outcome.error is None else None
    return kept | {"_name": name, "_last_poll": outcome.at, "_last_good": good}


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
