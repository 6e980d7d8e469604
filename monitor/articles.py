"""The articles behind what is fresh in a poll, for sources with `full_text`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitor.alerts.upkeep import Cause
from monitor.config import SourceConfig
from monitor.intake import fresh
from monitor.model import Entry
from monitor.sources.article import article_in
from monitor.sources.fulltext import Articles, articles
from monitor.store import Store, ledger, shown

if TYPE_CHECKING:
    from monitor.engine import Engine


@dataclass(frozen=True, slots=True)
class Followed:
    """The entries of a poll with their articles. `whole` is false if some were not reached and are left out; `causes`
    are what the operator may have to be told."""

    entries: Sequence[Entry]
    whole: bool = True
    causes: tuple[Cause, ...] = ()


async def followed(engine: Engine, source: SourceConfig, entries: Sequence[Entry]) -> Followed:
    """The same entries, those that are fresh with their articles; known ones come first, then the newest."""
    waiting, known = await engine.in_store(_waiting, engine.store, source.name, entries)
    found = await articles(engine.robots, engine.parser, source, waiting)
    without = [*(entry for entry, _ in found.failed), *found.left, *(one for one in found.read if not one.article)]
    kept = await engine.in_store(_kept, engine.store, source.name, [entry for entry in without if entry.key in known])
    now = {entry.key: entry for entry in (*found.read, *kept)}
    left = {entry.key for entry in found.left} - known
    return Followed(
        [now.get(one.key, one) for one in entries if one.key not in left], not left, _causes(found, len(waiting))
    )


def _causes(found: Articles, wanted: int) -> tuple[Cause, ...]:
    if not found.failed:
        return ()
    said = f"{len(found.failed)} of {wanted} articles could not be read; the feed's own text was taken"
    return (Cause("articles", f"{said}. The first: {found.failed[0][1]}."),)


def _waiting(store: Store, source: str, entries: Sequence[Entry]) -> tuple[list[Entry], set[str]]:
    """The fresh entries in the order in which their articles are asked for, and the keys that are known."""
    with store.read() as conn:
        seen = shown.seen(conn, source, [entry.key for entry in entries])
    newest = [entry for entry, _ in reversed(fresh(entries, seen))]
    return sorted(newest, key=lambda entry: entry.key not in seen), set(seen)


def _kept(store: Store, source: str, entries: Sequence[Entry]) -> list[Entry]:
    """Entries whose article is out of reach, or says next to nothing now: it stands as it was, beside what the feed
    says of them now."""
    with store.read() as conn:
        before = [ledger.previous(conn, source, entry.key) for entry in entries]
    stood = [article_in(said.text) if said else "" for said in before]
    return [
        replace(entry, article=f"{article}\n{entry.body}") if article else entry
        for entry, article in zip(entries, stood, strict=True)
    ]
