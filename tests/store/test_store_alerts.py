from __future__ import annotations

from dataclasses import replace

from kit.saying import alert, assessment, commit, finding, message, said_by, sends

from monitor.model import Decision, Match, Met, Novelty, Reason, Release, Waiting
from monitor.store import Store, alerts, reports
from monitor.store.known import Known
from monitor.store.record import record, record_releases

BRIDGES = "Three bridges are closed."
OTHERWISE = "The bridges, three of them, are shut."
MATCH = Match("bridges", (0,), (Met(0, 6, 13, "bridges", "bridge*"),))


def held(id: str = "al-1", reason: Reason = Reason.CORROBORATION, opens: float | None = None) -> Decision:
    return Decision(MATCH, reason, "1 of 2 independent sources", waiting=alert(id, BRIDGES), opens=opens)


def test_what_a_rule_has_told_of_in_a_story_is_remembered(store: Store) -> None:
    commit(store, [BRIDGES], decisions=[sends(alert(text=BRIDGES))])
    with store.read() as conn:
        known = Known(conn, since=0.0)
        assert known.told("bridges", "st-1", ["three bridges are CLOSED", "Schools are."]) == {
            "three bridges are CLOSED"
        }
        assert known.told("bridges", "st-2", [BRIDGES]) == set()
        assert known.told("floods", "st-1", [BRIDGES]) == set()
        assert known.told("bridges", "st-1", []) == set()


def test_when_a_rule_alerted_of_a_story_can_be_asked(store: Store) -> None:
    for n, at in enumerate((100.0, 300.0, 200.0)):
        commit(store, [BRIDGES], entry=f"e{n}", at=at, decisions=[sends(alert(f"al-{n}", at=at))])
    commit(store, [BRIDGES], entry="e9", decisions=[sends(alert("al-9", story="st-9", at=150.0))])
    with store.read() as conn:
        assert alerts.alert_times(conn, "bridges", "st-1", 150.0) == [200.0, 300.0]
        assert alerts.alert_times(conn, "floods", "st-1", 0.0) == []


def test_a_match_that_awaits_corroboration_is_found_by_its_claim_in_any_words(store: Store) -> None:
    commit(store, [BRIDGES], decisions=[held()])
    repeat = finding(OTHERWISE, Novelty.REPEATED, nearest=said_by("wire", BRIDGES))
    commit(store, [OTHERWISE], source="press", entry="p1", findings=[repeat])
    with store.read() as conn:
        assert alerts.waiting(conn, [BRIDGES]) == [Waiting(1, Reason.CORROBORATION, alert("al-1", BRIDGES))]
        assert alerts.waiting(conn, [OTHERWISE]) == alerts.waiting(conn, [BRIDGES])
        assert alerts.waiting(conn, ["Schools stay open."]) == []
        assert alerts.opening(conn, 1e9) == []


def test_a_throttled_match_comes_out_when_its_window_opens(store: Store) -> None:
    commit(store, [BRIDGES], decisions=[held(reason=Reason.THROTTLED, opens=500.0)])
    with store.read() as conn:
        assert alerts.opening(conn, 499.0) == []
        assert alerts.opening(conn, 500.0) == [Waiting(1, Reason.THROTTLED, alert("al-1", BRIDGES))]
        assert alerts.waiting(conn, [BRIDGES]) == []


def test_a_released_match_is_told_once_and_held_no_more(store: Store) -> None:
    commit(store, [BRIDGES], decisions=[held(), held("al-2", Reason.THROTTLED, 500.0)])
    released = Release((1, 2), alert("al-3", BRIDGES, at=600.0), "confirmed by press")
    with store.write() as conn:
        record_releases(conn, [released], [message("m1", released.alert)], now=600.0)
    with store.read() as conn:
        assert alerts.waiting(conn, [BRIDGES]) == []
        assert alerts.opening(conn, 1e9) == []
        explained = reports.explain(conn, 1)
        assert explained is not None
        assert {(m.reason, m.alert, m.detail) for m in explained.matches} == {
            (Reason.SENT, "al-3", "confirmed by press")
        }
        assert [(row.alert, row.update) for row in reports.alerts(conn)] == [(released.alert, 1)]
        assert [(row.alert, row.message) for row in reports.deliveries(conn)] == [("al-3", "m1")]
        assert alerts.told(conn, "bridges", "st-1", [BRIDGES]) == {BRIDGES}


def test_an_update_can_release_what_it_confirms(store: Store) -> None:
    commit(store, [BRIDGES], decisions=[held()])
    release = Release((1,), alert("al-3", BRIDGES, at=200.0), "confirmed by press")
    one = assessment([BRIDGES], source="press", at=200.0, messages=[message("m1", release.alert)])
    with store.write() as conn:
        record(conn, replace(one, released=(release,)), content_hash="h", now=200.0)
    with store.read() as conn:
        assert [row.alert.id for row in reports.alerts(conn)] == ["al-3"]
        assert alerts.waiting(conn, [BRIDGES]) == []
