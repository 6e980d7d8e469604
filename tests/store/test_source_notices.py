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


def test_saved_notices_can_be_loaded_and_replaced(store: Store) -> None:
    with store.write() as conn:
        source_notices.save_notices(conn, "wire", [CLOCK, SourceNotice("failing", "No answer.", 150.0, 200.0)])
        source_notices.save_notices(conn, "wire", [replace(CLOCK, last_seen=300.0)])
        source_notices.save_notices(conn, "press", [])
    with store.read() as conn:
        assert source_notices.load_notices(conn, "wire")["clock"] == replace(CLOCK, last_seen=300.0)
        assert source_notices.load_notices(conn, "press") == {}


def test_only_announced_and_active_notices_are_visible(store: Store) -> None:
    with store.write() as conn:
        source_notices.save_notices(conn, "wire", [CLOCK, SourceNotice("failing", "No answer.", 150.0, 200.0)])
        source_notices.save_notices(
            conn,
            "press",
            [replace(CLOCK, ended_at=300.0), SourceNotice("quiet", "Silent.", 100.0, 200.0, announced_at=100.0)],
        )
    with store.read() as conn:
        kinds_by_source = {
            source: [notice.kind for notice in visible]
            for source, visible in source_notices.visible_notices(conn).items()
        }
        assert kinds_by_source == {"wire": ["clock"], "press": ["quiet"]}
        assert source_notices.visible_notice_counts(conn) == {"clock": 1, "quiet": 1}


def test_notices_of_removed_sources_are_not_visible(store: Store) -> None:
    with store.write() as conn:
        source_notices.save_notices(conn, "wire", [CLOCK])
    add_sources(store, "press")
    with store.read() as conn:
        assert source_notices.visible_notices(conn) == {}


def test_known_entries_and_their_contents_can_be_looked_up(store: Store) -> None:
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


def test_the_latest_versions_of_an_entry_have_content_hashes(store: Store) -> None:
    for at in range(1, 7):
        commit_texts(store, [f"{at} bridges are closed."], at=float(at))
    with store.read() as conn:
        versions = entry_versions.latest_versions(conn, "wire", "e1")
        assert [(version.content_hash, version.recorded_at) for version in versions] == [
            (f"hash at {at}.0", float(at)) for at in (6, 5, 4, 3)
        ]
        assert entry_versions.latest_versions(conn, "press", "e1") == []


def test_the_findings_of_an_update_can_be_loaded(store: Store) -> None:
    volatile = replace(
        example_finding("3 minutes ago"), claim=Claim("3 minutes ago", Role.SENTENCE, "", Noise.VOLATILE)
    )
    findings = [volatile, example_finding("Three bridges are closed.")]
    commit_texts(store, ["3 minutes ago", "Three bridges are closed."], at=1.0, findings=findings)
    with store.read() as conn:
        (update_id,) = conn.scalars(select(updates.c.id))
        assert entry_versions.findings_of_update(conn, update_id) == findings
        assert entry_versions.findings_of_update(conn, 77) == []
