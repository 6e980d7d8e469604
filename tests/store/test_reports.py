from __future__ import annotations

from dataclasses import replace

import pytest
from kit.saying import alert, assessment, commit, configured, finding, message, said_by, sends
from sqlalchemy import text

from monitor.model import Change, Decision, Finding, Kind, Match, Met, Novelty, Quiet, Reason
from monitor.store import Store, outbox, reports
from monitor.store.record import record, tell

BRIDGES = "Three bridges are closed."


def five_alerts(store: Store) -> None:
    for n in range(1, 6):
        one = alert(f"al-{n}", at=100.0 * n, rule="floods" if n == 3 else "bridges", story=f"st-{n % 2}")
        commit(store, [f"News {n}."], entry=f"e{n}", decisions=[sends(one)], messages=[message(f"m{n}", one)])


def test_alerts_are_listed_newest_first_page_by_page(store: Store) -> None:
    five_alerts(store)
    with store.read() as conn:
        first = reports.alerts(conn, limit=3)
        rest = reports.alerts(conn, limit=3, before=first[-1].number)
    assert [row.alert.id for row in first + rest] == ["al-5", "al-4", "al-3", "al-2", "al-1"]
    assert first[0].alert == alert("al-5", at=500.0, story="st-1")


def test_alerts_are_listed_by_rule_story_and_moment(store: Store) -> None:
    five_alerts(store)
    with store.read() as conn:
        assert [row.alert.id for row in reports.alerts(conn, rule="floods")] == ["al-3"]
        assert [row.alert.id for row in reports.alerts(conn, story="st-0")] == ["al-4", "al-2"]
        assert [row.alert.id for row in reports.alerts(conn, since=400.0)] == ["al-5", "al-4"]
        found = reports.alert(conn, "al-2")
        assert found is not None
        assert found.update == 2
        assert reports.alert(conn, "al-9") is None


def test_deliveries_are_listed_with_their_state(store: Store) -> None:
    five_alerts(store)
    with store.write() as conn:
        outbox.sent(conn, "m1", 150.0, "250 accepted")
        outbox.dead(conn, "m2", "550 nobody", 150.0)
    with store.read() as conn:
        states = [(row.alert, row.state) for row in reports.deliveries(conn, limit=2, before=3)]
        dead = reports.deliveries(conn, states=["dead"])
        assert reports.deliveries(conn, channel="osint") == []
        assert [row.message for row in reports.deliveries(conn, alert="al-4")] == ["m4"]
    assert states == [("al-2", "dead"), ("al-1", "sent")]
    assert dead == [
        reports.DeliveryRow(
            2, "al-2", "Bridges", "desk", "m2", "dead", 0, 150.0, "550 nobody", None, None, headline=BRIDGES[:-1]
        )
    ]


def test_a_delivery_names_the_one_of_its_story_that_goes_before_it_on_its_channel(store: Store) -> None:
    first, same, other = (alert(f"al-{n}", f"News {n}.", story=f"st-{n // 3}") for n in (1, 2, 3))
    owed = [
        message("m1", first),
        message("m2", same),
        message("m3", other, thread="st-2"),
        message("m4", same, channel="osint"),
    ]
    commit(store, ["News."], decisions=[sends(one) for one in (first, same, other)], messages=owed)

    def behind() -> dict[str, int | None]:
        with store.read() as conn:
            return {row.message: row.behind for row in reports.deliveries(conn)}

    assert behind() == {"m1": None, "m2": 1, "m3": None, "m4": None}
    with store.write() as conn:
        outbox.partly(conn, "m1", 500.0, "b@desk.example is full", ["b@desk.example"])
    assert behind() == {"m1": None, "m2": None, "m3": None, "m4": None}


@pytest.mark.parametrize("body", ["{}", "[]", '{"id": "al-2"}'])
def test_a_delivery_whose_alert_cannot_be_read_any_more_is_listed_by_its_title(store: Store, body: str) -> None:
    five_alerts(store)
    with store.write() as conn:
        conn.execute(text("UPDATE alerts SET body = :body WHERE id = 'al-2'"), {"body": body})
    with store.read() as conn:
        (row,) = reports.deliveries(conn, alert="al-2")
    assert row.headline == "Bridges"


