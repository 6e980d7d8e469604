"""Full-text search over alerts, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.builders import commit_texts, example_alert, sent_decision
from sqlalchemy import delete, insert, select, text

from monitor.actions import record_feedback
from monitor.alerts.feedback import Feedback, FeedbackKind
from monitor.model import Alert
from monitor.serialize import alert_to_json
from monitor.store import schema
from monitor.store.alert_updates import save_changed_alert
from monitor.store.alert_words import alert_text_row
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.reports.alert_filter import AlertFilter, load_filtered_page, neighbors, rules_with_alerts
from monitor.store.reports.alert_search import postgres_query, search_terms, sqlite_query
from monitor.store.retention import delete_history

TEXTS = (
    "The ferry to Øresund will not run until Friday.",
    "Le café de l'Été ferme: 3,000 visiteurs.",
    "Ferries are running again between the islands.",
    "東京で地震がありました。",
    "Міністр оборони відвідав Харків.",
)


def add_alert(store: Store, number: int, claim: str, **changes: object) -> Alert:
    alert = replace(example_alert(f"al-{number}", claim, at=100.0 + number), **changes)  # type: ignore[arg-type]
    commit_texts(store, [claim], entry=f"e{number}", decisions=[sent_decision(alert)])
    return alert


@pytest.fixture
def filled(store: Store) -> Store:
    for number, claim in enumerate(TEXTS, 1):
        add_alert(store, number, claim)
    return store


def found(store: Store, query: str, *, limit: int = 50, before: int | None = None) -> list[int]:
    with store.read() as conn:
        page = load_filtered_page(conn, AlertFilter(text=query), limit=limit, before=before)
        return [row.number for row in page]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("ferry", [1]),
        ("FERRY", [1]),
        ("ferr*", [3, 1]),
        ("cafe ete", [2]),
        ("CAFÉ", [2]),
        ("oresund", [1]),
        ('"not run"', [1]),
        ('"run not"', []),
        ('"will not ru*"', [1]),
        ("run friday", [1]),
        ("run nowhere", []),
        ("3,000", [2]),
        ("bridges", [5, 4, 3, 2, 1]),  # the title
        ("wire", [5, 4, 3, 2, 1]),  # the source
        ("地震", [4]),
        ("震地", []),
        ("харків", [5]),
        ("оборон*", [5]),
    ],
)
def test_words_phrases_and_prefixes_are_found_newest_first(filled: Store, query: str, numbers: list[int]) -> None:
    assert found(filled, query) == numbers


def test_pages_continue_below_a_number(filled: Store) -> None:
    assert found(filled, "bridges", limit=2) == [5, 4]
    assert found(filled, "bridges", limit=2, before=4) == [3, 2]
    assert found(filled, "bridges", limit=2, before=1) == []


@pytest.mark.parametrize(
    "query",
    ["", " ", '"', '""', "*", "'", "\\", "!!! ???", ":*", "&", "\0", "\u202e", "a" * 5000 + "*", "\ud800"],
)
def test_a_search_without_words_finds_nothing(filled: Store, query: str) -> None:
    assert found(filled, query) == []


@pytest.mark.parametrize(
    "query",
    [
        "ferry AND",
        "OR ferry",
        "NOT",
        "ferry NEAR(",
        "words:ferry",
        "ferry'--",
        "(ferry",
        "-ferry",
        "^ferry",
        "ferry\\",
    ],
)
def test_operators_are_words_or_ignored(filled: Store, query: str) -> None:
    assert found(filled, query) in ([], [1])


def test_a_changed_alert_is_found_by_its_new_words(filled: Store) -> None:
    alert = example_alert("al-1", "The tunnel is open.")
    with filled.write() as conn:
        save_changed_alert(conn, alert)
    assert (found(filled, "tunnel"), found(filled, "friday")) == ([1], [])


def test_deleted_alerts_are_not_found(filled: Store) -> None:
    with filled.write() as conn:
        conn.execute(delete(schema.matches))
    for _ in delete_history(filled, 103.5):
        pass
    assert found(filled, "bridges") == [5, 4]
    with filled.read() as conn:
        assert len(conn.execute(select(schema.alert_texts.c.number)).all()) == 2


def test_the_same_alert_again_is_found_once(store: Store) -> None:
    for _ in range(2):
        add_alert(store, 1, "The ferry runs.")
    assert found(store, "ferry") == [1]


def test_an_alert_without_findings_is_found_by_its_reason(store: Store) -> None:
    add_alert(store, 1, "x", findings=(), title="Source wire is failing", reason="The server answered 503.")
    assert (found(store, "503"), found(store, "failing")) == ([1], [1])


def test_an_alert_of_hundreds_of_claims_can_be_stored(store: Store) -> None:
    alert = example_alert("al-9")
    claims = [replace(alert.findings[0], claim=f"word{number} " * 40 + "a" * 3000) for number in range(200)]
    add_alert(store, 9, "x", findings=tuple(claims))
    assert found(store, "word3") == [1]


def test_the_row_of_an_alert_of_an_old_version_is_complete() -> None:
    body = alert_to_json(example_alert())
    for key in ("entry_title", "heading"):
        del body["findings"][0][key]
    del body["counted"]
    assert alert_text_row(7, body) == {
        "number": 7,
        "source": "wire",
        "words": "bridges three bridges are closed wire",
    }


@given(st.text(max_size=60))
def test_any_text_is_a_valid_search(query: str) -> None:
    assert found(memory_store(), query, limit=5) in ([], [1])


_STORES: list[Store] = []


def memory_store() -> Store:
    """A store with one alert, opened once: each example only reads."""
    if not _STORES:
        store = open_store("sqlite:///:memory:")
        with store.write() as conn:
            alert = example_alert()
            body = alert_to_json(alert)
            row = {"number": 1, "id": "a", "rule": "r", "story": "s", "severity": "low", "title": "", "at": 1.0}
            conn.execute(insert(schema.alerts), row | {"body": body})
            conn.execute(insert(schema.alert_texts), alert_text_row(1, body))
        _STORES.append(store)
    return _STORES[0]


def test_queries_quote_every_word() -> None:
    terms = search_terms('a "b c*" d-e*')
    assert sqlite_query(terms) == '"a" AND "b c"* AND "d e"*'
    assert postgres_query(terms) == "('a') & ('b' <-> 'c':*) & ('d' <-> 'e':*)"


def test_the_index_agrees_with_its_rows(filled: Store) -> None:
    with filled.write() as conn:
        assert conn.scalar(text("SELECT count(*) FROM alert_texts")) == len(TEXTS)
        if conn.dialect.name == "sqlite":  # raises an error if they differ
            conn.execute(text("INSERT INTO alert_words (alert_words, rank) VALUES ('integrity-check', 1)"))


FILTERS = [
    (AlertFilter(), [5, 4, 3, 2, 1]),
    (AlertFilter(rule="bridges", severity="medium", source="wire", story="st-1"), [5, 4, 3, 2, 1]),
    (AlertFilter(source="press"), []),
    (AlertFilter(since=103.0), [5, 4, 3]),
    (AlertFilter(until=103.0), [2, 1]),
    (AlertFilter(since=102.0, until=104.0), [3, 2]),
    (AlertFilter(since=1e9), []),
    (AlertFilter(text="ferr*"), [3, 1]),
    (AlertFilter(text="ferr*", until=102.0), [1]),
    (AlertFilter(text="?!"), []),
    (AlertFilter(answered="no"), [5, 4, 3, 1]),
    (AlertFilter(answered="not-news"), [2]),
    (AlertFilter(answered="ack"), []),
    (AlertFilter(answered="yes", text="bridges"), [2]),
    (AlertFilter(message="m1"), []),
]


@pytest.mark.parametrize(("wanted", "numbers"), FILTERS)
def test_filters_combine(filled: Store, wanted: AlertFilter, numbers: list[int]) -> None:
    record_feedback(filled, Feedback("al-2", FeedbackKind.NOT_NEWS, 200.0, "web"), 1e9)
    with filled.read() as conn:
        assert [row.number for row in load_filtered_page(conn, wanted, limit=9)] == numbers
        newer = load_filtered_page(conn, wanted, limit=2, after=1)
    assert [row.number for row in newer] == [number for number in numbers if number > 1][-2:]


def test_alerts_are_found_by_their_time_whatever_their_order(store: Store) -> None:
    for number, at in enumerate((100.0, 50.0, 300.0, 10.0), 1):
        add_alert(store, number, f"News {number}.", at=at)
    with store.read() as conn:
        assert [row.number for row in load_filtered_page(conn, AlertFilter(until=100.0), limit=9)] == [4, 2]
        assert [row.number for row in load_filtered_page(conn, AlertFilter(since=100.0), limit=9)] == [3, 1]


def test_rules_with_alerts_are_listed_in_order(filled: Store) -> None:
    add_alert(filled, 9, "x", rule="airports")
    with filled.read() as conn:
        assert rules_with_alerts(conn, 9) == ["airports", "bridges"]
        assert rules_with_alerts(conn, 1) == ["airports"]
        assert neighbors(conn, 3) == ("al-4", "al-2")
        assert neighbors(conn, 6)[0] is None
