from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from kit.builders import (
    commit_texts,
    example_alert,
    example_assessment,
    example_finding,
    example_message,
    sent_decision,
)

from monitor.model import Decision, Match, Novelty, Reason
from monitor.store import alerts, rule_state
from monitor.store.base import Store
from monitor.store.commit import commit_assessment
from monitor.store.history import count_updates, find_update_saying, recorded_updates
from monitor.store.ledger import Ledger
from monitor.store.past import StoredHistory
from monitor.store.reports.alerts import load_alert_page
from monitor.store.reports.explain import MatchRow, explain_update
from monitor.store.reports.status import load_status
from monitor.store.rule_state import already_matched, insert_late_decision, last_update_id, set_match_reason

BRIDGES = "Three bridges are closed."


def make_rules(**names: str) -> list[Any]:
    """Return rules with these ids and names."""
    return [SimpleNamespace(id=id, name=name) for id, name in names.items()]


def throttled_decision(id: str, rule: str, throttled_until: float) -> Decision:
    pending_alert = example_alert(id, BRIDGES, rule=rule)
    return Decision(
        Match(rule, (0,), ()), Reason.THROTTLED, "", pending_alert=pending_alert, throttled_until=throttled_until
    )


def apply_renames(store: Store, **names: str) -> dict[str, str]:
    with store.write() as conn:
        return rule_state.apply_rule_renames(conn, make_rules(**names))


def test_the_history_of_a_renamed_rule_moves_to_its_new_name(store: Store) -> None:
    assert apply_renames(store, b="bridges", f="floods") == {}
    sent_alert = example_alert("al-1", BRIDGES)
    commit_texts(
        store,
        [BRIDGES],
        decisions=[sent_decision(sent_alert), throttled_decision("al-2", "bridges", 200.0)],
        messages=[example_message("m1", sent_alert)],
    )
    assert apply_renames(store, b="crossings", f="floods") == {"bridges": "crossings"}
    with store.read() as conn:
        history = StoredHistory(conn, since=0.0)
        assert history.already_alerted("crossings", "st-1", [BRIDGES]) == {BRIDGES}
        assert history.already_alerted("bridges", "st-1", [BRIDGES]) == set()
        assert alerts.alert_times(conn, "crossings", "st-1", 0.0) == [100.0]
        assert [pending.alert.rule for pending in alerts.due_throttled_matches(conn, 300.0)] == ["crossings"]
        assert len(load_alert_page(conn, rule="crossings")) == 1
    assert [row.match.rule for row in explained_matches(store)] == ["crossings", "crossings"]
    assert apply_renames(store, b="crossings") == {}


def explained_matches(store: Store, number: int = 1) -> tuple[MatchRow, ...]:
    with store.read() as conn:
        explanation = explain_update(conn, number)
    assert explanation
    return explanation.matches


def test_decisions_made_before_a_worker_sees_a_rename_are_moved_afterwards(store: Store) -> None:
    apply_renames(store, b="bridges")
    apply_renames(store, b="crossings")
    commit_texts(store, [BRIDGES], decisions=[throttled_decision("al-2", "bridges", 200.0)])
    with store.write() as conn:
        rule_state.apply_rule_renames(conn, make_rules(b="crossings"), make_rules(b="bridges"))

    with store.read() as conn:
        [pending] = alerts.due_throttled_matches(conn, 300.0)
    assert pending.alert.rule == "crossings"


def test_two_rules_can_swap_their_names(store: Store) -> None:
    apply_renames(store, b="bridges", f="floods")
    for number, rule in enumerate(("bridges", "floods")):
        alert = example_alert(f"al-{number}", BRIDGES, rule=rule, at=100.0 + number)
        commit_texts(store, [BRIDGES], entry=f"e{number}", at=100.0 + number, decisions=[sent_decision(alert)])
    assert apply_renames(store, b="floods", f="bridges") == {"bridges": "floods", "floods": "bridges"}
    with store.read() as conn:
        assert alerts.alert_times(conn, "floods", "st-1", 0.0) == [100.0]
        assert alerts.alert_times(conn, "bridges", "st-1", 0.0) == [101.0]


def test_a_rule_can_take_the_name_of_a_removed_rule(store: Store) -> None:
    apply_renames(store, b="bridges", f="floods")
    for rule in ("bridges", "floods"):
        commit_texts(store, [BRIDGES], entry=rule, decisions=[sent_decision(example_alert(rule, BRIDGES, rule=rule))])
    assert apply_renames(store, b="floods") == {"bridges": "floods"}
    with store.read() as conn:
        assert StoredHistory(conn, since=0.0).already_alerted("floods", "st-1", [BRIDGES]) == {BRIDGES}


def test_dropped_matches_are_no_longer_pending_and_keep_a_reason(store: Store) -> None:
    commit_texts(store, [BRIDGES], decisions=[throttled_decision("al-2", "bridges", 200.0)])
    with store.write() as conn:
        rule_state.drop_pending(conn, [pending.id for pending in alerts.due_throttled_matches(conn, 300.0)])
        rule_state.drop_pending(conn, [])
    with store.read() as conn:
        assert alerts.due_throttled_matches(conn, 300.0) == []
        assert load_status(conn, 300.0).pending_matches == 0
    (row,) = explained_matches(store)
    assert (row.reason, row.detail) == (Reason.RULE_REMOVED, rule_state.RULE_REMOVED_DETAIL)


