"""Retention: removes claims beyond `memory` from the indexes, and deletes history older than `keep` if configured.

Messages not yet sent and pending matches are never deleted. `retention_steps` works in many short transactions, so
that polls and deliveries continue meanwhile. Whether the clock can be trusted is for the caller to know
(`retention_clock`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)

from monitor.model import Moment
from monitor.store import inverted_index
from monitor.store.base import Store
from monitor.store.outbox import is_open
from monitor.store.schema import (
    alert_texts,
    alerts,
    awaited,
    claims,
    deliveries,
    entries,
    findings,
    gists,
    matches,
    messages,
    sayings,
    sources,
    updates,
)
from monitor.store.sql import execute_many

ROWS_PER_WINDOW = 20_000  # rows checked in one transaction
DELETE_BATCH_ROWS = 1_000  # rows of one table deleted in one transaction, with those that belong to them
SELECT_LAST_CLAIM_ID = select(func.coalesce(func.max(claims.c.id), 0))
SELECT_LAST_ENTRY_ID = select(func.coalesce(func.max(entries.c.id), 0))
SELECT_LAST_VECTOR_ID = select(func.coalesce(func.max(gists.c.id), 0))
DELETE_SAYING = delete(sayings).where(sayings.c.claim_id == bindparam("_claim"), sayings.c.nth == bindparam("_nth"))
_later_update = updates.alias("later")
_owed_message = messages.alias("owed")
Window: TypeAlias = tuple[int, int]  # the first and the last id


def retention_steps(store: Store, *, since: Moment, before: Moment | None = None) -> Iterator[None]:
    """Do the daily retention: unindex claims last said before `since`, and delete history older than `before`.

    Each step is one short transaction, so that the caller can let others write between two of them.
    """
    yield from extend_last_seen(store)
    forgotten_claims = 0
    for window in id_windows(store, SELECT_LAST_CLAIM_ID):
        with store.write() as conn:
            forgotten_claims += unindex_claims(conn, since, window[0])
        yield
    deleted_vectors = 0
    while True:
        with store.write() as conn:
            deleted = delete_story_vectors(conn, since, DELETE_BATCH_ROWS)
        yield
        deleted_vectors += deleted
        if deleted < DELETE_BATCH_ROWS:
            break
    if forgotten_claims or deleted_vectors:
        yield from compact_indexes(store)
    if before is not None:
        yield from delete_history(store, before)


def id_windows(store: Store, last_id_query: Select[Any]) -> Iterator[Window]:
    """Yield the first and the last id of windows of ROWS_PER_WINDOW ids, from 0 to the last id of a table."""
    with store.read() as conn:
        last_id: int = conn.execute(last_id_query).scalar_one()
    for first_id in range(0, last_id + 1, ROWS_PER_WINDOW):
        yield first_id, first_id + ROWS_PER_WINDOW - 1


def compact_indexes(store: Store) -> Iterator[None]:
    """Remove the postings of unindexed claims and deleted stories, one slice per transaction."""
    with store.write() as conn:
        inverted_index.flush(conn, inverted_index.CLAIM_INDEX)
        inverted_index.flush(conn, inverted_index.STORY_INDEX)
    with store.read() as conn:
        live_claims = LiveIds(conn, select(claims.c.id).where(claims.c.indexed), SELECT_LAST_CLAIM_ID)
        live_vectors = LiveIds(conn, select(gists.c.id), SELECT_LAST_VECTOR_ID)
    for slice_number in range(inverted_index.COMPACTION_SLICES):
        with store.write() as conn:
            compact_slice(conn, slice_number, live_claims, live_vectors)
        yield


def extend_last_seen(store: Store) -> Iterator[None]:
    """Mark the entries seen in the last read of their source as seen until its last good poll.

    Polls since then found the source unchanged, so they did not touch the entries.
    """
    seen_at_last_read = and_(entries.c.source == sources.c.name, entries.c.last_seen >= sources.c.last_read)
    for window in id_windows(store, SELECT_LAST_ENTRY_ID):
        with store.write() as conn:
            conn.execute(
                update(entries)
                .where(entries.c.id.between(*window), seen_at_last_read, sources.c.last_good > entries.c.last_seen)
                .values(last_seen=sources.c.last_good)
            )
        yield


def unindex_claims(conn: Connection, since: Moment, first_id: int) -> int:
    """Mark claims last said before `since` as not indexed, among ROWS_PER_WINDOW claims from `first_id` on.

    Returns their number; `compact_indexes` removes their postings.
    """
    is_said = exists().where(
        sayings.c.claim_id == claims.c.id,
        entries.c.id == sayings.c.entry_id,
        func.coalesce(sayings.c.gone_at, entries.c.last_seen) >= since,
    )
    is_in_window = claims.c.id.between(first_id, first_id + ROWS_PER_WINDOW - 1)
    unindex = update(claims).where(is_in_window, claims.c.indexed, claims.c.last_at < since, ~is_said)
    return conn.execute(unindex.values(indexed=False)).rowcount


def delete_story_vectors(conn: Connection, since: Moment, limit: int) -> int:
    """Delete up to `limit` vectors of stories that ended before `since`; return their number."""
    return delete_rows(conn, gists.c.id, gists.c.at < since, limit=limit)


def compact_slice(conn: Connection, slice_number: int, live_claims: LiveIds, live_vectors: LiveIds) -> None:
    """Remove dead postings from one slice of both indexes."""
    inverted_index.compact(conn, inverted_index.CLAIM_INDEX, slice_number, live_claims)
    inverted_index.compact(conn, inverted_index.STORY_INDEX, slice_number, live_vectors)


class LiveIds:
    """The ids that an index should contain: those of a statement, and all later ones. Takes one byte for each id."""

    def __init__(self, conn: Connection, ids: Select[Any], last_id: Select[Any]) -> None:
        self._is_live = bytearray(conn.execute(last_id).scalar_one() + 1)
        for (id,) in conn.execute(ids.execution_options(yield_per=10_000)):
            self._is_live[id] = 1

    def __contains__(self, id: object) -> bool:
        assert isinstance(id, int)
        return id >= len(self._is_live) or self._is_live[id] == 1


def delete_history(store: Store, before: Moment, *, limit: int = DELETE_BATCH_ROWS) -> Iterator[None]:
    """Delete what is older than `before`, up to `limit` rows of one table in a transaction.

    What is owed is kept: messages that are not finished, with the message that opened their thread, pending and
    counted matches, and all that these refer to. The latest version of an entry is kept, so that its next version is
    compared as an edit.
    """
    for last_id_query, delete_batch in DELETIONS:
        for window in id_windows(store, last_id_query):
            deleted = limit
            while deleted >= limit:
                with store.write() as conn:
                    deleted = delete_batch(conn, before, window, limit)
                yield


def delete_rows(conn: Connection, key: Column[Any], *conditions: ColumnElement[bool], limit: int) -> int:
    """Delete up to `limit` rows of the table of `key`; return their number."""
    keys = select(key).where(*conditions).limit(limit)
    return conn.execute(delete(key.table).where(key.in_(keys))).rowcount


def delete_messages(conn: Connection, before: Moment, window: Window, limit: int) -> int:
    """Delete sent and dead messages with their deliveries, unless a message of their thread is still owed."""
    is_finished = messages.c.state.in_(("sent", "dead"))
    is_followed = exists().where(
        is_open(_owed_message.c.state),
        _owed_message.c.channel == messages.c.channel,
        _owed_message.c.thread == messages.c.thread,
    )
    is_old = and_(messages.c.number.between(*window), is_finished, messages.c.created < before, ~is_followed)
    message_ids = list(conn.scalars(select(messages.c.id).where(is_old).limit(limit)))
    conn.execute(delete(deliveries).where(deliveries.c.message_id.in_(message_ids)))
    return conn.execute(delete(messages).where(messages.c.id.in_(message_ids))).rowcount


def delete_matches(conn: Connection, before: Moment, window: Window, limit: int) -> int:
    """Delete matches that are neither pending nor counted and whose alert, if any, has no delivery."""
    is_owed = exists().where(deliveries.c.alert_id == matches.c.alert_id)
    is_settled = and_(matches.c.waiting.is_(None), matches.c.counts_for.is_(None))
    is_awaited = exists().where(awaited.c.match_id == matches.c.id)
    is_old = and_(matches.c.id.between(*window), matches.c.at < before)
    return delete_rows(conn, matches.c.id, is_old, is_settled, ~is_owed, ~is_awaited, limit=limit)


def delete_alerts(conn: Connection, before: Moment, window: Window, limit: int) -> int:
    """Delete alerts that no delivery and no match refers to."""
    has_delivery = exists().where(deliveries.c.alert_id == alerts.c.id)
    has_match = exists().where(matches.c.alert_id == alerts.c.id)
    is_old = and_(alerts.c.number.between(*window), alerts.c.at < before)
    numbers = list(conn.scalars(select(alerts.c.number).where(is_old, ~has_delivery, ~has_match).limit(limit)))
    conn.execute(delete(alert_texts).where(alert_texts.c.number.in_(numbers)))
    return conn.execute(delete(alerts).where(alerts.c.number.in_(numbers))).rowcount


def delete_updates(conn: Connection, before: Moment, window: Window, limit: int) -> int:
    """Delete updates that are not the latest of their entry and that no match or alert refers to."""
    has_newer = exists().where(_later_update.c.entry_id == updates.c.entry_id, _later_update.c.id > updates.c.id)
    has_match = exists().where(matches.c.update_id == updates.c.id)
    has_alert = exists().where(alerts.c.update_id == updates.c.id)
    is_old = and_(updates.c.id.between(*window), updates.c.recorded_at < before)
    is_deletable = and_(is_old, has_newer, ~has_match, ~has_alert)
    update_ids = list(conn.scalars(select(updates.c.id).where(is_deletable).limit(limit)))
    conn.execute(delete(findings).where(findings.c.update_id.in_(update_ids)))
    return conn.execute(delete(updates).where(updates.c.id.in_(update_ids))).rowcount


def delete_sayings(conn: Connection, before: Moment, window: Window, limit: int) -> int:
    """Delete sayings that ended."""
    is_old = and_(sayings.c.claim_id.between(*window), sayings.c.gone_at < before)
    keys = conn.execute(select(sayings.c.claim_id, sayings.c.nth).where(is_old).limit(limit)).all()
    execute_many(conn, DELETE_SAYING, [{"_claim": claim_id, "_nth": nth} for claim_id, nth in keys])
    return len(keys)


def delete_claims(conn: Connection, before: Moment, window: Window, limit: int) -> int:
    """Delete unindexed claims that nobody says and no match waits for."""
    is_said = exists().where(sayings.c.claim_id == claims.c.id)
    is_awaited = exists().where(awaited.c.claim_id == claims.c.id)
    is_old = and_(claims.c.id.between(*window), claims.c.last_at < before, ~claims.c.indexed)
    return delete_rows(conn, claims.c.id, is_old, ~is_said, ~is_awaited, limit=limit)


# In this order: each table is referred to by those before it.
DELETIONS: tuple[tuple[Select[Any], Callable[[Connection, Moment, Window, int], int]], ...] = (
    (select(func.coalesce(func.max(messages.c.number), 0)), delete_messages),
    (select(func.coalesce(func.max(matches.c.id), 0)), delete_matches),
    (select(func.coalesce(func.max(alerts.c.number), 0)), delete_alerts),
    (select(func.coalesce(func.max(updates.c.id), 0)), delete_updates),
    (SELECT_LAST_CLAIM_ID, delete_sayings),
    (SELECT_LAST_CLAIM_ID, delete_claims),
)
