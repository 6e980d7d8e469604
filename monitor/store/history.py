"""Stored updates in order of arrival, for back-tests, and claims of the ledger, for searches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, func, literal, select

from monitor.model import Claim, Finding, Moment, Novelty, PriorClaim, Reason, Role, Update
from monitor.store.ledger import SELECT_SAYINGS_SINCE
from monitor.store.rows import finding_from_row, update_from_row
from monitor.store.schema import claims, entries, findings, matches, sources, updates

PAGE_ROWS = 500  # rows read in one statement


@dataclass(frozen=True, slots=True)
class RecordedUpdate:
    """An update with its findings, noise excluded; `is_baseline` if it was part of a first poll without alerts."""

    number: int
    update: Update
    recorded_at: Moment
    findings: tuple[Finding, ...]
    is_baseline: bool


def recorded_updates(
    conn: Connection,
    since: Moment,
    *,
    novelties: Collection[Novelty] = tuple(Novelty),
    is_wanted: Callable[[Update, tuple[Finding, ...]], bool] = lambda update, findings: True,
    goes_on: Callable[[int, Moment], bool] = lambda count, recorded_at: True,
) -> Iterator[RecordedUpdate]:
    """Yield the updates recorded since a moment, oldest first, with their findings of `novelties`, noise excluded.

    `is_wanted` gets an outline of each (no text; findings without comparison results) and decides whether to read the
    rest, because most updates of a month match no rule. `goes_on` is asked after each page, with the number of its
    updates and when the last of them was recorded.
    """
    baseline_by_source = baseline_times(conn)
    query = (
        select(*(column for column in updates.c if column is not updates.c.text), entries.c.source, entries.c.key)
        .add_columns(literal("").label("text"))
        .join(entries, entries.c.id == updates.c.entry_id)
        .where(updates.c.recorded_at >= since)
        .order_by(updates.c.id)
        .limit(PAGE_ROWS)
    )
    last_id = 0
    while rows := conn.execute(query.where(updates.c.id > last_id)).all():
        outlines_by_update = finding_outlines(conn, [row.id for row in rows], novelties)
        wanted_rows = [row for row in rows if is_wanted(update_from_row(row), tuple(outlines_by_update[row.id]))]
        update_ids = [row.id for row in wanted_rows]
        findings_by_update = findings_of_updates(conn, update_ids, novelties)
        texts_by_update = update_texts(conn, update_ids)
        for row in wanted_rows:
            update = replace(update_from_row(row), text=texts_by_update[row.id])
            is_baseline = row.recorded_at == baseline_by_source.get(row.source)
            yield RecordedUpdate(row.id, update, row.recorded_at, tuple(findings_by_update[row.id]), is_baseline)
        last_id = rows[-1].id
        if not goes_on(len(rows), rows[-1].recorded_at):
            return


def count_updates(conn: Connection, since: Moment) -> int:
    return conn.scalar(select(func.count()).select_from(updates).where(updates.c.recorded_at >= since)) or 0


def first_update_time(conn: Connection) -> Moment | None:
    """Return when the first stored update was seen, None if there is none."""
    first: Moment | None = conn.scalar(select(func.min(updates.c.recorded_at)))
    return first


def update_texts(conn: Connection, update_ids: Sequence[int]) -> dict[int, str]:
    return dict(conn.execute(select(updates.c.id, updates.c.text).where(updates.c.id.in_(update_ids))).all())


def baseline_times(conn: Connection) -> dict[str, Moment]:
    """Return when each source had its first poll, if that was a baseline without alerts."""
    first_seen_query = (
        select(entries.c.source, func.min(entries.c.first_seen))
        .join(sources, sources.c.name == entries.c.source)
        .where(sources.c.baselined)
        .group_by(entries.c.source)
    )
    first_decided_query = (
        select(entries.c.source, func.min(matches.c.at))
        .join(updates, updates.c.id == matches.c.update_id)
        .join(entries, entries.c.id == updates.c.entry_id)
        .where(matches.c.reason != Reason.BASELINE.value)
        .group_by(entries.c.source)
    )
    first_decided = dict(conn.execute(first_decided_query).all())
    return {source: at for source, at in conn.execute(first_seen_query).all() if first_decided.get(source) != at}


def finding_outlines(
    conn: Connection, update_ids: Sequence[int], novelties: Collection[Novelty]
) -> dict[int, list[Finding]]:
    """Return outlines of the findings of `novelties` by update, in order: claim and novelty only."""
    columns = (findings.c.update_id, findings.c.claim, findings.c.role, findings.c.heading, findings.c.novelty)
    by_update: dict[int, list[Finding]] = defaultdict(list)
    rows = conn.execute(restrict_to_updates(select(*columns), update_ids, novelties))
    for update_id, claim, role, heading, novelty in rows:
        outline = Finding(Claim(claim, Role(role), heading), Novelty(novelty), 0.0, (), None, "")
        by_update[update_id].append(outline)
    return by_update


def findings_of_updates(
    conn: Connection, update_ids: Sequence[int], novelties: Collection[Novelty]
) -> dict[int, list[Finding]]:
    """Return the findings of `novelties` by update, in order, noise excluded."""
    by_update: dict[int, list[Finding]] = defaultdict(list)
    for row in conn.execute(restrict_to_updates(select(findings), update_ids, novelties)):
        by_update[row.update_id].append(finding_from_row(row))
    return by_update


def restrict_to_updates(query: Select[Any], update_ids: Sequence[int], novelties: Collection[Novelty]) -> Select[Any]:
    """Restrict a query on `findings` to some updates and novelties, noise excluded, in order."""
    novelty_values = [novelty.value for novelty in novelties]
    restricted = query.where(
        findings.c.update_id.in_(update_ids), findings.c.quiet.is_(None), findings.c.novelty.in_(novelty_values)
    )
    return restricted.order_by(findings.c.update_id, findings.c.position)


def claim_texts(conn: Connection, before: int | None = None) -> dict[int, str]:
    """Return a page of claim texts by id, newest first; `before` is the last id of the previous page."""
    query = select(claims.c.id, claims.c.text).order_by(claims.c.id.desc()).limit(PAGE_ROWS)
    if before is not None:
        query = query.where(claims.c.id < before)
    return dict(conn.execute(query).all())


def sayings_of_claims(conn: Connection, claim_ids: Sequence[int]) -> dict[int, list[PriorClaim]]:
    """Return the sayings of claims by claim id, earliest first."""
    by_claim: dict[int, list[PriorClaim]] = {}
    for claim_id, *columns in (
        conn.execute(SELECT_SAYINGS_SINCE, {"claims": list(claim_ids), "since": float("-inf")}) if claim_ids else ()
    ):
        by_claim.setdefault(claim_id, []).append(PriorClaim(*columns))
    return by_claim


def find_update_saying(conn: Connection, prior: PriorClaim) -> int | None:
    """Return the id of the update in which its entry first made this claim; None if it is no longer stored."""
    query = (
        select(func.min(updates.c.id))
        .join(entries, entries.c.id == updates.c.entry_id)
        .where(entries.c.source == prior.source, entries.c.key == prior.entry, updates.c.at == prior.at)
    )
    update_id: int | None = conn.scalar(query)
    return update_id