def test_matches_awaiting_corroboration_are_dropped_a_day_after_their_rule_went_missing(store: Store) -> None:
    of_missing_rule = Decision(
        Match("bridges", (0,), ()), Reason.AWAITING_CORROBORATION, "", pending_alert=example_alert("al-1", BRIDGES)
    )
    of_running_rule = Decision(
        Match("floods", (0,), ()),
        Reason.AWAITING_CORROBORATION,
        "",
        pending_alert=example_alert("al-2", BRIDGES, rule="floods"),
    )
    commit_texts(
        store, [BRIDGES], decisions=[of_missing_rule, of_running_rule, throttled_decision("al-3", "bridges", 200.0)]
    )

    def pending_ids_after(now: float, *running_rules: str) -> list[str]:
        with store.write() as conn:
            rule_state.drop_pending_of_missing(conn, running_rules, now)
            return [pending.alert.id for pending in alerts.pending_for(conn, [BRIDGES])]

    assert pending_ids_after(0.0, "floods", "bridges") == ["al-1", "al-2"]
    assert pending_ids_after(10.0, "floods") == ["al-1", "al-2"]
    assert pending_ids_after(9.0 + rule_state.MISSING_RULE_GRACE_S, "floods") == ["al-1", "al-2"]
    assert pending_ids_after(10.0 + rule_state.MISSING_RULE_GRACE_S, "floods") == ["al-2"]
    with store.read() as conn:
        assert [pending.alert.id for pending in alerts.due_throttled_matches(conn, 300.0)] == ["al-3"]
    assert [row.reason for row in explained_matches(store)] == ["rule gone", "awaiting corroboration", "throttled"]


def test_the_lookback_of_rules_is_stored(store: Store) -> None:
    with store.write() as conn:
        assert rule_state.load_lookback_seconds(conn) == {}
        rule_state.save_lookback_seconds(conn, {"b": 60.0, "f": 5.0})
        rule_state.save_lookback_seconds(conn, {"b": 90.0})
        assert rule_state.load_lookback_seconds(conn) == {"b": 90.0, "f": 5.0}


def test_a_late_decision_is_stored_with_its_update(store: Store) -> None:
    commit_texts(store, [BRIDGES])
    with store.write() as conn:
        assert (last_update_id(conn), already_matched(conn, ["bridges"])) == (1, set())
        insert_late_decision(conn, sent_decision(example_alert("al-1", BRIDGES)), 1, 500.0)
        pending_decision = Decision(
            Match("bridges", (0,), ()),
            Reason.AWAITING_CORROBORATION,
            "",
            pending_alert=example_alert("al-2", BRIDGES),
        )
        insert_late_decision(conn, pending_decision, 1, 500.0)
        set_match_reason(conn, "al-1", Reason.DIGEST, "told at nine")
        assert already_matched(conn, ["bridges"]) == {(1, "bridges")}
        assert [pending.alert.id for pending in alerts.pending_for(conn, [BRIDGES])] == ["al-2"]
    assert [(row.reason, row.detail) for row in explained_matches(store)] == [
        ("digest", "told at nine"),
        ("awaiting corroboration", ""),
    ]


@pytest.mark.parametrize("wanted", [True, False])
def test_recorded_updates_reads_only_wanted_updates_completely(store: Store, wanted: bool) -> None:
    withdrawn = example_finding("Schools are closed.", Novelty.WITHDRAWN)
    commit_texts(store, [BRIDGES], findings=[example_finding(BRIDGES), withdrawn])
    with store.write() as conn:
        commit_assessment(conn, example_assessment(["Rain."], entry="e2", at=50.0), content_hash="x", now=50.0)
    outlines = []

    def is_wanted(update: Any, findings: Any) -> bool:
        outlines.append((update.entry, update.text, [finding.claim.text for finding in findings]))
        return wanted

    with store.read() as conn:
        recorded = list(recorded_updates(conn, 60.0, novelties=[Novelty.NEW], is_wanted=is_wanted))
        assert (count_updates(conn, 60.0), count_updates(conn, 0.0)) == (1, 2)
        assert outlines == [("e1", "", [BRIDGES])]
        expected = [(BRIDGES, (example_finding(BRIDGES),))] if wanted else []
        assert [(recorded_update.update.text, recorded_update.findings) for recorded_update in recorded] == expected
        assert len(next(iter(recorded_updates(conn, 0.0))).findings) == 2


def test_the_update_that_first_made_a_claim_is_found(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=100.0)
    commit_texts(store, ["Rain."], at=200.0)
    with store.read() as conn:
        (prior,) = Ledger(conn, since=0.0).exact_matches(["Rain."])["Rain."]
        assert find_update_saying(conn, prior) == 2
