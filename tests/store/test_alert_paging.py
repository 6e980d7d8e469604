"""A page of alerts costs the same in a small and a large history, at any depth."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kit.builders import example_alert
from sqlalchemy import Connection, insert

from monitor.serialize import alert_to_json
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.reports.alert_filter import AlertFilter, load_filtered_page, neighbors
from monitor.store.reports.alerts import load_alert_page
from monitor.store.schema import alerts

pytestmark = pytest.mark.sqlite  # which counts the steps that it takes

SMALL, LARGE = 1_000, 20_000
BODY = alert_to_json(example_alert())
STEPS_AT_ONCE = 10


def alert_row(number: int) -> dict[str, Any]:
    severity = ("low", "medium", "high", "critical")[number % 4]
    names = {"rule": f"rule {number % 7}", "story": f"st-{number % 50}", "severity": severity, "title": ""}
    return {"number": number, "id": f"al-{number}", "at": float(number), "body": BODY, **names}


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Store]]:
    folder = tmp_path_factory.mktemp("paging")
    with closing(filled(folder, SMALL)) as small, closing(filled(folder, LARGE)) as large:
        yield {SMALL: small, LARGE: large}


def filled(folder: Path, count: int) -> Store:
    store = open_store(f"sqlite:///{folder}/{count}.db")
    with store.write() as conn:
        conn.execute(insert(alerts), [alert_row(number) for number in range(1, count + 1)])
    return store


def steps(conn: Connection, load: Any) -> int:
    """Return how many steps of its virtual machine SQLite takes for a query."""
    connection = conn.connection.driver_connection
    assert isinstance(connection, sqlite3.Connection)
    calls: list[int] = []
    connection.set_progress_handler(lambda: calls.append(1), STEPS_AT_ONCE)
    try:
        load(conn)
    finally:
        connection.set_progress_handler(None, 0)
    return len(calls) * STEPS_AT_ONCE


FILTERS = {
    "none": AlertFilter(),
    "rule": AlertFilter(rule="rule 3"),
    "severity": AlertFilter(severity="high"),
    "story": AlertFilter(story="st-7"),
    "unanswered": AlertFilter(answered="no"),
}


@pytest.mark.parametrize("filter_name", FILTERS)
@pytest.mark.parametrize("depth", [0.0, 0.5, 0.9])
def test_a_page_takes_as_many_steps_in_a_history_twenty_times_as_long(
    stores: dict[int, Store], filter_name: str, depth: float
) -> None:
    found = {}
    for count, store in stores.items():
        before = int(count * (1 - depth)) + 1
        with store.read() as conn:
            found[count] = steps(
                conn, lambda conn, to=before: load_filtered_page(conn, FILTERS[filter_name], limit=25, before=to)
            )

    assert found[SMALL] > 0
    assert found[LARGE] < 2 * found[SMALL] + 500, found


def test_other_lookups_of_pages_take_as_many_steps_as_well(stores: dict[int, Store]) -> None:
    lookups = {
        "newer": lambda conn: load_filtered_page(conn, AlertFilter(), limit=25, after=SMALL // 2),
        "neighbors": lambda conn: neighbors(conn, SMALL // 2),
        "rule": lambda conn: load_alert_page(conn, rule="rule 3", limit=25),
        "nothing": lambda conn: load_filtered_page(conn, AlertFilter(rule="nobody"), limit=25),
    }
    for name, load in lookups.items():
        found = {}
        for count, store in stores.items():
            with store.read() as conn:
                found[count] = steps(conn, load)
        assert found[LARGE] < 2 * found[SMALL] + 500, (name, found)
