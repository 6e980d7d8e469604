"""The stored updates in the order they came, for back-tests, and the claims of the ledger for searching."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from monitor.model import Finding, Moment, Reason, Said, Update
from monitor.store.codec import finding_from, update_from
from monitor.store.ledger import SAID
from monitor.store.schema import claims, entries, findings, matches, sources, updates

PAGE = 500  # rows read at once


@dataclass(frozen=True, slots=True)
class Past:
    """An update with its findings, and when it was recorded; `baseline` if nobody was told of it."""

    number: int
    update: Update
    recorded: Moment
    findings: tuple[Finding, ...]
    baseline: bool


def history(conn: Connection, since: Moment) -> Iterator[Past]:
    """The updates that were recorded since a moment, oldest first."""
    began = baselines(conn)
    query = (
        select(updates, entries.c.source, entries.c.key)
        .join(entries, entries.c.id == updates.c.entry_id)
        .where(updates.c.recorded_at >= since)
        .order_by(updates.c.id)
        .limit(PAGE)
    )
    last = 0
    while rows := conn.execute(query.where(updates.c.id > last)).all():
        found = brought(conn, [row.id for row in rows])
        for row in rows:
            baseline = row.recorded_at == began.get(row.source)
            yield Past(row.id, update_from(row), row.recorded_at, tuple(found[row.id]), baseline)
        last = rows[-1].id


def baselines(conn: Connection) -> dict[str, Moment]:
    """When each source was polled for the first time, if nobody was told then."""
    first = (
        select(entries.c.source, func.min(entries.c.first_seen))
        .join(sources, sources.c.name == entries.c.source)
        .where(sources.c.baselined)
        .group_by(entries.c.source)
    )
    judged = (
        select(entries.c.source, func.min(matches.c.at))
        .join(updates, updates.c.id == matches.c.update_id)
        .join(entries, entries.c.id == updates.c.entry_id)
        .where(matches.c.reason != Reason.BASELINE.value)
        .group_by(entries.c.source)
    )
    aloud = dict(conn.execute(judged).all())
    return {source: at for source, at in conn.execute(first).all() if aloud.get(source) != at}


def brought(conn: Connection, numbers: Sequence[int]) -> dict[int, list[Finding]]:
    """The findings of some updates, in order."""
    found: dict[int, list[Finding]] = defaultdict(list)
    query = select(findings).where(findings.c.update_id.in_(numbers))
    for row in conn.execute(query.order_by(findings.c.update_id, findings.c.position)):
        found[row.update_id].append(finding_from(row))
    return found


def texts(conn: Connection, before: int | None = None) -> dict[int, str]:
    """A page of claims by their numbers, newest first; `before` is the last number of the page before."""
    query = select(claims.c.id, claims.c.text).order_by(claims.c.id.desc()).limit(PAGE)
    if before is not None:
        query = query.where(claims.c.id < before)
    return dict(conn.execute(query).all())


def sayings(conn: Connection, numbers: Sequence[int]) -> dict[int, list[Said]]:
    """Who has said some claims, each earliest first."""
    found: dict[int, list[Said]] = {}
    for number, *saying in conn.execute(SAID, {"claims": list(numbers), "since": float("-inf")}) if numbers else ():
        found.setdefault(number, []).append(Said(*saying))
    return found
