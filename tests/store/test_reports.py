from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from kit.builders import (
    add_sources,
    commit_texts,
    example_alert,
    example_assessment,
    example_finding,
    example_message,
    example_prior,
    sent_decision,
)
from kit.delivery import make_alert, make_alert_finding
from sqlalchemy import text

from monitor.model import Change, ChangeKind, Decision, Finding, Match, Noise, Novelty, Reason, TermHit
from monitor.store import outbox
from monitor.store.base import Store
from monitor.store.commit import commit_assessment
from monitor.store.reports.alert_filter import AlertFilter, count_filtered
from monitor.store.reports.alerts import find_alert, load_alert_page
from monitor.store.reports.deliveries import DeliveryRow, load_delivery_page
from monitor.store.reports.explain import MatchRow, UpdateExplanation, explain_update
from monitor.store.reports.status import DAY, Status, TableCounts, load_status

BRIDGES = "Three bridges are closed."


def commit_five_alerts(store: Store) -> None:
    for n in range(1, 6):
        alert = example_alert(f"al-{n}", at=100.0 * n, rule="floods" if n == 3 else "bridges", story=f"st-{n % 2}")
        commit_texts(
            store,
            [f"News {n}."],
            entry=f"e{n}",
            decisions=[sent_decision(alert)],
            messages=[example_message(f"m{n}", alert)],
        )


def test_alerts_are_listed_newest_first(store: Store) -> None:
    commit_five_alerts(store)
    with store.read() as conn:
        first_page = load_alert_page(conn, limit=3)
    assert [row.alert.id for row in first_page] == ["al-5", "al-4", "al-3"]
    assert first_page[0].alert == example_alert("al-5", at=500.0, story="st-1")


def test_alerts_can_be_filtered_by_rule_and_story(store: Store) -> None:
    commit_five_alerts(store)
    with store.read() as conn:
        assert [row.alert.id for row in load_alert_page(conn, rule="floods")] == ["al-3"]
        assert [row.alert.id for row in load_alert_page(conn, story="st-0")] == ["al-4", "al-2"]
        row = find_alert(conn, "al-2")
        assert row is not None
        assert row.update_id == 2
        assert find_alert(conn, "al-9") is None


def test_deliveries_are_listed_with_their_state(store: Store) -> None:
    commit_five_alerts(store)
    with store.write() as conn:
        outbox.mark_sent(conn, "m1", 150.0, "250 accepted")
        outbox.mark_dead(conn, "m2", "550 nobody", 150.0)
    with store.read() as conn:
        states = [(row.alert_id, row.state) for row in load_delivery_page(conn, limit=2, before=3)]
        dead = load_delivery_page(conn, states=["dead"])
        assert load_delivery_page(conn, channel="osint") == []
        assert [row.message_id for row in load_delivery_page(conn, alert_id="al-4")] == ["m4"]
    assert states == [("al-2", "dead"), ("al-1", "sent")]
    assert dead == [
        DeliveryRow(
            2, "al-2", "Bridges", "desk", "m2", "dead", 0, 150.0, "550 nobody", None, None, headline=BRIDGES[:-1]
        )
    ]


def test_a_delivery_names_the_earlier_one_of_its_story_that_blocks_it(store: Store) -> None:
    first, second, other_story = (example_alert(f"al-{n}", f"News {n}.", story=f"st-{n // 3}") for n in (1, 2, 3))
    messages = [
        example_message("m1", first),
        example_message("m2", second),
        example_message("m3", other_story, thread="st-2"),
        example_message("m4", second, channel="osint"),
    ]
    commit_texts(
        store,
        ["News."],
        decisions=[sent_decision(alert) for alert in (first, second, other_story)],
        messages=messages,
    )

    def blocked_by() -> dict[str, int | None]:
        with store.read() as conn:
            return {row.message_id: row.blocked_by for row in load_delivery_page(conn)}

    assert blocked_by() == {"m1": None, "m2": 1, "m3": None, "m4": None}
    with store.write() as conn:
        outbox.mark_partial(conn, "m1", 500.0, "b@desk.example is full", ["b@desk.example"])
    assert blocked_by() == {"m1": None, "m2": None, "m3": None, "m4": None}


