from __future__ import annotations

from dataclasses import replace

from kit.saying import commit, configured, finding
from sqlalchemy import select

from monitor.alerts.upkeep import Notice
from monitor.model import Claim, Quiet, Role
from monitor.sources.odd import Seen
from monitor.store import Store, ledger, notices, shown
from monitor.store.schema import updates

CLOCK = Notice("clock", "It tells the time.", 100.0, 200.0, told=100.0)


def test_a_notice_is_kept_as_it_stands(store: Store) -> None:
    with store.write() as conn:
        notices.keep(conn, "wire", [CLOCK, Notice("failing", "No answer.", 150.0, 200.0)])
        notices.keep(conn, "wire", [replace(CLOCK, last=300.0)])
        notices.keep(conn, "press", [])
    with store.read() as conn:
        assert notices.of_source(conn, "wire")["clock"] == replace(CLOCK, last=300.0)
        assert notices.of_source(conn, "press") == {}


def test_only_what_stands_and_was_told_is_shown_and_counted(store: Store) -> None:
    with store.write() as conn:
        notices.keep(conn, "wire", [CLOCK, Notice("failing", "No answer.", 150.0, 200.0)])
        notices.keep(
            conn, "press", [replace(CLOCK, ended=300.0), Notice("quiet", "Silent.", 100.0, 200.0, told=100.0)]
        )
    with store.read() as conn:
        found = {source: [notice.kind for notice in standing] for source, standing in notices.shown(conn).items()}
        assert found == {"wire": ["clock"], "press": ["quiet"]}
        assert notices.counted(conn) == {"clock": 1, "quiet": 1}


def test_a_source_that_is_followed_no_more_shows_nothing(store: Store) -> None:
    with store.write() as conn:
        notices.keep(conn, "wire", [CLOCK])
    configured(store, "press")
    with store.read() as conn:
        assert notices.shown(conn) == {}


def test_what_is_known_of_entries(store: Store) -> None:
    commit(store, ["Three bridges are closed."], at=100.0)
    commit(store, ["Schools stay open."], at=300.0, entry="e2")
    with store.write() as conn:
        ledger.touch(conn, "wire", ["e2"], 400.0)
    with store.read() as conn:
        assert shown.seen(conn, "wire", ["e1", "e3"]) == {"e1": Seen("hash at 100.0", 100.0, 100.0)}
        assert shown.read_at(conn, "wire") == (400.0, None)
        assert shown.read_at(conn, "nobody") == (None, None)
        assert shown.twins(conn, "wire", ["hash at 300.0", "hash at 7"]) == {"hash at 300.0": 400.0}
        assert shown.twins(conn, "press", ["hash at 300.0"]) == {}
        assert shown.missing(conn, "wire", 400.0, ["e1"]) == [(300.0, 0.0)]
        assert shown.missing(conn, "wire", 400.0, ["e1", "e2"]) == []


def test_the_versions_of_an_entry_are_known_again_by_their_contents(store: Store) -> None:
    for at in range(1, 7):
        commit(store, [f"{at} bridges are closed."], at=float(at))
    with store.read() as conn:
        found = shown.versions(conn, "wire", "e1")
        assert [(version.content, version.recorded) for version in found] == [
            (f"hash at {at}.0", float(at)) for at in (6, 5, 4, 3)
        ]
        assert shown.versions(conn, "press", "e1") == []


def test_what_an_update_brought(store: Store) -> None:
    tick = replace(finding("3 minutes ago"), claim=Claim("3 minutes ago", Role.SENTENCE, "", Quiet.VOLATILE))
    said = [tick, finding("Three bridges are closed.")]
    commit(store, ["3 minutes ago", "Three bridges are closed."], at=1.0, findings=said)
    with store.read() as conn:
        (update,) = conn.scalars(select(updates.c.id))
        assert shown.brought(conn, update) == said
        assert shown.brought(conn, 77) == []
