"""The stored updates in the order they came, for back-tests, and the claims of the ledger for searching."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, func, literal, select

from monitor.model import Claim, Finding, Moment, Novelty, Reason, Role, Said, Update
from monitor.store.codec import finding_from, update_from
from monitor.store.ledger import SAID
from monitor.store.schema import claims, entries, findings, matches, sources, updates

PAGE = 500  # rows read at once


@dataclass(frozen=True, slots=True)
class Past:
    """An update with its findings that can be news, and when it was recorded; `baseline` if nobody was told of it."""

    number: int
    update: Update
    recorded: Moment
    findings: tuple[Finding, ...]
    baseline: bool


def history(
    conn: Connection,
    since: Moment,
    *,
    novelties: Collection[Novelty] = tuple(Novelty),
    wanted: Callable[[Update, tuple[Finding, ...]], bool] = lambda update, findings: True,
) -> Iterator[Past]:
    """The updates that were recorded since a moment, oldest first, with those of their findings that can be news of
    one of `novelties`.

    `wanted` is shown an outline of each (no text; findings without what they were compared with) and says whether
    to read the rest: most updates of a month concern no rule.
    """
    began = baselines(conn)
    query = (
        select(*(column for column in updates.c if column is not updates.c.text), entries.c.source, entries.c.key)
        .add_columns(literal("").label("text"))
        .join(entries, entries.c.id == updates.c.entry_id)
        .where(updates.c.recorded_at >= since)
        .order_by(updates.c.id)
        .limit(PAGE)
    )
    last = 0
    while rows := conn.execute(query.where(updates.c.id > last)).all():
        drawn = outlines(conn, [row.id for row in rows], novelties)
        chosen = [row for row in rows if wanted(update_from(row), tuple(drawn[row.id]))]
        numbers = [row.id for row in chosen]
        found, said = brought(conn, numbers, novelties), bodies(conn, numbers)
        for row in chosen:
            update = replace(update_from(row), text=said[row.id])
            baseline = row.recorded_at == began.get(row.source)
            yield Past(row.id, update, row.recorded_at, tuple(found[row.id]), baseline)
        last = rows[-1].id


def how_many(conn: Connection, since: Moment) -> int:
    """The number of updates that were recorded since a moment."""
    return conn.scalar(select(func.count()).select_from(updates).where(updates.c.recorded_at >= since)) or 0


def bodies(conn: Connection, numbers: Sequence[int]) -> dict[int, str]:
    """The texts of some updates."""
    return dict(conn.execute(select(updates.c.id, updates.c.text).where(updates.c.id.in_(numbers))).all())


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


def outlines(conn: Connection, numbers: Sequence[int], novelties: Collection[Novelty]) -> dict[int, list[Finding]]:
    """The findings of some updates as far as words tell whether they matter: the claims and their novelty."""
    columns = (findings.c.update_id, findings.c.claim, findings.c.role, findings.c.heading, findings.c.novelty)
    found: dict[int, list[Finding]] = defaultdict(list)
    for number, claim, role, heading, novelty in conn.execute(of_updates(select(*columns), numbers, novelties)):
        outline = Finding(Claim(claim, Role(role), heading), Novelty(novelty), 0.0, (), None, "")
        found[number].append(outline)
    return found


def brought(conn: Connection, numbers: Sequence[int], novelties: Collection[Novelty]) -> dict[int, list[Finding]]:
    """The findings of some updates that can be news of one of `novelties`, in order."""
    found: dict[int, list[Finding]] = defaultdict(list)
    for row in conn.execute(of_updates(select(findings), numbers, novelties)):
        found[row.update_id].append(finding_from(row))
    return found


def of_updates(query: Select[Any], numbers: Sequence[int], novelties: Collection[Novelty]) -> Select[Any]:
    """The findings of some updates that can be news of one of `novelties`, in order."""
    named = [novelty.value for novelty in novelties]
    chosen = query.where(findings.c.update_id.in_(numbers), findings.c.quiet.is_(None), findings.c.novelty.in_(named))
    return chosen.order_by(findings.c.update_id, findings.c.position)


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


def update_saying(conn: Connection, said: Said) -> int | None:
    """The number of the update that said it first in its entry; None if that is not stored any more."""
    query = (
        select(func.min(updates.c.id))
        .join(entries, entries.c.id == updates.c.entry_id)
        .where(entries.c.source == said.source, entries.c.key == said.entry, updates.c.at == said.at)
    )
    found: int | None = conn.scalar(query)
    return found
