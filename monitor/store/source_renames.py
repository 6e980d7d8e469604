"""Sources that keep their history under another name or address, by the `id` that the config gives them.

Nothing is ever lost: where the new name belongs to a source of before, that one is set aside under another name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, insert, select, update

from monitor.config.models import SourceConfig
from monitor.sources.parse.identity import canonical_url
from monitor.store.schema import entries, metadata, sources

TABLES_WITH_SOURCE = ("entries", "imprints", "notices", "silences")  # tables whose `source` is the name of one


def rename_sources(conn: Connection, configured: Sequence[SourceConfig]) -> None:
    """Gives what is stored the names that the config has for it now, by the ids."""
    name_by_id = {row.id: row.name for row in conn.execute(select(sources.c.id, sources.c.name)) if row.id}
    new_names = {name_by_id[s.id]: s.name for s in configured if s.id and name_by_id.get(s.id, s.name) != s.name}
    if new_names:
        _rename_all(conn, new_names)


def save_source_ids(conn: Connection, configured: Sequence[SourceConfig]) -> None:
    """Keeps each source's id, so that it is found again under another name."""
    id_by_name = dict(conn.execute(select(sources.c.name, sources.c.id)).all())
    ids = {source.name: source.id for source in configured}
    for name, id in ids.items():
        if id_by_name[name] != id:
            conn.execute(update(sources).where(sources.c.name == name).values(id=id))
    for name, id in id_by_name.items():
        if id and name not in ids and id in ids.values():
            conn.execute(update(sources).where(sources.c.name == name).values(id=None))


def move_page_entries(conn: Connection, configured: Sequence[SourceConfig]) -> None:
    """The entries of a page are known by its address: they move with it."""
    url_by_name = dict(conn.execute(select(sources.c.name, sources.c.url)).all())
    for source in configured:
        if source.kind == "page" and url_by_name.get(source.name, source.url) != source.url:
            _move_entries(conn, source.name, canonical_url(url_by_name[source.name]), canonical_url(source.url))


def _move_entries(conn: Connection, name: str, old_url: str, new_url: str) -> None:
    for id, key in conn.execute(select(entries.c.id, entries.c.key).where(entries.c.source == name)).all():
        suffix = key.removeprefix(old_url)
        if suffix != key and suffix[:1] in ("", "#", " ") and old_url != new_url:
            conn.execute(update(entries).where(entries.c.id == id).values(key=new_url + suffix))


def _rename_all(conn: Connection, new_names: Mapping[str, str]) -> None:
    """Old names to new ones, by way of names that nobody has: two sources may have swapped theirs."""
    taken = set(conn.scalars(select(sources.c.name)))
    unused_names = _unused_names(taken | set(new_names.values()))
    for new in new_names.values():
        if new in taken and new not in new_names:
            _rename_source(conn, new, next(unused_names))
    temporary_names = {old: next(unused_names) for old in new_names}
    for old, name in temporary_names.items():
        _rename_source(conn, old, name)
    for old, new in new_names.items():
        _rename_source(conn, temporary_names[old], new)


def _unused_names(taken: set[str]) -> Iterator[str]:
    """Names that no source has."""
    number = 0
    while True:
        number += 1
        if (name := f"former {number}") not in taken:
            yield name


def _rename_source(conn: Connection, old: str, new: str) -> None:
    row = conn.execute(select(sources).where(sources.c.name == old)).mappings().one()
    conn.execute(insert(sources), dict(row) | {"name": new})
    for table in map(metadata.tables.__getitem__, TABLES_WITH_SOURCE):
        conn.execute(update(table).where(table.c.source == old).values(source=new))
    conn.execute(sources.delete().where(sources.c.name == old))
