from __future__ import annotations

from kit.builders import commit_texts

from monitor.store.base import Store
from monitor.store.retention_clock import ClockWatch, may_delete
from monitor.units import DAY, HOUR

NOW = 1_800_000_000.0
YEAR = 365 * DAY


def is_trusted(store: Store, now: float, stable_s: float = 0.0) -> bool:
    with store.write() as conn:
        return may_delete(conn, now, stable_s)


def test_a_clock_that_jumped_ahead_is_trusted_after_an_hour_without_a_step(store: Store) -> None:
    commit_texts(store, ["Three bridges are closed."], at=NOW)

    assert is_trusted(store, NOW + HOUR)
    assert not is_trusted(store, NOW + YEAR)
    assert not is_trusted(store, NOW + YEAR, stable_s=HOUR - 1)
    assert is_trusted(store, NOW + YEAR, stable_s=HOUR)
    assert is_trusted(store, NOW + YEAR + 6 * HOUR)


def test_updates_stored_while_the_clock_was_ahead_do_not_make_it_trusted(store: Store) -> None:
    commit_texts(store, ["Three bridges are closed."], at=NOW)
    assert is_trusted(store, NOW)
    commit_texts(store, ["All schools are open."], entry="e2", at=NOW + YEAR)

    assert not is_trusted(store, NOW + YEAR)
    assert is_trusted(store, NOW + HOUR)


def test_before_the_first_retention_the_newest_update_counts(store: Store) -> None:
    assert is_trusted(store, NOW)
    with store.write() as conn:
        conn.exec_driver_sql("DELETE FROM meta")
    commit_texts(store, ["Three bridges are closed."], at=NOW)

    assert not is_trusted(store, NOW + 2 * DAY)
    assert is_trusted(store, NOW + DAY - 1)


def test_a_step_in_either_direction_starts_the_hour_again() -> None:
    watch = ClockWatch()

    assert watch.stable_seconds(NOW, 10.0) == 0
    assert watch.stable_seconds(NOW + 300, 310.0) == 300
    assert watch.stable_seconds(NOW + 600 + YEAR, 610.0) == 0
    assert watch.stable_seconds(NOW + 900 + YEAR, 910.0) == 300
    assert watch.stable_seconds(NOW + 1000, 1010.0) == 0
    assert watch.stable_seconds(NOW + 1030, 1035.0) == 25
