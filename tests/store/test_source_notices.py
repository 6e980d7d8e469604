from __future__ import annotations

from dataclasses import replace

from kit.builders import add_sources, commit_texts, example_finding
from sqlalchemy import select

from monitor.alerts.source_notices import SourceNotice
from monitor.model import Claim, Noise, Role
from monitor.sources.anomalies import KnownEntry
from monitor.store import entry_versions, ledger, source_notices
from monitor.store.base import Store
from monitor.store.schema import updates

CLOCK = SourceNotice("clock", "It tells the time.", 100.0, 200.0, announced_at=100.0)


def test_a_notice_is_kept_as_it_stands(store: Store) -> None:
    with store.write() as conn:
        source_notices.save_notices(conn, "wire", [CLOCK, SourceNotice("failing", "No answer.", 150.0, 200.0)])
        source_notices.save_notices(conn, "wire", [replace(CLOCK, last_seen=300.0)])
        source_notices.save_notices(conn, "press", [])
    with store.read() as conn:
        assert source_notices.load_notices(conn, "wire")["clock"] == replace(CLOCK, last_seen=300.0)
        assert source_notices.load_notices(conn, "press") == {}


def test_only_what_stands_and_was_told_is_shown_and_counted(store: Store) -> None:
    with store.write() as conn:
        source_notices.save_notices(conn, "wire", [CLOCK, SourceNotice("failing", "No answer.", 150.0, 200.0)])
        source_notices.save_notices(
            conn,
            "press",
            [replace(CLOCK, ended_at=300.0), SourceNotice("quiet", "Silent.", 100.0, 200.0, announced_at=100.0)],
        )
    with store.read() as conn:
        found = {
            source: [notice.kind for notice in standing]
            for source, standing in source_notices.visible_notices(conn).items()
        }
        assert found == {"wire": ["clock"], "press": ["quiet"]}
        assert source_notices.visible_notice_counts(conn) == {"clock": 1, "quiet": 1}


def test_a_source_that_is_followed_no_more_shows_nothing(store: Store) -> None:
    with store.write() as conn:
        source_notices.save_notices(conn, "wire", [CLOCK])
    add_sources(store, "press")
    with store.read() as conn:
        assert source_notices.visible_notices(conn) == {}


def test_what_is_known_of_entries(store: Store) -> None:
    commit_texts(store, ["Three bridges are closed."], at=100.0)
    commit_texts(store, ["Schools stay open."], at=300.0, entry="e2")
    with store.write() as conn:
        ledger.mark_entries_seen(conn, "wire", ["e2"], 400.0)
    with store.read() as conn:
        assert entry_versions.load_known_entries(conn, "wire", ["e1", "e3"]) == {
            "e1": KnownEntry("hash at 100.0", 100.0, 100.0)
        }
        assert entry_versions.last_read_and_good(conn, "wire") == (400.0, None)
        assert entry_versions.last_read_and_good(conn, "nobody") == (None, None)
        assert entry_versions.same_content(conn, "wire", ["hash at 300.0", "hash at 7"]) == {"hash at 300.0": 400.0}
        assert entry_versions.same_content(conn, "press", ["hash at 300.0"]) == {}
        assert entry_versions.disappeared(conn, "wire", 400.0, ["e1"]) == [(300.0, 0.0)]
        assert entry_versions.disappeared(conn, "wire", 400.0, ["e1", "e2"]) == []


def test_the_versions_of_an_entry_are_known_again_by_their_contents(store: Store) -> None:
    for at in range(1, 7):
        commit_texts(store, [f"{at} bridges are closed."], at=float(at))
    with store.read() as conn:
        found = entry_versions.latest_versions(conn, "wire", "e1")
        assert [(version.content_hash, version.recorded_at) for version in found] == [
            (f"hash at {at}.0", float(at)) for at in (6, 5, 4, 3)
        ]
        assert entry_versions.latest_versions(conn, "press", "e1") == []


def test_what_an_update_brought(store: Store) -> None:
    tick = replace(example_finding("3 minutes ago"), claim=Claim("3 minutes ago", Role.SENTENCE, "", Noise.VOLATILE))
    said = [tick, example_finding("Three bridges are closed.")]
    commit_texts(store, ["3 minutes ago", "Three bridges are closed."], at=1.0, findings=said)
    with store.read() as conn:
        (update,) = conn.scalars(select(updates.c.id))
        assert entry_versions.findings_of_update(conn, update) == said
        assert entry_versions.findings_of_update(conn, 77) == []