def test_a_delivery_knows_until_when_its_channel_rests(store: Store) -> None:
    five_alerts(store)
    with store.write() as conn:
        outbox.sent(conn, "m1", 150.0, "250 accepted")
        outbox.hold(conn, "desk", 400.0)
    with store.read() as conn:
        rows = {row.message: row.held_until for row in reports.deliveries(conn)}
    assert (rows["m1"], rows["m2"]) == (None, 400.0)


def test_an_update_is_explained_with_every_finding_and_decision(store: Store) -> None:
    findings = [
        Finding(
            finding(BRIDGES).claim,
            Novelty.CHANGED,
            88.5,
            (Change(Kind.NUMBER, "Two", "Three"),),
            said_by("press", "Two bridges are closed."),
            "st-2",
            True,
        ),
        replace(finding("Read more"), claim=replace(finding("Read more").claim, quiet=Quiet.BOILERPLATE)),
    ]
    match = Match("bridges", (0,), (Met(0, 6, 13, "bridges", "bridge*"),))
    decisions = [Decision(match, Reason.THROTTLED, "more than 1 per 1h", opens=900.0), sends(alert())]
    one = assessment([BRIDGES, "Read more"], findings=findings, decisions=decisions)
    with store.write() as conn:
        record(conn, one, content_hash="h", now=120.0)
    with store.read() as conn:
        explained = reports.explain(conn, 1)
        assert reports.explain(conn, 2) is None
    assert explained == reports.Explained(
        1,
        one.update,
        "st-1",
        one.findings,
        (
            reports.MatchRow(match, Reason.THROTTLED, "more than 1 per 1h", None, 900.0, 120.0),
            reports.MatchRow(Match("bridges", (0,), ()), Reason.SENT, "", "al-1", None, 120.0),
        ),
    )


def test_the_ledger_is_listed_newest_first_and_searched_by_terms(store: Store) -> None:
    commit(store, ["red green", "red blue"], at=100.0)
    commit(store, ["red green"], source="press", at=200.0)
    commit(store, ["green blue red"], entry="e2", at=300.0)
    with store.read() as conn:
        assert [row.said.text for row in reports.ledger(conn, terms=["red", "green"])] == [
            "green blue red",
            "red green",
        ]
        first = reports.ledger(conn, limit=2)
        rest = reports.ledger(conn, limit=2, before=first[-1].number)
        assert reports.ledger(conn, terms=["none"]) == []
    assert [(row.said.text, row.sayings, row.last_at) for row in first + rest] == [
        ("green blue red", 1, 300.0),
        ("red blue", 1, 100.0),
        ("red green", 2, 200.0),
    ]
    assert (rest[0].said.source, rest[0].said.at) == ("wire", 100.0)


def test_the_status_counts_what_there_is(store: Store) -> None:
    five_alerts(store)
    with store.write() as conn:
        outbox.sent(conn, "m1", 150.0, "")
    with store.read() as conn:
        found = reports.status(conn, now=400.0 + reports.DAY)
    assert found == reports.Status(
        sources={"empty": 2},
        messages={"pending": 4, "sent": 1},
        entries=5,
        updates=5,
        claims=5,
        stories=1,
        alerts=5,
        alerts_today=2,
        held=0,
        last_poll=None,
        next_poll=0.0,
        oldest_owed=100.0,
        decided_today={},
    )


def test_the_latest_alerts_are_counted_by_rule_story_and_source(store: Store) -> None:
    configured(store, "wire", "isw")
    five_alerts(store)
    commit(store, ["News."], source="isw", decisions=[sends(alert("al-6", at=600.0))])
    with store.write() as conn:
        tell(conn, [message("m-n", replace(alert("al-n", at=600.0, rule="monitor"), findings=()))])
        everything = {(one.rule, one.story, one.source): one.count for one in reports.lately(conn, 200.0)}
        newest = {(one.rule, one.story, one.source): one.count for one in reports.lately(conn, 200.0, most=2)}
    assert everything == {
        ("bridges", "st-0", "wire"): 2,
        ("bridges", "st-1", "wire"): 1,
        ("bridges", "st-1", "isw"): 1,
        ("floods", "st-1", "wire"): 1,
    }
    assert newest == {("bridges", "st-1", "isw"): 1}
