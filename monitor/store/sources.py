"""The state of sources: when each is due, its poll lease, and the result of its last poll."""

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
    "name", "url", "kind", "etag", "last_modified", "body_hash", "state", "error", "failures", "last_good",
    "next_poll", "baselined", "entries", "error_code", "last_read", "pace", "paused_at",
)  # fmt: skip  # in the order of the fields of SourceState
SHOWN_STATE = case((sources.c.paused_at.is_not(None), "paused"), else_=sources.c.state).label("state")
LISTED_COLUMNS = [
    ENTRY_COUNT if name == "entries" else SHOWN_STATE if name == "state" else sources.c[name]
    for name in SOURCE_COLUMNS
]
LEASED_COLUMNS = [HAS_ENTRIES if name == "entries" else sources.c[name] for name in SOURCE_COLUMNS]
LOOKAHEAD_FACTOR = 8  # due sources read per source wanted, before sources of full hosts are excluded by name
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
UPDATE_MAKE_DUE = update(sources).where(sources.c.name == bindparam("_name")).values(next_poll=bindparam("_now"))
UPDATE_LEASE = (
    update(sources)
    .where(sources.c.name == bindparam("_name"))
    .values(leased_until=bindparam("_until"), leased_by=bindparam("_worker"))
)
SHORTEN_LEASE = (
    update(sources)
    .where(sources.c.name == bindparam("_name"), sources.c.leased_by == bindparam("_worker"))
    .where(sources.c.leased_until > bindparam("_until"))
    .values(leased_until=bindparam("_until"))
)
UPDATE_SHARD = update(sources).where(sources.c.name == bindparam("_name")).values(shard=bindparam("_shard"))


def _select_due(*columns: Any, ignore_interval: bool) -> Select[Any]:
    """Return a query for columns of the sources that may be polled at `now`, longest due first."""
    now: BindParameter[Moment] = bindparam("now")
    is_ready = or_(sources.c.next_poll <= now, and_(true() if ignore_interval else false(), sources.c.failures == 0))
    is_free = or_(sources.c.leased_until.is_(None), sources.c.leased_until <= now)
    return (
        select(*columns)
        .where(sources.c.configured, is_ready, is_free, sources.c.paused_at.is_(None))
        .order_by(sources.c.next_poll, sources.c.name)
        .with_for_update(skip_locked=True, of=sources)
    )


IS_IN_SHARD = sources.c.shard.in_(bindparam("shards", expanding=True))
IS_NAMED = sources.c.name.in_(bindparam("names", expanding=True))
# The statements for `ignore_interval` false and true.
SELECT_DUE_NAMES = {ignored: _select_due(sources.c.name, ignore_interval=ignored) for ignored in (False, True)}
SELECT_DUE_NAMED = {
    ignored: _select_due(*LEASED_COLUMNS, ignore_interval=ignored).where(IS_NAMED) for ignored in (False, True)
}
SELECT_SOURCES_BY_NAME = select(*LEASED_COLUMNS).where(IS_NAMED)
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
    """Apply the config: new sources are due now, sources no longer configured are kept but not polled.

    A source whose URL changed is due now and loses its validators and failures; its history stays.
    """
    source_renames.rename_sources(conn, configured)
    stored = {row.name: row for row in conn.execute(SELECT_SOURCE_SHAPES)}
    configured_names = {source.name for source in configured}
    new_sources = [source for source in configured if source.name not in stored]
    kept_sources = [source for source in configured if source.name in stored]
    removed_names = [name for name, row in stored.items() if row.configured and name not in configured_names]
    execute_many(
        conn, INSERT_SOURCE, [new_source_row(source.name, source.url, source.kind, now) for source in new_sources]
    )
    execute_many(conn, UPDATE_UNCONFIGURED, [{"_name": name} for name in removed_names])
    source_renames.move_page_entries(conn, configured)
    moved_sources = [source for source in kept_sources if stored[source.name].url != source.url]
    execute_many(
        conn, UPDATE_SOURCE_URL, [{"_name": source.name, "_url": source.url, "_now": now} for source in moved_sources]
    )
    source_renames.save_source_ids(conn, configured)
    changed_sources = [
        source
        for source in kept_sources
        if not stored[source.name].configured or stored[source.name].kind != source.kind
    ]
    execute_many(
        conn, UPDATE_SOURCE_KIND, [{"_name": source.name, "_kind": source.kind} for source in changed_sources]
    )


def new_source_row(name: str, url: str, kind: str, now: Moment) -> dict[str, object]:
    """Return the row of a source that has not been polled."""
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
    """Insert the sources of a replayed stream, which no config names."""
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
    worker: str = "",
    shards: Sequence[int] | None = None,
) -> list[SourceState]:
    """Lease up to `limit` due sources for `lease_seconds`, longest due first; other workers skip leased sources.

    With `names` only these are leased, with `shards` only sources of these. `ignore_interval` leases sources before
    they are due, except those that back off. `host_slots` limits how many sources of one host are leased.
    """
    host_slots = host_slots or HostSlots({}, (), limit)
    if names is None:
        query = SELECT_DUE_NAMES[ignore_interval]
        parameters: dict[str, object] = {"now": now}
        if shards is not None:
            query = query.where(IS_IN_SHARD)
            parameters["shards"] = list(shards)
        chosen_names = choose_names(conn, query, parameters, limit, host_slots)
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
    execute_many_raw(
        conn, UPDATE_LEASE, [{"_name": row.name, "_until": now + lease_seconds, "_worker": worker} for row in states]
    )
    return states


