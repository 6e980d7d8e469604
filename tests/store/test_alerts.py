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

from monitor.alerts.held import PendingMatch, ReleasedMatches
from monitor.model import Decision, Match, Novelty, Reason, TermHit
from monitor.store import alerts
from monitor.store.base import Store
from monitor.store.commit import commit_assessment, commit_releases
from monitor.store.past import StoredHistory
from monitor.store.reports.alerts import load_alert_page
from monitor.store.reports.deliveries import load_delivery_page
from monitor.store.reports.explain import explain_update

BRIDGES = "Three bridges are closed."
BRIDGES_REWORDED = "The bridges, three of them, are shut."
MATCH = Match("bridges", (0,), (TermHit(0, 6, 13, "bridges", "bridge*"),))


def pending_decision(
    id: str = "al-1", reason: Reason = Reason.AWAITING_CORROBORATION, throttled_until: float | None = None
) -> Decision:
    return Decision(
        MATCH,
        reason,
        "1 of 2 independent sources",
        pending_alert=example_alert(id, BRIDGES),
        throttled_until=throttled_until,
    )


def test_claims_that_a_rule_alerted_on_are_stored_by_story(store: Store) -> None:
    commit_texts(store, [BRIDGES], decisions=[sent_decision(example_alert(text=BRIDGES))])
    with store.read() as conn:
        history = StoredHistory(conn, since=0.0)
        assert history.already_alerted("bridges", "st-1", ["three bridges are CLOSED", "Schools are."]) == {
            "three bridges are CLOSED"
        }
        assert history.already_alerted("bridges", "st-2", [BRIDGES]) == set()
        assert history.already_alerted("floods", "st-1", [BRIDGES]) == set()
        assert history.already_alerted("bridges", "st-1", []) == set()


def test_alert_times_of_a_rule_and_story_are_returned_oldest_first(store: Store) -> None:
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


def test_a_match_awaiting_corroboration_is_found_by_its_claim_in_other_words(store: Store) -> None:
    commit_texts(store, [BRIDGES], decisions=[pending_decision()])
    repeat = example_finding(BRIDGES_REWORDED, Novelty.REPEATED, nearest=example_prior("wire", BRIDGES))
    commit_texts(store, [BRIDGES_REWORDED], source="press", entry="p1", findings=[repeat])
    with store.read() as conn:
        assert alerts.pending_for(conn, [BRIDGES]) == [
            PendingMatch(1, Reason.AWAITING_CORROBORATION, example_alert("al-1", BRIDGES))
        ]
        assert alerts.pending_for(conn, [BRIDGES_REWORDED]) == alerts.pending_for(conn, [BRIDGES])
        assert alerts.pending_for(conn, ["Schools stay open."]) == []
        assert alerts.due_throttled_matches(conn, 1e9) == []


def test_a_throttled_match_is_due_when_its_window_ends(store: Store) -> None:
    commit_texts(store, [BRIDGES], decisions=[pending_decision(reason=Reason.THROTTLED, throttled_until=500.0)])
    with store.read() as conn:
        assert alerts.due_throttled_matches(conn, 499.0) == []
        assert alerts.due_throttled_matches(conn, 500.0) == [
            PendingMatch(1, Reason.THROTTLED, example_alert("al-1", BRIDGES))
        ]
        assert alerts.pending_for(conn, [BRIDGES]) == []


def test_released_matches_become_one_alert_and_are_no_longer_pending(store: Store) -> None:
    commit_texts(store, [BRIDGES], decisions=[pending_decision(), pending_decision("al-2", Reason.THROTTLED, 500.0)])
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


def test_an_update_releases_the_match_it_confirms(store: Store) -> None:
    commit_texts(store, [BRIDGES], decisions=[pending_decision()])
    release = ReleasedMatches((1,), example_alert("al-3", BRIDGES, at=200.0), "confirmed by press")
    assessment = example_assessment(
        [BRIDGES], source="press", at=200.0, messages=[example_message("m1", release.alert)]
    )
    with store.write() as conn:
        commit_assessment(conn, replace(assessment, released=(release,)), content_hash="h", now=200.0)
    with store.read() as conn:
        assert [row.alert.id for row in load_alert_page(conn)] == ["al-3"]
        assert alerts.pending_for(conn, [BRIDGES]) == []
