"""Sources as the store knows them: when each is due, who polls it now, and what its last poll came to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
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

from monitor.config.models import SourceConfig
from monitor.model import Moment
from monitor.sources.host_slots import HostSlots
from monitor.sources.state import PollResult, SourceState
from monitor.store import source_notices, source_renames
from monitor.store.schema import entries, sources, updates
from monitor.store.sql import execute_many, execute_many_raw, storable_text

ENTRY_COUNT = (
    select(func.count())
    .where(entries.c.source == sources.c.name)
    .correlate(sources)
    .scalar_subquery()
    .label("entries")
)
HAS_ENTRIES = case((exists().where(entries.c.source == sources.c.name).correlate(sources), 1), else_=0).label(
    "entries"
)
SOURCE_COLUMNS = (
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
LISTED_COLUMNS = [ENTRY_COUNT if name == "entries" else sources.c[name] for name in SOURCE_COLUMNS]
LEASED_COLUMNS = [HAS_ENTRIES if name == "entries" else sources.c[name] for name in SOURCE_COLUMNS]
LOOKAHEAD_FACTOR = 8  # times as many as there is room for are looked at, before full hosts are left out by name
_POLL_COLUMNS = (
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
UPDATE_POLLED = (
    update(sources)
    .where(sources.c.name == bindparam("_name"))
    .values({name: bindparam(f"_{name}") for name in (*_POLL_COLUMNS, "last_poll")})
    .values(last_good=func.coalesce(bindparam("_last_good"), sources.c.last_good), leased_until=null())
)
UPDATE_LEASE = update(sources).where(sources.c.name == bindparam("_name")).values(leased_until=bindparam("_until"))


def _select_due(*columns: Any, ignore_interval: bool) -> Select[Any]:
    """Of the sources that may be polled now, longest due first."""
    now: BindParameter[Moment] = bindparam("now")
    is_ready = or_(sources.c.next_poll <= now, and_(true() if ignore_interval else false(), sources.c.failures == 0))
    is_free = or_(sources.c.leased_until.is_(None), sources.c.leased_until <= now)
    return (
        select(*columns)
        .where(sources.c.configured, is_ready, is_free)
        .order_by(sources.c.next_poll, sources.c.name)
        .with_for_update(skip_locked=True, of=sources)
    )


SELECT_DUE_NAMES = {all: _select_due(sources.c.name, ignore_interval=all) for all in (False, True)}
SELECT_DUE_NAMED = {
    all: _select_due(*LEASED_COLUMNS, ignore_interval=all).where(
        sources.c.name.in_(bindparam("names", expanding=True))
    )
    for all in (False, True)
}
SELECT_SOURCES_BY_NAME = select(*LEASED_COLUMNS).where(sources.c.name.in_(bindparam("names", expanding=True)))
SELECT_SOURCE_SHAPES = select(sources.c.name, sources.c.url, sources.c.kind, sources.c.configured)
INSERT_SOURCE = insert(sources).on_conflict_do_nothing()
UPDATE_SOURCE_KIND = (
    update(sources).where(sources.c.name == bindparam("_name")).values(kind=bindparam("_kind"), configured=True)
)
UPDATE_UNCONFIGURED = update(sources).where(sources.c.name == bindparam("_name")).values(configured=False)
UPDATE_SOURCE_URL = (
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


def sync_sources(conn: Connection, configured: Sequence[SourceConfig], now: Moment) -> None:
    """Brings the sources in line with the config: new ones are due now, ones no longer named are left alone.

    A changed address forgets what belonged to the old one's answers and is due now; the history stays.
    """
    source_renames.rename_sources(conn, configured)
    stored = {row.name: row for row in conn.execute(SELECT_SOURCE_SHAPES)}
    configured_names = {source.name for source in configured}
    kept_sources = [source for source in configured if source.name in stored]
    execute_many(
        conn,
        INSERT_SOURCE,
        [
            new_source_row(config.name, config.url, config.kind, now)
            for config in configured
            if config.name not in stored
        ],
    )
    execute_many(
        conn,
        UPDATE_UNCONFIGURED,
        [{"_name": name} for name, row in stored.items() if row.configured and name not in configured_names],
    )
    source_renames.move_page_entries(conn, configured)
    moved_sources = [config for config in kept_sources if stored[config.name].url != config.url]
    execute_many(
        conn, UPDATE_SOURCE_URL, [{"_name": config.name, "_url": config.url, "_now": now} for config in moved_sources]
    )
    source_renames.save_source_ids(conn, configured)
    changed_sources = [
        config
        for config in kept_sources
        if not stored[config.name].configured or stored[config.name].kind != config.kind
    ]
    execute_many(
        conn, UPDATE_SOURCE_KIND, [{"_name": config.name, "_kind": config.kind} for config in changed_sources]
    )


def new_source_row(name: str, url: str, kind: str, now: Moment) -> dict[str, object]:
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


def add_replayed_sources(conn: Connection, names: Collection[str], now: Moment) -> None:
    """Makes rows for sources that no config names: the ones of a replayed stream."""
    if names:
        conn.execute(INSERT_SOURCE, [new_source_row(name, "", "feed", now) for name in sorted(names)])


def lease_due_sources(
    conn: Connection,
    now: Moment,
    *,
    limit: int,
    lease_seconds: float,
    names: Collection[str] | None = None,
    ignore_interval: bool = False,
    host_slots: HostSlots | None = None,
) -> list[SourceState]:
    """Takes up to `limit` due sources for `lease` seconds, longest due first; nobody else gets them meanwhile.

    `names` takes only from these. `all` takes whatever the interval, but a source that backs off stays alone.
    `crowd` says how many of one host may be taken.
    """
    host_slots = host_slots or HostSlots({}, (), limit)
    if names is None:
        chosen_names = choose_names(conn, SELECT_DUE_NAMES[ignore_interval], now, limit, host_slots)
        by_name = (
            {row[0]: SourceState(*row) for row in conn.execute(SELECT_SOURCES_BY_NAME, {"names": chosen_names})}
            if chosen_names
            else {}
        )
        states = [by_name[name] for name in chosen_names]
    else:
        due_sources = (
            SourceState(*row)
            for row in conn.execute(SELECT_DUE_NAMED[ignore_interval], {"now": now, "names": list(names)})
        )
        states = list(islice((row for row in due_sources if host_slots.try_acquire(row.name)), limit))
    execute_many_raw(conn, UPDATE_LEASE, [{"_name": row.name, "_until": now + lease_seconds} for row in states])
    return states


def choose_names(
    conn: Connection, due_query: Select[str], now: Moment, limit: int, host_slots: HostSlots
) -> list[str]:
    """The first names that wait and that the crowd admits; a host that is full is passed over."""
    first_names = conn.scalars(due_query.limit(LOOKAHEAD_FACTOR * limit), {"now": now}).all()
    chosen_names = list(islice(filter(host_slots.try_acquire, first_names), limit))
    if len(first_names) < LOOKAHEAD_FACTOR * limit:
        return chosen_names
    while len(chosen_names) < limit:
        other_names = due_query.where(
            sources.c.name.not_in([*chosen_names, *host_slots.sources_without_slot()])
        ).limit(limit - len(chosen_names))
        more_names = conn.scalars(other_names, {"now": now}).all()
        chosen_names += filter(host_slots.try_acquire, more_names)
        if not more_names:
            break
    return chosen_names


def release_source_leases(conn: Connection) -> None:
    """Gives every lease back. Only for the one daemon, as it starts: whoever held them is dead."""
    conn.execute(update(sources).values(leased_until=None))


def record_poll(conn: Connection, name: str, result: PollResult) -> None:
    """Keeps what a poll came to and gives the lease back."""
    record_polls(conn, {name: result})


def record_polls(conn: Connection, results: Mapping[str, PollResult]) -> None:
    """Keeps what polls came to, by source, and gives their leases back."""
    execute_many_raw(conn, UPDATE_POLLED, [poll_parameters(name, result) for name, result in results.items()])


def poll_parameters(name: str, result: PollResult) -> dict[str, object]:
    """The values of RECORD."""
    return {
        "_name": name,
        "_state": storable_value(result.state),
        "_error": storable_value(result.error),
        "_error_code": storable_value(result.error_code),
        "_failures": result.failures,
        "_next_poll": result.next_poll,
        "_etag": storable_value(result.etag),
        "_last_modified": storable_value(result.last_modified),
        "_body_hash": storable_value(result.body_hash),
        "_baselined": result.is_baselined,
        "_pace": result.adaptive_interval,
        "_last_poll": result.polled_at,
        "_last_good": result.polled_at if result.error is None else None,
    }


def storable_value(value: object) -> object:
    """A value as any database takes it."""
    return storable_text(value) if isinstance(value, str) else value


def load_sources(conn: Connection) -> list[SourceState]:
    """The configured sources by name."""
    source_rows = conn.execute(select(*LISTED_COLUMNS).where(sources.c.configured).order_by(sources.c.name))
    notices_by_source = source_notices.visible_notices(conn)
    return [replace(SourceState(*row), notices=tuple(notices_by_source.get(row.name, ()))) for row in source_rows]


def count_current_entries(conn: Connection, name: str) -> int:
    """How many entries stood in the source when its entries were last looked at."""
    is_current = entries.c.last_seen >= sources.c.last_read
    entries_of_sources = entries.join(sources, sources.c.name == entries.c.source)
    return (
        conn.scalar(select(func.count()).select_from(entries_of_sources).where(sources.c.name == name, is_current))
        or 0
    )


def newest_published(conn: Connection, name: str) -> Moment | None:
    """When the newest of the source's entries was published; None if none says so."""
    published: Moment | None = conn.scalar(select(func.max(entries.c.published)).where(entries.c.source == name))
    return published


def activity_since(conn: Connection, name: str, *, since: Moment) -> tuple[list[Moment], Moment]:
    """The hours in which the source said something since `since`, and when anything of it was last taken in."""
    hour = cast(updates.c.at / 3600, BigInteger)
    own_updates = updates.join(entries, entries.c.id == updates.c.entry_id)
    hours_query = (
        select(hour).select_from(own_updates).where(entries.c.source == name, updates.c.at >= since).distinct()
    )
    last_query = select(func.max(updates.c.recorded_at)).select_from(own_updates).where(entries.c.source == name)
    return [hour_number * 3600.0 for hour_number in conn.scalars(hours_query)], conn.scalar(last_query) or 0.0
