"""A source with an `id` keeps its history when its name or its address changes."""

from __future__ import annotations

from kit.builders import commit_texts
from sqlalchemy import insert, select

from monitor.config.models import SourceConfig
from monitor.store import sources
from monitor.store.base import Store
from monitor.store.schema import entries, imprints, notices, silences
from monitor.store.sources import load_sources


def source(
    name: str, id: str | None = None, url: str = "https://example.org/feed", kind: str = "feed"
) -> SourceConfig:
    return SourceConfig(name=name, id=id, url=url, kind=kind)


def sync(store: Store, *configured: SourceConfig) -> None:
    with store.write() as conn:
        sources.sync_sources(conn, configured, now=1.0)


def keys(store: Store, name: str) -> list[str]:
    """The keys of a source's entries."""
    with store.read() as conn:
        return sorted(conn.scalars(select(entries.c.key).where(entries.c.source == name)))


def named(store: Store) -> list[tuple[str, int]]:
    """The configured sources with how many entries each has."""
    with store.read() as conn:
        return [(row.name, row.entries) for row in load_sources(conn)]


def test_a_new_name_keeps_the_history(store: Store) -> None:
    sync(store, source("wire", id="w"))
    commit_texts(store, ["The bridge is open."], source="wire", entry="e1")
    sync(store, source("newswire", id="w"))

    assert named(store) == [("newswire", 1)]
    assert keys(store, "wire") == []


def test_what_hangs_on_the_name_goes_along(store: Store) -> None:
    sync(store, source("wire", id="w"))
    with store.write() as conn:
        said = {"kind": "quiet", "said": "x", "since": 1.0, "last": 1.0}
        conn.execute(insert(notices), {"source": "wire", **said})
        mute = {"reason": "x", "by": "x", "made": 1.0, "until": 2.0}
        conn.execute(insert(silences), {"source": "wire", **mute})
        conn.execute(insert(imprints), {"source": "wire", "frame": "x", "entries": []})
    sync(store, source("newswire", id="w"))

    with store.read() as conn:
        assert conn.scalars(select(notices.c.source)).all() == ["newswire"]
        assert conn.scalars(select(silences.c.source)).all() == ["newswire"]
        assert conn.scalars(select(imprints.c.source)).all() == ["newswire"]


def test_an_id_can_be_given_later_but_before_the_name_changes(store: Store) -> None:
    sync(store, source("wire"))
    commit_texts(store, ["The bridge is open."], source="wire", entry="e1")
    sync(store, source("wire", id="w"))
    sync(store, source("newswire", id="w"))
    assert named(store) == [("newswire", 1)]
    sync(store, source("newswire"))
    sync(store, source("agency", id="w"))
    assert named(store) == [("agency", 0)]


def test_names_can_be_swapped(store: Store) -> None:
    sync(store, source("a", id="1"), source("b", id="2"))
    commit_texts(store, ["The bridge is open."], source="a", entry="of a")
    commit_texts(store, ["The ferry is late."], source="b", entry="of b")
    sync(store, source("b", id="1"), source("a", id="2"))

    assert (keys(store, "a"), keys(store, "b")) == (["of b"], ["of a"])


def test_a_name_that_another_source_had_is_taken_and_nothing_is_lost(store: Store) -> None:
    sync(store, source("wire", id="w"), source("press"))
    commit_texts(store, ["The bridge is open."], source="wire", entry="of wire")
    commit_texts(store, ["The ferry is late."], source="press", entry="of press")
    sync(store, source("press", id="w"))

    assert keys(store, "press") == ["of wire"]
    assert keys(store, "former 1") == ["of press"]
    assert named(store) == [("press", 1)]


def test_the_entries_of_a_page_move_with_its_address(store: Store) -> None:
    old, new = "https://example.org/advice", "https://www.example.org/travel?page=1"
    sync(store, source("advice", url=old, kind="page"))
    mine = [old, f"{old}#entry", f"{old} 0123abcd", "https://example.org/advice-two", "https://other.example/"]
    for number, key in enumerate(mine):
        commit_texts(store, [f"The crossing number {number} is shut."], source="advice", entry=key, at=100.0 + number)
    sync(store, source("advice", url=new, kind="page"))

    expected = [new, f"{new}#entry", f"{new} 0123abcd", "https://example.org/advice-two", "https://other.example/"]
    assert keys(store, "advice") == sorted(expected)


def test_the_entries_of_a_feed_stay_as_they_are_when_its_address_changes(store: Store) -> None:
    sync(store, source("wire", url="https://example.org/feed"))
    commit_texts(store, ["The bridge is open."], source="wire", entry="https://example.org/feed#1")
    sync(store, source("wire", url="https://new.example.org/feed"))

    assert keys(store, "wire") == ["https://example.org/feed#1"]
