from __future__ import annotations

import threading
from dataclasses import replace

from kit.builders import add_sources, commit_texts
from sqlalchemy import event

from monitor.config.models import SourceConfig
from monitor.sources.host_slots import HostSlots
from monitor.sources.state import PollResult, SourceState
from monitor.store import source_pauses, sources, workers
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.sources import Lease, lease_due_sources, lease_named_sources, load_sources, record_polls

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


def lease(store: Store, now: float, *, limit: int = 10, host_slots: HostSlots | None = None) -> list[str]:
    slots = host_slots or HostSlots({}, [], 1)
    with store.write() as conn:
        return [source.name for source in lease_due_sources(conn, Lease(now, 60.0), limit=limit, host_slots=slots)]


def lease_named(store: Store, now: float, *names: str) -> list[str]:
    with store.write() as conn:
        leased = lease_named_sources(conn, Lease(now, 60.0), names, limit=10, host_slots=HostSlots({}, [], 1))
        return [source.name for source in leased]


def poll(store: Store, name: str, result: PollResult) -> None:
    with store.write() as conn:
        record_polls(conn, {name: result})


def load_source(store: Store, name: str) -> SourceState:
    with store.read() as conn:
        return next(source for source in load_sources(conn) if source.name == name)


def test_a_new_source_is_due_at_once_and_leased_once(store: Store) -> None:
    assert lease(store, 1.0) == ["press", "wire"]
    assert lease(store, 2.0) == []


def test_an_expired_lease_can_be_taken_again(store: Store) -> None:
    lease(store, 1.0)
    assert lease(store, 60.9) == []
    assert lease(store, 61.0) == ["press", "wire"]


def test_a_new_daemon_can_release_the_leases_of_a_dead_one(store: Store) -> None:
    lease(store, 1.0)
    with store.write() as conn:
        workers.remove_silent_workers(conn, silent_s=0.0)
    assert lease(store, 2.0) == ["press", "wire"]


def test_the_longest_due_source_is_leased_first_up_to_the_limit(store: Store) -> None:
    poll(store, "press", replace(GOOD, next_poll=30.0))
    poll(store, "wire", replace(GOOD, next_poll=20.0))
    assert lease(store, 40.0, limit=1) == ["wire"]
    assert lease(store, 40.0, limit=0) == []


def test_only_the_named_sources_are_leased(store: Store) -> None:
    assert lease_named(store, 1.0, "wire", "nobody") == ["wire"]
    assert lease_named(store, 1.0) == []


def test_named_sources_are_leased_before_they_are_due_except_those_that_back_off(store: Store) -> None:
    poll(store, "press", GOOD)
    poll(store, "wire", BAD)

    assert lease(store, 100.0) == []
    assert lease_named(store, 100.0, "press", "wire") == ["press"]
    assert lease(store, 500.0) == ["wire"]


