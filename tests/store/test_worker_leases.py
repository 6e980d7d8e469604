"""What a worker leases is released when it dies, and nothing else is."""

from __future__ import annotations

from kit.builders import add_sources, commit_texts, example_alert, example_message, sent_decision
from sqlalchemy import update

from monitor.sources.host_slots import HostSlots
from monitor.store import outbox, schema, sources, workers
from monitor.store.base import Store

HOUR = 3600.0


def beat(store: Store, *ids: str) -> None:
    with store.write() as conn:
        for id in ids:
            workers.save_beat(conn, id, "rules-1")


def make_silent(store: Store, id: str, seconds: float) -> None:
    with store.write() as conn:
        silent = update(schema.workers).where(schema.workers.c.id == id)
        conn.execute(silent.values(beat=workers.database_time(conn) - seconds))


def lease_source(store: Store, worker: str, *, now: float = 1.0, shards: list[int] | None = None) -> list[str]:
    with store.write() as conn:
        lease, slots = sources.Lease(now, HOUR, worker), HostSlots({}, [], 1)
        leased = sources.lease_due_sources(conn, lease, limit=1, host_slots=slots, shards=shards)
        return [state.name for state in leased]


def lease_message(store: Store, worker: str) -> str | None:
    with store.write() as conn:
        message = outbox.lease_message(conn, "desk", 100.0, lease_seconds=HOUR, worker=worker)
        return message.id if message else None


def enqueue_messages(store: Store, *ids: str) -> None:
    alerts = [example_alert(f"al-{id}") for id in ids]
    messages = [example_message(id, alert, thread=id) for id, alert in zip(ids, alerts, strict=True)]
    commit_texts(store, ["News."], decisions=[sent_decision(alert) for alert in alerts], messages=messages)


def worker_ids(store: Store) -> list[str]:
    with store.read() as conn:
        return [worker.id for worker in workers.load_workers(conn)]


def test_a_removed_worker_loses_its_leases_and_the_others_keep_theirs(store: Store) -> None:
    enqueue_messages(store, "m1", "m2")
    beat(store, "one", "two")
    assert [lease_source(store, "one"), lease_source(store, "two")] == [["press"], ["wire"]]
    assert [lease_message(store, "one"), lease_message(store, "two")] == ["m1", "m2"]

    with store.write() as conn:
        workers.remove_workers(conn, ["one"])

    assert worker_ids(store) == ["two"]
    assert [lease_source(store, "three"), lease_source(store, "three")] == [["press"], []]
    assert [lease_message(store, "three"), lease_message(store, "three")] == ["m1", None]


def test_silent_workers_are_removed_with_the_leases_that_no_living_worker_holds(store: Store) -> None:
    enqueue_messages(store, "m1", "m2")
    beat(store, "living", "silent")
    make_silent(store, "silent", 30.0)
    assert [lease_source(store, "living"), lease_source(store, "silent")] == [["press"], ["wire"]]
    assert [lease_message(store, "unknown"), lease_message(store, "living")] == ["m1", "m2"]

    with store.write() as conn:
        workers.remove_silent_workers(conn, silent_s=20.0)

    assert worker_ids(store) == ["living"]
    assert [lease_source(store, "three"), lease_source(store, "three")] == [["wire"], []]
    assert [lease_message(store, "three"), lease_message(store, "three")] == ["m1", None]


def test_a_beat_keeps_the_rules_that_a_worker_is_known_to_use(store: Store) -> None:
    beat(store, "one")
    with store.write() as conn:
        workers.save_rules_digest(conn, "one", "rules-2")
    beat(store, "one")

    with store.read() as conn:
        [worker] = workers.load_workers(conn)
    assert (worker.rules, worker.started < worker.beat) == ("rules-2", True)


def test_a_worker_leases_sources_of_its_shards_only(store: Store) -> None:
    add_sources(store, "wire", "press", "gazette")
    with store.write() as conn:
        sources.assign_shards(conn, {"wire": 3, "press": 7, "gazette": 7})

    assert lease_source(store, "one", shards=[3, 5]) == ["wire"]
    assert lease_source(store, "one", shards=[3, 5]) == []
    assert [lease_source(store, "two", shards=[7]) for _ in range(3)] == [["gazette"], ["press"], []]
    with store.write() as conn:
        sources.assign_shards(conn, {"press": 3})
        workers.remove_workers(conn, ["two"])
    assert [lease_source(store, "one", shards=[3, 5]) for _ in range(2)] == [["press"], []]
