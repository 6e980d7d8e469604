from __future__ import annotations

from dataclasses import replace

from kit.builders import (
    commit_texts,
    example_alert,
    example_assessment,
    example_finding,
    example_message,
    example_prior,
    sent_decision,
)

from monitor.model import Decision, Match, Novelty, PendingMatch, Reason, ReleasedMatches, TermHit
from monitor.store import alerts
from monitor.store.base import Store
from monitor.store.commit import commit_assessment, commit_releases
from monitor.store.past import StoredHistory
from monitor.store.reports.alerts import load_alert_page
from monitor.store.reports.deliveries import load_delivery_page
from monitor.store.reports.explain import explain_update

BRIDGES = "Three bridges are closed."
OTHERWISE = "The bridges, three of them, are shut."
MATCH = Match("bridges", (0,), (TermHit(0, 6, 13, "bridges", "bridge*"),))


def held(id: str = "al-1", reason: Reason = Reason.AWAITING_CORROBORATION, opens: float | None = None) -> Decision:
    return Decision(
        MATCH, reason, "1 of 2 independent sources", pending_alert=example_alert(id, BRIDGES), throttled_until=opens
    )


def test_what_a_rule_has_told_of_in_a_story_is_remembered(store: Store) -> None:
    commit_texts(store, [BRIDGES], decisions=[sent_decision(example_alert(text=BRIDGES))])
    with store.read() as conn:
        known = StoredHistory(conn, since=0.0)
        assert known.already_alerted("bridges", "st-1", ["three bridges are CLOSED", "Schools are."]) == {
            "three bridges are CLOSED"
        }
        assert known.already_alerted("bridges", "st-2", [BRIDGES]) == set()
        assert known.already_alerted("floods", "st-1", [BRIDGES]) == set()
        assert known.already_alerted("bridges", "st-1", []) == set()


def test_when_a_rule_alerted_of_a_story_can_be_asked(store: Store) -> None:
    for n, at in enumerate((100.0, 300.0, 200.0)):
        commit_texts(
            store, [BRIDGES], entry=f"e{n}", at=at, decisions=[sent_decision(example_alert(f"al-{n}", at=at))]
        )
    commit_texts(
        store, [BRIDGES], entry="e9", decisions=[sent_decision(example_alert("al-9", story="st-9", at=150.0))]
    )
    with store.read() as conn:
        assert alerts.alert_times(conn, "bridges", "st-1", 150.0) == [200.0, 300.0]
        assert alerts.alert_times(conn, "floods", "st-1", 0.0) == []


def test_a_match_that_awaits_corroboration_is_found_by_its_claim_in_any_words(store: Store) -> None:
    commit_texts(store, [BRIDGES], decisions=[held()])
    repeat = example_finding(OTHERWISE, Novelty.REPEATED, nearest=example_prior("wire", BRIDGES))
    commit_texts(store, [OTHERWISE], source="press", entry="p1", findings=[repeat])
    with store.read() as conn:
        assert alerts.pending_for(conn, [BRIDGES]) == [
            PendingMatch(1, Reason.AWAITING_CORROBORATION, example_alert("al-1", BRIDGES))
        ]
        assert alerts.pending_for(conn, [OTHERWISE]) == alerts.pending_for(conn, [BRIDGES])
        assert alerts.pending_for(conn, ["Schools stay open."]) == []
        assert alerts.due_throttled_matches(conn, 1e9) == []


def test_a_throttled_match_comes_out_when_its_window_opens(store: Store) -> None:
    commit_texts(store, [BRIDGES], decisions=[held(reason=Reason.THROTTLED, opens=500.0)])
    with store.read() as conn:
        assert alerts.due_throttled_matches(conn, 499.0) == []
        assert alerts.due_throttled_matches(conn, 500.0) == [
            PendingMatch(1, Reason.THROTTLED, example_alert("al-1", BRIDGES))
        ]
        assert alerts.pending_for(conn, [BRIDGES]) == []


def test_a_released_match_is_told_once_and_held_no_more(store: Store) -> None:
    commit_texts(store, [BRIDGES], decisions=[held(), held("al-2", Reason.THROTTLED, 500.0)])
    released = ReleasedMatches((1, 2), example_alert("al-3", BRIDGES, at=600.0), "confirmed by press")
    with store.write() as conn:
        commit_releases(conn, [released], [example_message("m1", released.alert)], now=600.0)
    with store.read() as conn:
        assert alerts.pending_for(conn, [BRIDGES]) == []
        assert alerts.due_throttled_matches(conn, 1e9) == []
        explained = explain_update(conn, 1)
        assert explained is not None
        assert {(m.reason, m.alert_id, m.detail) for m in explained.matches} == {
            (Reason.SENT, "al-3", "confirmed by press")
        }
        assert [(row.alert, row.update_id) for row in load_alert_page(conn)] == [(released.alert, 1)]
        assert [(row.alert_id, row.message_id) for row in load_delivery_page(conn)] == [("al-3", "m1")]
        assert alerts.already_alerted(conn, "bridges", "st-1", [BRIDGES]) == {BRIDGES}


def test_an_update_can_release_what_it_confirms(store: Store) -> None:
    commit_texts(store, [BRIDGES], decisions=[held()])
    release = ReleasedMatches((1,), example_alert("al-3", BRIDGES, at=200.0), "confirmed by press")
    one = example_assessment([BRIDGES], source="press", at=200.0, messages=[example_message("m1", release.alert)])
    with store.write() as conn:
        commit_assessment(conn, replace(one, released=(release,)), content_hash="h", now=200.0)
    with store.read() as conn:
        assert [row.alert.id for row in load_alert_page(conn)] == ["al-3"]
        assert alerts.pending_for(conn, [BRIDGES]) == []
