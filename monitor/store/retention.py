"""Retention: removes claims beyond `memory` from the indexes, and deletes history older than `keep` if configured.

Messages not yet sent and pending matches are never deleted. `run_retention` works in many short transactions, so that
polls and deliveries continue meanwhile.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, and_, delete, exists, func, select, update

from monitor.model import Moment
from monitor.store import inverted_index
from monitor.store.base import Store
from monitor.store.schema import (
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

CLAIMS_PER_TRANSACTION = 20_000  # claims checked in one transaction
DELETE_BATCH_ROWS = 1_000  # rows of each kind deleted in one transaction
SELECT_LAST_CLAIM_ID = select(func.coalesce(func.max(claims.c.id), 0))
SELECT_LAST_VECTOR_ID = select(func.coalesce(func.max(gists.c.id), 0))
_later_update = updates.alias("later")


def run_retention(store: Store, *, since: Moment, before: Moment | None = None) -> None:
    """Do the daily retention: unindex claims last said before `since`, and delete history older than `before`."""
    with store.write() as conn:
        extend_last_seen(conn)
    with store.read() as conn:
        last_id: int = conn.execute(SELECT_LAST_CLAIM_ID).scalar_one()
    forgotten_claims = 0
    for first_id in range(0, last_id + 1, CLAIMS_PER_TRANSACTION):
        with store.write() as conn:
            forgotten_claims += unindex_claims(conn, since, first_id)
    with store.write() as conn:
        deleted_vectors = delete_story_vectors(conn, since)
    if forgotten_claims or deleted_vectors:
        compact_indexes(store)
    has_more = before is not None
    while has_more and before is not None:
        with store.write() as conn:
            has_more = delete_history(conn, before) > 0


def compact_indexes(store: Store) -> None:
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


def extend_last_seen(conn: Connection) -> None:
    """Mark the entries seen in the last read of their source as seen until its last good poll.

    Polls since then found the source unchanged, so they did not touch the entries.
    """
    seen_at_last_read = and_(entries.c.source == sources.c.name, entries.c.last_seen >= sources.c.last_read)
    conn.execute(
        update(entries)
        .where(seen_at_last_read, sources.c.last_good > entries.c.last_seen)
        .values(last_seen=sources.c.last_good)
    )


def unindex_claims(conn: Connection, since: Moment, first_id: int) -> int:
    """Mark claims last said before `since` as not indexed, among CLAIMS_PER_TRANSACTION claims from `first_id` on.

    Returns their number; `compact_indexes` removes their postings.
    """
    is_said = exists().where(
        sayings.c.claim_id == claims.c.id,
        entries.c.id == sayings.c.entry_id,
        func.coalesce(sayings.c.gone_at, entries.c.last_seen) >= since,
    )
    is_in_window = claims.c.id.between(first_id, first_id + CLAIMS_PER_TRANSACTION - 1)
    unindex = update(claims).where(is_in_window, claims.c.indexed, claims.c.last_at < since, ~is_said)
    return conn.execute(unindex.values(indexed=False)).rowcount


def delete_story_vectors(conn: Connection, since: Moment) -> int:
    """Delete the vectors of stories that ended before `since`; return their number."""
    return conn.execute(delete(gists).where(gists.c.at < since)).rowcount


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


def delete_history(conn: Connection, before: Moment, *, limit: int = DELETE_BATCH_ROWS) -> int:
    """Delete up to `limit` rows of each kind older than `before`; return how many were deleted, 0 when none is left.

    The latest version of an entry is kept, so that its next version is compared as an edit.
    """
    return (
        delete_messages(conn, before, limit)
        + delete_matches(conn, before, limit)
        + delete_alerts(conn, before, limit)
        + delete_updates(conn, before, limit)
        + delete_sayings(conn, before, limit)
    )


def delete_messages(conn: Connection, before: Moment, limit: int) -> int:
    """Delete sent and dead messages with their deliveries."""
    is_finished = messages.c.state.in_(("sent", "dead"))
    message_ids = list(
        conn.scalars(select(messages.c.id).where(is_finished, messages.c.created < before).limit(limit))
    )
    conn.execute(delete(deliveries).where(deliveries.c.message_id.in_(message_ids)))
    return conn.execute(delete(messages).where(messages.c.id.in_(message_ids))).rowcount


def delete_matches(conn: Connection, before: Moment, limit: int) -> int:
    """Delete matches that are not pending and whose alert, if any, has no delivery."""
    is_owed = exists().where(deliveries.c.alert_id == matches.c.alert_id)
    is_deletable = and_(matches.c.at < before, matches.c.waiting.is_(None), ~is_owed)
    match_ids = select(matches.c.id).where(is_deletable).limit(limit)
    return conn.execute(delete(matches).where(matches.c.id.in_(match_ids))).rowcount


def delete_alerts(conn: Connection, before: Moment, limit: int) -> int:
    """Delete alerts that no delivery and no match refers to."""
    has_delivery = exists().where(deliveries.c.alert_id == alerts.c.id)
    has_match = exists().where(matches.c.alert_id == alerts.c.id)
    alert_numbers = select(alerts.c.number).where(alerts.c.at < before, ~has_delivery, ~has_match).limit(limit)
    return conn.execute(delete(alerts).where(alerts.c.number.in_(alert_numbers))).rowcount


def delete_updates(conn: Connection, before: Moment, limit: int) -> int:
    """Delete updates that are not the latest of their entry and that no match or alert refers to."""
    has_newer = exists().where(_later_update.c.entry_id == updates.c.entry_id, _later_update.c.id > updates.c.id)
    has_match = exists().where(matches.c.update_id == updates.c.id)
    has_alert = exists().where(alerts.c.update_id == updates.c.id)
    is_deletable = and_(updates.c.recorded_at < before, has_newer, ~has_match, ~has_alert)
    update_ids = list(conn.scalars(select(updates.c.id).where(is_deletable).limit(limit)))
    conn.execute(delete(findings).where(findings.c.update_id.in_(update_ids)))
    return conn.execute(delete(updates).where(updates.c.id.in_(update_ids))).rowcount


def delete_sayings(conn: Connection, before: Moment, limit: int) -> int:
    """Delete sayings that ended, and unindexed claims without sayings."""
    saying_keys = conn.execute(
        select(sayings.c.claim_id, sayings.c.nth).where(sayings.c.gone_at < before).limit(limit)
    ).all()
    for claim_id, nth in saying_keys:
        conn.execute(delete(sayings).where(sayings.c.claim_id == claim_id, sayings.c.nth == nth))
    is_said = exists().where(sayings.c.claim_id == claims.c.id)
    is_awaited = exists().where(awaited.c.claim_id == claims.c.id)
    claim_ids = (
        select(claims.c.id).where(claims.c.last_at < before, ~claims.c.indexed, ~is_said, ~is_awaited).limit(limit)
    )
    return len(saying_keys) + conn.execute(delete(claims).where(claims.c.id.in_(claim_ids))).rowcount
