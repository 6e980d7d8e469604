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
from monitor.store.past import StoredHistory
from monitor.store.reports.alerts import load_alert_page
from monitor.store.reports.claims import load_claim_page
from monitor.store.reports.explain import MatchRow, explain_update
from monitor.store.reports.status import load_status
from monitor.store.rule_state import already_matched, insert_late_decision, last_update_id, set_match_reason

BRIDGES = "Three bridges are closed."


def rules(**names: str) -> list[Any]:
    """Rules by id and name."""
    return [SimpleNamespace(id=id, name=name) for id, name in names.items()]


def holds(id: str, rule: str, opens: float) -> Decision:
    waits = example_alert(id, BRIDGES, rule=rule)
    return Decision(Match(rule, (0,), ()), Reason.THROTTLED, "", pending_alert=waits, throttled_until=opens)


def carry_on(store: Store, **names: str) -> dict[str, str]:
    with store.write() as conn:
        return rule_state.apply_rule_renames(conn, rules(**names))


def test_the_past_of_a_renamed_rule_goes_on_under_its_new_name(store: Store) -> None:
    assert carry_on(store, b="bridges", f="floods") == {}
    sent = example_alert("al-1", BRIDGES)
    commit_texts(
        store,
        [BRIDGES],
        decisions=[sent_decision(sent), holds("al-2", "bridges", 200.0)],
        messages=[example_message("m1", sent)],
    )
    assert carry_on(store, b="crossings", f="floods") == {"bridges": "crossings"}
    with store.read() as conn:
        known = StoredHistory(conn, since=0.0)
        assert known.already_alerted("crossings", "st-1", [BRIDGES]) == {BRIDGES}
        assert known.already_alerted("bridges", "st-1", [BRIDGES]) == set()
        assert alerts.alert_times(conn, "crossings", "st-1", 0.0) == [100.0]
        assert [held.alert.rule for held in alerts.due_throttled_matches(conn, 300.0)] == ["crossings"]
        assert len(load_alert_page(conn, rule="crossings")) == 1
    assert [row.match.rule for row in explained(store)] == ["crossings", "crossings"]
    assert carry_on(store, b="crossings") == {}


def explained(store: Store, number: int = 1) -> tuple[MatchRow, ...]:
    with store.read() as conn:
        found = explain_update(conn, number)
    assert found
    return found.matches


def test_two_rules_may_exchange_their_names(store: Store) -> None:
    carry_on(store, b="bridges", f="floods")
    for number, rule in enumerate(("bridges", "floods")):
        told = example_alert(f"al-{number}", BRIDGES, rule=rule, at=100.0 + number)
        commit_texts(store, [BRIDGES], entry=f"e{number}", at=100.0 + number, decisions=[sent_decision(told)])
    assert carry_on(store, b="floods", f="bridges") == {"bridges": "floods", "floods": "bridges"}
    with store.read() as conn:
        assert alerts.alert_times(conn, "floods", "st-1", 0.0) == [100.0]
        assert alerts.alert_times(conn, "bridges", "st-1", 0.0) == [101.0]


def test_a_rule_may_take_the_name_of_one_that_is_gone(store: Store) -> None:
    carry_on(store, b="bridges", f="floods")
    for rule in ("bridges", "floods"):
        commit_texts(store, [BRIDGES], entry=rule, decisions=[sent_decision(example_alert(rule, BRIDGES, rule=rule))])
    assert carry_on(store, b="floods") == {"bridges": "floods"}
    with store.read() as conn:
        assert StoredHistory(conn, since=0.0).already_alerted("floods", "st-1", [BRIDGES]) == {BRIDGES}


def test_what_is_dropped_waits_no_more_and_says_why(store: Store) -> None:
    commit_texts(store, [BRIDGES], decisions=[holds("al-2", "bridges", 200.0)])
    with store.write() as conn:
        rule_state.drop_pending(conn, [held.id for held in alerts.due_throttled_matches(conn, 300.0)])
        rule_state.drop_pending(conn, [])
    with store.read() as conn:
        assert alerts.due_throttled_matches(conn, 300.0) == []
        assert load_status(conn, 300.0).pending_matches == 0
    (row,) = explained(store)
    assert (row.reason, row.detail) == (Reason.RULE_REMOVED, rule_state.RULE_REMOVED_DETAIL)