def choose_names(
    conn: Connection, due_query: Select[str], parameters: Mapping[str, Any], limit: int, host_slots: HostSlots
) -> list[str]:
    """Return the names of up to `limit` due sources; sources of hosts without a free slot are skipped."""
    first_names = conn.scalars(due_query.limit(LOOKAHEAD_FACTOR * limit), parameters).all()
    chosen_names = list(islice(filter(host_slots.try_acquire, first_names), limit))
    if len(first_names) < LOOKAHEAD_FACTOR * limit:
        return chosen_names
    while len(chosen_names) < limit:
        other_names = due_query.where(
            sources.c.name.not_in([*chosen_names, *host_slots.sources_without_slot()])
        ).limit(limit - len(chosen_names))
        more_names = conn.scalars(other_names, parameters).all()
        chosen_names += filter(host_slots.try_acquire, more_names)
        if not more_names:
            break
    return chosen_names


def shorten_leases(conn: Connection, names: Collection[str], worker: str, until: Moment) -> None:
    """Let the leases that a worker holds on these sources end at `until`, if not earlier."""
    execute_many_raw(conn, SHORTEN_LEASE, [{"_name": name, "_worker": worker, "_until": until} for name in names])


def assign_shards(conn: Connection, shard_by_source: Mapping[str, int]) -> None:
    """Store the shard of each source."""
    stored = conn.execute(select(sources.c.name, sources.c.shard)).all()
    changed = [name for name, shard in stored if shard_by_source.get(name, shard) != shard]
    execute_many_raw(conn, UPDATE_SHARD, [{"_name": name, "_shard": shard_by_source[name]} for name in changed])


def make_due(conn: Connection, names: Collection[str], now: Moment) -> None:
    """Make sources due now, whatever their interval and back-off."""
    execute_many_raw(conn, UPDATE_MAKE_DUE, [{"_name": name, "_now": now} for name in names])


def record_polls(conn: Connection, results: Mapping[str, PollResult]) -> None:
    """Store the results of polls, by source name, and release their leases."""
    execute_many_raw(conn, UPDATE_POLLED, [poll_parameters(name, result) for name, result in results.items()])


def poll_parameters(name: str, result: PollResult) -> dict[str, object]:
    """Return the parameters of UPDATE_POLLED; a raw statement, so text is made storable here."""
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
    return storable_text(value) if isinstance(value, str) else value


def load_sources(conn: Connection) -> list[SourceState]:
    """Return the configured sources with their visible notices, ordered by name."""
    source_rows = conn.execute(select(*LISTED_COLUMNS).where(sources.c.configured).order_by(sources.c.name))
    notices_by_source = source_notices.visible_notices(conn)
    return [replace(SourceState(*row), notices=tuple(notices_by_source.get(row.name, ()))) for row in source_rows]


def last_poll_times(conn: Connection, names: Collection[str]) -> dict[str, Moment]:
    """Return when each of the sources was last polled, without those that never were."""
    was_polled = sources.c.last_poll.is_not(None)
    rows = conn.execute(select(sources.c.name, sources.c.last_poll).where(sources.c.name.in_(names), was_polled))
    return {row.name: row.last_poll for row in rows}


def count_current_entries(conn: Connection, name: str) -> int:
    """Count the entries that the source contained when its entries were last read."""
    is_current = entries.c.last_seen >= sources.c.last_read
    entries_of_sources = entries.join(sources, sources.c.name == entries.c.source)
    return (
        conn.scalar(select(func.count()).select_from(entries_of_sources).where(sources.c.name == name, is_current))
        or 0
    )


def newest_published(conn: Connection, name: str) -> Moment | None:
    """Return the latest publication time of the source's entries; None if no entry has one."""
    published: Moment | None = conn.scalar(select(func.max(entries.c.published)).where(entries.c.source == name))
    return published


def activity_since(conn: Connection, name: str, *, since: Moment) -> tuple[list[Moment], Moment]:
    """Return the starts of the hours that have an update of the source since `since`, and when its last update was
    recorded (0 if never)."""
    rounded = cast(updates.c.at / 3600, BigInteger)  # PostgreSQL rounds to the nearest, SQLite down
    hour = case((rounded > updates.c.at / 3600, rounded - 1), else_=rounded)
    own_updates = updates.join(entries, entries.c.id == updates.c.entry_id)
    hours_query = (
        select(hour).select_from(own_updates).where(entries.c.source == name, updates.c.at >= since).distinct()
    )
    last_query = select(func.max(updates.c.recorded_at)).select_from(own_updates).where(entries.c.source == name)
    return [number * 3600.0 for number in conn.scalars(hours_query)], conn.scalar(last_query) or 0.0
