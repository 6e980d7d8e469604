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


def entry_keys(store: Store, name: str) -> list[str]:
    """Return the keys of a source's entries."""
    with store.read() as conn:
        return sorted(conn.scalars(select(entries.c.key).where(entries.c.source == name)))


def entry_counts(store: Store) -> list[tuple[str, int]]:
    """Return the configured sources with their numbers of entries."""
    with store.read() as conn:
        return [(row.name, row.entries) for row in load_sources(conn)]


def test_a_new_name_keeps_the_history(store: Store) -> None:
    sync(store, source("wire", id="w"))
    commit_texts(store, ["The bridge is open."], source="wire", entry="e1")
    sync(store, source("newswire", id="w"))

    assert entry_counts(store) == [("newswire", 1)]
    assert entry_keys(store, "wire") == []


def test_notices_silences_and_fingerprints_move_to_the_new_name(store: Store) -> None:
    sync(store, source("wire", id="w"))
    with store.write() as conn:
        notice = {"kind": "quiet", "said": "x", "since": 1.0, "last": 1.0}
        conn.execute(insert(notices), {"source": "wire", **notice})
        silence = {"reason": "x", "by": "x", "made": 1.0, "until": 2.0}
        conn.execute(insert(silences), {"source": "wire", **silence})
        conn.execute(insert(imprints), {"source": "wire", "frame": "x", "entries": []})
    sync(store, source("newswire", id="w"))

    with store.read() as conn:
        assert conn.scalars(select(notices.c.source)).all() == ["newswire"]
        assert conn.scalars(select(silences.c.source)).all() == ["newswire"]
        assert conn.scalars(select(imprints.c.source)).all() == ["newswire"]


def test_an_id_can_be_added_later_if_the_name_changes_afterwards(store: Store) -> None:
    sync(store, source("wire"))
    commit_texts(store, ["The bridge is open."], source="wire", entry="e1")
    sync(store, source("wire", id="w"))
    sync(store, source("newswire", id="w"))
    assert entry_counts(store) == [("newswire", 1)]
    sync(store, source("newswire"))
    sync(store, source("agency", id="w"))
    assert entry_counts(store) == [("agency", 0)]


def test_two_sources_can_swap_their_names(store: Store) -> None:
    sync(store, source("a", id="1"), source("b", id="2"))
    commit_texts(store, ["The bridge is open."], source="a", entry="of a")
    commit_texts(store, ["The ferry is late."], source="b", entry="of b")
    sync(store, source("b", id="1"), source("a", id="2"))

    assert (entry_keys(store, "a"), entry_keys(store, "b")) == (["of b"], ["of a"])


def test_taking_the_name_of_another_source_renames_that_source(store: Store) -> None:
    sync(store, source("wire", id="w"), source("press"))
    commit_texts(store, ["The bridge is open."], source="wire", entry="of wire")
    commit_texts(store, ["The ferry is late."], source="press", entry="of press")
    sync(store, source("press", id="w"))

    assert entry_keys(store, "press") == ["of wire"]
    assert entry_keys(store, "former 1") == ["of press"]
    assert entry_counts(store) == [("press", 1)]


def test_the_entry_keys_of_a_page_follow_its_url(store: Store) -> None:
    old_url, new_url = "https://example.org/advice", "https://www.example.org/travel?page=1"
    sync(store, source("advice", url=old_url, kind="page"))
    keys = [
        old_url,
        f"{old_url}#entry",
        f"{old_url} 0123abcd",
        "https://example.org/advice-two",
        "https://other.example/",
    ]
    for number, key in enumerate(keys):
        commit_texts(store, [f"The crossing number {number} is shut."], source="advice", entry=key, at=100.0 + number)
    sync(store, source("advice", url=new_url, kind="page"))

    expected = [
        new_url,
        f"{new_url}#entry",
        f"{new_url} 0123abcd",
        "https://example.org/advice-two",
        "https://other.example/",
    ]
    assert entry_keys(store, "advice") == sorted(expected)


def test_the_entry_keys_of_a_feed_do_not_follow_its_url(store: Store) -> None:
    sync(store, source("wire", url="https://example.org/feed"))
    commit_texts(store, ["The bridge is open."], source="wire", entry="https://example.org/feed#1")
    sync(store, source("wire", url="https://new.example.org/feed"))

    assert entry_keys(store, "wire") == ["https://example.org/feed#1"]