def test_what_waits_for_sources_is_dropped_a_day_after_its_rule_was_missed(store: Store) -> None:
    waits = Decision(
        Match("bridges", (0,), ()), Reason.AWAITING_CORROBORATION, "", pending_alert=example_alert("al-1", BRIDGES)
    )
    other = Decision(
        Match("floods", (0,), ()),
        Reason.AWAITING_CORROBORATION,
        "",
        pending_alert=example_alert("al-2", BRIDGES, rule="floods"),
    )
    commit_texts(store, [BRIDGES], decisions=[waits, other, holds("al-3", "bridges", 200.0)])

    def left(now: float, *runs: str) -> list[str]:
        with store.write() as conn:
            rule_state.drop_pending_of_missing(conn, runs, now)
            return [held.alert.id for held in alerts.pending_for(conn, [BRIDGES])]

    assert left(0.0, "floods", "bridges") == ["al-1", "al-2"]
    assert left(10.0, "floods") == ["al-1", "al-2"]
    assert left(9.0 + rule_state.MISSING_RULE_GRACE_S, "floods") == ["al-1", "al-2"]
    assert left(10.0 + rule_state.MISSING_RULE_GRACE_S, "floods") == ["al-2"]
    with store.read() as conn:
        assert [held.alert.id for held in alerts.due_throttled_matches(conn, 300.0)] == ["al-3"]
    assert [row.reason for row in explained(store)] == ["rule gone", "awaiting corroboration", "throttled"]


def test_how_far_rules_have_looked_back_is_remembered(store: Store) -> None:
    with store.write() as conn:
        assert rule_state.load_lookback_seconds(conn) == {}
        rule_state.save_lookback_seconds(conn, {"b": 60.0, "f": 5.0})
        rule_state.save_lookback_seconds(conn, {"b": 90.0})
        assert rule_state.load_lookback_seconds(conn) == {"b": 90.0, "f": 5.0}


def test_a_late_decision_is_kept_with_its_update(store: Store) -> None:
    commit_texts(store, [BRIDGES])
    with store.write() as conn:
        assert (last_update_id(conn), already_matched(conn, ["bridges"])) == (1, set())
        insert_late_decision(conn, sent_decision(example_alert("al-1", BRIDGES)), 1, 500.0)
        waits = Decision(
            Match("bridges", (0,), ()),
            Reason.AWAITING_CORROBORATION,
            "",
            pending_alert=example_alert("al-2", BRIDGES),
        )
        insert_late_decision(conn, waits, 1, 500.0)
        set_match_reason(conn, "al-1", Reason.DIGEST, "told at nine")
        assert already_matched(conn, ["bridges"]) == {(1, "bridges")}
        assert [held.alert.id for held in alerts.pending_for(conn, [BRIDGES])] == ["al-2"]
    assert [(row.reason, row.detail) for row in explained(store)] == [
        ("digest", "told at nine"),
        ("awaiting corroboration", ""),
    ]


@pytest.mark.parametrize("wanted", [True, False])
def test_history_reads_what_is_wanted_and_no_more(store: Store, wanted: bool) -> None:
    gone = example_finding("Schools are closed.", Novelty.WITHDRAWN)
    commit_texts(store, [BRIDGES], findings=[example_finding(BRIDGES), gone])
    with store.write() as conn:
        commit_assessment(conn, example_assessment(["Rain."], entry="e2", at=50.0), content_hash="x", now=50.0)
    shown = []

    def asked(update: Any, findings: Any) -> bool:
        shown.append((update.entry, update.text, [one.claim.text for one in findings]))
        return wanted

    with store.read() as conn:
        found = list(recorded_updates(conn, 60.0, novelties=[Novelty.NEW], is_wanted=asked))
        assert (count_updates(conn, 60.0), count_updates(conn, 0.0)) == (1, 2)
        assert shown == [("e1", "", [BRIDGES])]
        assert [(one.update.text, one.findings) for one in found] == [(BRIDGES, (example_finding(BRIDGES),))] * wanted
        assert len(next(iter(recorded_updates(conn, 0.0))).findings) == 2


def test_the_update_that_said_a_claim_is_found(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=100.0)
    commit_texts(store, ["Rain."], at=200.0)
    with store.read() as conn:
        (first,) = [row.earliest for row in load_claim_page(conn) if row.earliest.text == "Rain."]
        assert find_update_saying(conn, first) == 2
