"""Sources that keep their history under another name or address, by the `id` that the config gives them.

Nothing is ever lost: where the new name belongs to a source of before, that one is set aside under another name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, insert, select, update

from monitor.config import SourceConfig
from monitor.sources.identity import canonical
from monitor.store.schema import entries, metadata, sources

NAMES = ("entries", "imprints", "notices", "silences")  # tables whose `source` is the name of one


def rename(conn: Connection, configured: Sequence[SourceConfig]) -> None:
    """Gives what is stored the names that the config has for it now, by the ids."""
    known = {row.id: row.name for row in conn.execute(select(sources.c.id, sources.c.name)) if row.id}
    moves = {known[s.id]: s.name for s in configured if s.id and known.get(s.id, s.name) != s.name}
    if moves:
        _move(conn, moves)


def identify(conn: Connection, configured: Sequence[SourceConfig]) -> None:
    """Keeps each source's id, so that it is found again under another name."""
    stored = dict(conn.execute(select(sources.c.name, sources.c.id)).all())
    ids = {source.name: source.id for source in configured}
    for name, id in ids.items():
        if stored[name] != id:
            conn.execute(update(sources).where(sources.c.name == name).values(id=id))
    for name, id in stored.items():
        if id and name not in ids and id in ids.values():
            conn.execute(update(sources).where(sources.c.name == name).values(id=None))


def readdress(conn: Connection, configured: Sequence[SourceConfig]) -> None:
    """The entries of a page are known by its address: they move with it."""
    stored = dict(conn.execute(select(sources.c.name, sources.c.url)).all())
    for source in configured:
        if source.kind == "page" and stored.get(source.name, source.url) != source.url:
            _readdress(conn, source.name, canonical(stored[source.name]), canonical(source.url))


def _readdress(conn: Connection, name: str, before: str, after: str) -> None:
    for id, key in conn.execute(select(entries.c.id, entries.c.key).where(entries.c.source == name)).all():
        rest = key.removeprefix(before)
        if rest != key and rest[:1] in ("", "#", " ") and before != after:
            conn.execute(update(entries).where(entries.c.id == id).values(key=after + rest))


def _move(conn: Connection, moves: Mapping[str, str]) -> None:
    """Old names to new ones, by way of names that nobody has: two sources may have swapped theirs."""
    taken = set(conn.scalars(select(sources.c.name)))
    free = _free(taken | set(moves.values()))
    for new in moves.values():
        if new in taken and new not in moves:
            _rename(conn, new, next(free))
    between = {old: next(free) for old in moves}
    for old, name in between.items():
        _rename(conn, old, name)
    for old, new in moves.items():
        _rename(conn, between[old], new)


def _free(taken: set[str]) -> Iterator[str]:
    """Names that no source has."""
    number = 0
    while True:
        number += 1
        if (name := f"former {number}") not in taken:
            yield name


def _rename(conn: Connection, old: str, new: str) -> None:
    row = conn.execute(select(sources).where(sources.c.name == old)).mappings().one()
    conn.execute(insert(sources), dict(row) | {"name": new})
    for table in map(metadata.tables.__getitem__, NAMES):
        conn.execute(update(table).where(table.c.source == old).values(source=new))
    conn.execute(sources.delete().where(sources.c.name == old))
