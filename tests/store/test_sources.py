from __future__ import annotations

import threading
from dataclasses import replace

from kit.builders import add_sources, commit_texts
from sqlalchemy import event

from monitor.config.models import SourceConfig
from monitor.sources.host_slots import HostSlots
from monitor.sources.state import PollResult, SourceState
from monitor.store import sources
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.sources import lease_due_sources, load_sources, record_poll

GOOD = PollResult(
    polled_at=10.0,
    state="ok",
    error=None,
    error_code=None,
    failures=0,
    next_poll=910.0,
    etag='"v1"',
    last_modified="Mon",
    body_hash="abc",
    is_baselined=True,
)
BAD = replace(
    GOOD, polled_at=20.0, state="failing", error="it timed out", error_code="timeout", failures=3, next_poll=500.0
)


def leased(store: Store, now: float, **given: object) -> list[str]:
    with store.write() as conn:
        asked = {"limit": 10, "lease_seconds": 60.0, **given}
        return [row.name for row in lease_due_sources(conn, now, **asked)]  # type: ignore[arg-type]


def polled(store: Store, name: str, outcome: PollResult) -> None:
    with store.write() as conn:
        record_poll(conn, name, outcome)


def row(store: Store, name: str) -> SourceState:
    with store.read() as conn:
        return next(row for row in load_sources(conn) if row.name == name)


def test_a_new_source_is_due_at_once_and_leased_once(store: Store) -> None:
    assert leased(store, 1.0) == ["press", "wire"]
    assert leased(store, 2.0) == []


def test_a_lease_that_ran_out_can_be_taken_again(store: Store) -> None:
    leased(store, 1.0)
    assert leased(store, 60.9) == []
    assert leased(store, 61.0) == ["press", "wire"]


def test_a_new_daemon_takes_back_what_a_dead_one_had_leased(store: Store) -> None:
    leased(store, 1.0)
    with store.write() as conn:
        sources.release_source_leases(conn)
    assert leased(store, 2.0) == ["press", "wire"]


def test_the_longest_due_come_first_and_no_more_than_asked_for(store: Store) -> None:
    polled(store, "press", replace(GOOD, next_poll=30.0))
    polled(store, "wire", replace(GOOD, next_poll=20.0))
    assert leased(store, 40.0, limit=1) == ["wire"]
    assert leased(store, 40.0, limit=0) == []


def test_only_the_named_sources_are_leased(store: Store) -> None:
    assert leased(store, 1.0, names=["wire", "nobody"]) == ["wire"]
    assert leased(store, 1.0, names=[]) == []


def test_all_are_leased_whatever_their_interval_but_those_that_back_off(store: Store) -> None:
    polled(store, "press", GOOD)
    polled(store, "wire", BAD)

    assert leased(store, 100.0) == []
    assert leased(store, 100.0, ignore_interval=True) == ["press"]
    assert leased(store, 500.0) == ["wire"]


def test_a_poll_becomes_the_state_of_its_source_and_gives_its_lease_back(store: Store) -> None:
    leased(store, 1.0)
    polled(store, "wire", GOOD)
    assert row(store, "wire") == SourceState(
        name="wire",
        url="https://wire.example/feed",
        kind="feed",
        etag='"v1"',
        last_modified="Mon",
        body_hash="abc",
        state="ok",
        error=None,
        failures=0,
        last_good=10.0,
        next_poll=910.0,
        is_baselined=True,
        entries=0,
    )
    assert leased(store, 910.0) == ["press", "wire"]


def test_a_failed_poll_keeps_when_it_was_last_good(store: Store) -> None:
    polled(store, "wire", GOOD)
    polled(store, "wire", BAD)
    found = row(store, "wire")
    assert (found.state, found.error, found.failures, found.last_good) == ("failing", "it timed out", 3, 10.0)


def test_a_changed_address_forgets_the_old_answers_and_keeps_the_history(store: Store) -> None:
    polled(store, "wire", GOOD)
    commit_texts(store, ["Three bridges are closed."])
    with store.write() as conn:
        sources.sync_sources(conn, [SourceConfig(name="wire", url="https://new.example/feed", kind="page")], 50.0)

    found = row(store, "wire")
    assert (found.url, found.kind, found.entries, found.is_baselined) == ("https://new.example/feed", "page", 1, True)
    assert (found.etag, found.last_modified, found.body_hash, found.next_poll) == (None, None, None, 50.0)


def test_the_same_config_again_changes_nothing(store: Store) -> None:
    polled(store, "wire", GOOD)
    before = row(store, "wire")
    add_sources(store, "wire", "press", now=99.0)
    assert row(store, "wire") == before


def test_a_start_with_the_same_config_writes_nothing(store: Store) -> None:
    asked: list[str] = []
    with store.write() as conn:
        given = [SourceConfig(name=row.name, url=row.url) for row in load_sources(conn)]
        event.listen(conn, "before_cursor_execute", lambda *args: asked.append(args[2].split()[0]))
        sources.sync_sources(conn, given, 50.0)

    assert len(given) == 2
    assert set(asked) == {"SELECT"}


def test_a_leased_source_knows_whether_it_has_entries(store: Store) -> None:
    commit_texts(store, ["Two bridges are closed."])
    with store.write() as conn:
        found = lease_due_sources(conn, 10.0, limit=10, lease_seconds=60.0)

    assert {row.name: row.entries for row in found} == {"press": 0, "wire": 1}


def test_a_source_that_is_no_longer_configured_is_neither_listed_nor_polled_and_may_return(store: Store) -> None:
    commit_texts(store, ["Three bridges are closed."])
    add_sources(store, "press")
    with store.read() as conn:
        assert [row.name for row in load_sources(conn)] == ["press"]
    assert leased(store, 1e9) == ["press"]

    add_sources(store, "wire")
    assert row(store, "wire").entries == 1


def test_threads_never_lease_the_same_source(any_store_url: str) -> None:
    store = open_store(any_store_url)
    add_sources(store, *(f"s{n}" for n in range(60)))
    taken: list[str] = []

    def work() -> None:
        while names := leased(store, 1.0, limit=3):
            taken.extend(names)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    store.close()
    assert sorted(taken) == sorted(f"s{n}" for n in range(60))


def test_a_host_that_is_full_is_passed_over_for_others_that_are_due(store: Store) -> None:
    add_sources(store, *(f"a{number}" for number in range(6)), "b", "c")
    hosts = {f"a{number}": "a" for number in range(6)} | {"b": "b", "c": "c"}

    assert leased(store, 1.0, limit=4, host_slots=HostSlots(hosts, [], 2)) == ["a0", "a1", "b", "c"]
    assert leased(store, 1.0, limit=4, host_slots=HostSlots(hosts, ["a0", "a1"], 2)) == []
    assert leased(store, 1.0, limit=3, host_slots=HostSlots(hosts, ["a0"], 2)) == ["a2"]
    assert leased(store, 1.0, limit=9) == ["a3", "a4", "a5"]