@pytest.mark.parametrize("body", ["{}", "[]", '{"id": "al-2"}'])
def test_a_delivery_whose_alert_is_unreadable_is_listed_by_its_title(store: Store, body: str) -> None:
    commit_five_alerts(store)
    with store.write() as conn:
        conn.execute(text("UPDATE alerts SET body = :body WHERE id = 'al-2'"), {"body": body})
    with store.read() as conn:
        (row,) = load_delivery_page(conn, alert_id="al-2")
    assert row.headline == "Bridges"


def test_an_open_delivery_has_the_time_until_which_its_channel_is_paused(store: Store) -> None:
    commit_five_alerts(store)
    with store.write() as conn:
        outbox.mark_sent(conn, "m1", 150.0, "250 accepted")
        outbox.pause_channel(conn, "desk", 400.0)
    with store.read() as conn:
        rows = {row.message_id: row.held_until for row in load_delivery_page(conn)}
    assert (rows["m1"], rows["m2"]) == (None, 400.0)


def test_an_update_is_explained_with_all_findings_and_decisions(store: Store) -> None:
    findings = [
        Finding(
            example_finding(BRIDGES).claim,
            Novelty.CHANGED,
            88.5,
            (Change(ChangeKind.NUMBER, "Two", "Three"),),
            example_prior("press", "Two bridges are closed."),
            "st-2",
            True,
        ),
        replace(
            example_finding("Read more"), claim=replace(example_finding("Read more").claim, noise=Noise.BOILERPLATE)
        ),
    ]
    match = Match("bridges", (0,), (TermHit(0, 6, 13, "bridges", "bridge*"),))
    decisions = [
        Decision(match, Reason.THROTTLED, "more than 1 per 1h", throttled_until=900.0),
        sent_decision(example_alert()),
    ]
    assessment = example_assessment([BRIDGES, "Read more"], findings=findings, decisions=decisions)
    with store.write() as conn:
        commit_assessment(conn, assessment, content_hash="h", now=120.0)
    with store.read() as conn:
        explained = explain_update(conn, 1)
        assert explain_update(conn, 2) is None
    assert explained == UpdateExplanation(
        1,
        assessment.update,
        "st-1",
        assessment.findings,
        (
            MatchRow(match, Reason.THROTTLED, "more than 1 per 1h", None, 900.0, 120.0),
            MatchRow(Match("bridges", (0,), ()), Reason.SENT, "", "al-1", None, 120.0),
        ),
    )


def test_the_status_counts_rows_and_states(store: Store) -> None:
    commit_five_alerts(store)
    with store.write() as conn:
        outbox.mark_sent(conn, "m1", 150.0, "")
    with store.read() as conn:
        status = load_status(conn, now=400.0 + DAY)
    assert status == Status(
        sources={"empty": 2},
        messages={"pending": 4, "sent": 1},
        counts=TableCounts(entries=5, updates=5, claims=5, stories=1, alerts=5, sent_messages=1),
        alerts_today=2,
        pending_matches=0,
        last_poll=None,
        next_poll=0.0,
        oldest_owed=100.0,
        decided_today={},
        never_polled=2,
    )


def test_the_alerts_of_a_filter_are_counted_up_to_a_limit(store: Store) -> None:
    add_sources(store, "wire", "isw")
    commit_five_alerts(store)
    isw = make_alert(make_alert_finding("News.", source="isw"), id="al-6", rule="bridges", story="st-1", at=600.0)
    commit_texts(store, ["News."], source="isw", decisions=[sent_decision(isw)])

    def count(limit: int = 100, **wanted: Any) -> int:
        return count_filtered(conn, AlertFilter(**wanted), limit)

    with store.read() as conn:
        assert count(rule="bridges") == 5
        assert count(rule="bridges", since=300.0) == 3
        assert (count(source="isw"), count(source="isw", rule="floods")) == (1, 0)
        assert (count(source="isw", story="st-1"), count(story="st-1")) == (1, 4)
        assert (count(limit=2), count(limit=2, rule="bridges")) == (2, 2)