def test_recording_a_poll_sets_the_state_of_its_source_and_releases_the_lease(store: Store) -> None:
    lease(store, 1.0)
    poll(store, "wire", GOOD)
    assert load_source(store, "wire") == SourceState(
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
    assert lease(store, 910.0) == ["press", "wire"]


def test_a_failed_poll_keeps_the_time_of_the_last_good_one(store: Store) -> None:
    poll(store, "wire", GOOD)
    poll(store, "wire", BAD)
    source = load_source(store, "wire")
    assert (source.state, source.error, source.failures, source.last_good) == ("failing", "it timed out", 3, 10.0)


def test_a_changed_url_resets_the_poll_state_and_keeps_the_history(store: Store) -> None:
    poll(store, "wire", GOOD)
    commit_texts(store, ["Three bridges are closed."])
    with store.write() as conn:
        sources.sync_sources(conn, [SourceConfig(name="wire", url="https://new.example/feed", kind="page")], 50.0)

    source = load_source(store, "wire")
    assert (source.url, source.kind, source.entries, source.is_baselined) == (
        "https://new.example/feed",
        "page",
        1,
        True,
    )
    assert (source.etag, source.last_modified, source.body_hash, source.next_poll) == (None, None, None, 50.0)


def test_the_same_config_again_changes_nothing(store: Store) -> None:
    poll(store, "wire", GOOD)
    before = load_source(store, "wire")
    add_sources(store, "wire", "press", now=99.0)
    assert load_source(store, "wire") == before


def test_syncing_the_same_config_runs_only_selects(store: Store) -> None:
    statements: list[str] = []
    with store.write() as conn:
        configured = [SourceConfig(name=row.name, url=row.url) for row in load_sources(conn)]
        event.listen(conn, "before_cursor_execute", lambda *args: statements.append(args[2].split()[0]))
        sources.sync_sources(conn, configured, 50.0)

    assert len(configured) == 2
    assert set(statements) == {"SELECT"}


def test_a_leased_source_reports_whether_it_has_entries(store: Store) -> None:
    commit_texts(store, ["Two bridges are closed."])
    with store.write() as conn:
        leased_sources = lease_due_sources(conn, Lease(10.0, 60.0), limit=10, host_slots=HostSlots({}, [], 1))

    assert {source.name: source.entries for source in leased_sources} == {"press": 0, "wire": 1}


def test_activity_lists_the_hours_in_which_entries_were_first_seen(store: Store) -> None:
    for number, at in enumerate((3600.0, 2 * 3600.0 - 1, 2 * 3600.0 + 1700, 2 * 3600.0 + 1801)):
        commit_texts(store, [f"{number} bridges are closed."], at, entry=f"e{number}")
    with store.read() as conn:
        hours, last = sources.activity_since(conn, "wire", since=0.0)

    assert sorted(hours) == [3600.0, 7200.0]
    assert last == 2 * 3600.0 + 1801


def test_a_removed_source_is_neither_listed_nor_polled_and_keeps_its_entries_if_added_again(store: Store) -> None:
    commit_texts(store, ["Three bridges are closed."])
    add_sources(store, "press")
    with store.read() as conn:
        assert [source.name for source in load_sources(conn)] == ["press"]
    assert lease(store, 1e9) == ["press"]

    add_sources(store, "wire")
    assert load_source(store, "wire").entries == 1


def test_threads_never_lease_the_same_source(any_store_url: str) -> None:
    store = open_store(any_store_url)
    add_sources(store, *(f"s{n}" for n in range(60)))
    leased_names: list[str] = []

    def lease_all() -> None:
        while names := lease(store, 1.0, limit=3):
            leased_names.extend(names)

    threads = [threading.Thread(target=lease_all) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    store.close()
    assert sorted(leased_names) == sorted(f"s{n}" for n in range(60))


def test_sources_of_a_host_without_free_slots_are_skipped(store: Store) -> None:
    add_sources(store, *(f"a{number}" for number in range(6)), "b", "c")
    hosts = {f"a{number}": "a" for number in range(6)} | {"b": "b", "c": "c"}

    assert lease(store, 1.0, limit=4, host_slots=HostSlots(hosts, [], 2)) == ["a0", "a1", "b", "c"]
    assert lease(store, 1.0, limit=4, host_slots=HostSlots(hosts, ["a0", "a1"], 2)) == []
    assert lease(store, 1.0, limit=3, host_slots=HostSlots(hosts, ["a0"], 2)) == ["a2"]
    assert lease(store, 1.0, limit=9) == ["a3", "a4", "a5"]


def paused_at(store: Store, name: str) -> float | None:
    return load_source(store, name).paused_at


def test_a_paused_source_is_not_leased_until_it_is_resumed(store: Store) -> None:
    with store.write() as conn:
        source_pauses.pause_source(conn, "wire", 5.0)
        source_pauses.pause_source(conn, "wire", 6.0)
    assert lease(store, 10.0) == ["press"]
    assert lease_named(store, 10.0, "wire") == []
    assert (load_source(store, "wire").state, paused_at(store, "wire")) == ("paused", 5.0)
    poll(store, "wire", GOOD)
    assert load_source(store, "wire").state == "paused"
    with store.write() as conn:
        source_pauses.resume_source(conn, "wire", 20.0)

    assert (load_source(store, "wire").state, paused_at(store, "wire")) == ("ok", None)
    assert lease(store, 20.0) == ["wire"]


def test_the_pause_survives_the_config(store: Store) -> None:
    with store.write() as conn:
        source_pauses.pause_source(conn, "wire", 5.0)
        configured = [SourceConfig(name=name, url=f"https://{name}.example/moved") for name in ("press", "wire")]
        sources.sync_sources(conn, configured, 6.0)

    assert (paused_at(store, "press"), paused_at(store, "wire")) == (None, 5.0)
    assert lease(store, 7.0) == ["press"]


def test_resuming_a_source_that_is_gone_starts_its_failures_again(store: Store) -> None:
    gone = replace(GOOD, state="paused", error="gone", error_code="gone", failures=3, next_poll=1e6)
    poll(store, "wire", gone)
    assert (load_source(store, "wire").state, paused_at(store, "wire")) == ("paused", None)
    with store.write() as conn:
        source_pauses.resume_source(conn, "wire", 20.0)

    assert (load_source(store, "wire").failures, load_source(store, "wire").next_poll) == (0, 20.0)
