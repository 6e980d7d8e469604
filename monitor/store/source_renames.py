"""Keeps the history of a source when its name or address changes, using the `id` that the config gives it.

No history is lost: if the new name belonged to another source, that source is renamed to an unused name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, insert, select, update

from monitor.config.models import SourceConfig
from monitor.sources.parse.identity import canonical_url
from monitor.store.schema import entries, metadata, sources

TABLES_WITH_SOURCE = (
    "entries",
    "imprints",
    "notices",
    "silences",
)  # tables whose column `source` is the name of a source


def rename_sources(conn: Connection, configured: Sequence[SourceConfig]) -> None:
    """Rename stored sources to the names that the config has for their ids."""
    name_by_id = {row.id: row.name for row in conn.execute(select(sources.c.id, sources.c.name)) if row.id}
    new_names = {name_by_id[s.id]: s.name for s in configured if s.id and name_by_id.get(s.id, s.name) != s.name}
    if new_names:
        _rename_all(conn, new_names)


def save_source_ids(conn: Connection, configured: Sequence[SourceConfig]) -> None:
    """Store the configured ids, and clear an id that has moved to another source."""
    id_by_name = dict(conn.execute(select(sources.c.name, sources.c.id)).all())
    ids = {source.name: source.id for source in configured}
    for name, id in ids.items():
        if id_by_name[name] != id:
            conn.execute(update(sources).where(sources.c.name == name).values(id=id))
    for name, id in id_by_name.items():
        if id and name not in ids and id in ids.values():
            conn.execute(update(sources).where(sources.c.name == name).values(id=None))


def move_page_entries(conn: Connection, configured: Sequence[SourceConfig]) -> None:
    """Move the entries of pages whose address changed: their keys start with the address."""
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
    """Rename sources by way of unused names, because two sources may have swapped theirs."""
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
