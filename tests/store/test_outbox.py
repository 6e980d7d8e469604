from __future__ import annotations

import random
import threading
from dataclasses import replace

from kit.builders import add_sources, commit_texts, drain_channel, example_alert, example_message, sent_decision

from monitor.model import Alert, Message, Reason, Severity
from monitor.store import outbox, workers
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.reports.deliveries import load_delivery_page


def enqueue(store: Store, *messages: Message) -> None:
    """Commit the messages with the alerts they carry."""
    alerts = {alert.id: alert for message in messages for alert in message.alerts}
    commit_texts(
        store,
        [f"News {alert_id}." for alert_id in alerts],
        entry=f"for {messages[0].id}",
        decisions=[sent_decision(alert) for alert in alerts.values()],
        messages=messages,
    )


def lease_next(
    store: Store, now: float = 100.0, channel: str = "desk", lease_seconds: float = 60.0
) -> Message | None:
    with store.write() as conn:
        return outbox.lease_message(conn, channel, now, lease_seconds=lease_seconds)


def lease_next_id(store: Store, now: float = 100.0, channel: str = "desk") -> str | None:
    message = lease_next(store, now, channel)
    return message.id if message else None


def mark_sent(store: Store, id: str) -> None:
    with store.write() as conn:
        outbox.mark_sent(conn, id, 150.0, "250 accepted")


def schedule_retry(store: Store, id: str, due: float) -> None:
    with store.write() as conn:
        outbox.schedule_retry(conn, id, due, "451 later")


def mark_dead(store: Store, id: str) -> None:
    with store.write() as conn:
        outbox.mark_dead(conn, id, "550 nobody", 150.0)


def make_message(id: str, channel: str = "desk", thread: str = "st-1") -> Message:
    return example_message(id, example_alert(f"al-{id}"), channel=channel, thread=thread)


def test_a_leased_message_has_its_alerts_the_most_severe_first(store: Store) -> None:
    low, high = (
        example_alert("al-1", severity=Severity.LOW),
        example_alert("al-2", rule="floods", severity=Severity.HIGH),
    )
    enqueue(store, example_message("m1", low, high))
    assert lease_next(store) == Message("m1", "desk", "st-1", 100.0, (high, low), 1)


def test_a_leased_message_cannot_be_leased_again_until_the_lease_expires(store: Store) -> None:
    enqueue(store, make_message("m1"))
    assert lease_next_id(store, 100.0) == "m1"
    assert lease_next_id(store, 159.0) is None
    leased_again = lease_next(store, 160.0)
    assert leased_again is not None
    assert (leased_again.id, leased_again.attempt) == ("m1", 2)


def test_each_channel_has_its_own_queue(store: Store) -> None:
    enqueue(store, make_message("m1"), make_message("m2", channel="osint"))
    with store.read() as conn:
        assert outbox.channels_due(conn, 100.0) == ["desk", "osint"]
        assert outbox.channels_due(conn, 99.0) == []
    assert lease_next_id(store, channel="osint") == "m2"
    with store.read() as conn:
        assert outbox.channels_due(conn, 100.0) == ["desk"]


def test_messages_of_a_story_are_sent_in_order_without_delaying_other_stories(store: Store) -> None:
    enqueue(store, make_message("m1"), make_message("m2"), make_message("m3", thread="st-2"))
    assert lease_next_id(store) == "m1"
    assert lease_next_id(store) == "m3"
    assert lease_next_id(store) is None
    mark_sent(store, "m3")
    schedule_retry(store, "m1", 500.0)
    assert lease_next_id(store, 499.0) is None
    assert lease_next_id(store, 500.0) == "m1"
    mark_sent(store, "m1")
    assert lease_next_id(store, 500.0) == "m2"


def test_a_dead_message_does_not_block_the_next_of_its_story(store: Store) -> None:
    enqueue(store, make_message("m1"), make_message("m2"))
    lease_next_id(store)
    mark_dead(store, "m1")
    assert lease_next_id(store) == "m2"


def test_a_new_daemon_can_release_the_leases_of_a_dead_one(store: Store) -> None:
    enqueue(store, make_message("m1"))
    lease_next_id(store)
    with store.write() as conn:
        workers.remove_silent_workers(conn, silent_s=0.0)
    assert lease_next_id(store) == "m1"


def test_only_a_dead_delivery_can_be_requeued_and_keeps_its_message_id(store: Store) -> None:
    enqueue(store, make_message("m1"), make_message("m2", thread="st-2"))
    lease_next_id(store)
    mark_dead(store, "m1")
    with store.read() as conn:
        ids = {row.message_id: row.id for row in load_delivery_page(conn)}
    with store.write() as conn:
        assert outbox.requeue(conn, ids["m1"], 900.0)
        assert not outbox.requeue(conn, ids["m1"], 900.0)
        assert not outbox.requeue(conn, ids["m2"], 900.0)
        assert not outbox.requeue(conn, 999, 900.0)
    assert lease_next_id(store, 899.0) == "m2"
    leased_again = lease_next(store, 900.0)
    assert leased_again is not None
    assert (leased_again.id, leased_again.attempt) == ("m1", 1)


def test_an_alert_has_one_delivery_per_channel(store: Store) -> None:
    alert: Alert = example_alert("al-1")
    enqueue(store, example_message("m1", alert))
    commit_texts(store, ["More."], entry="e2", messages=[example_message("m1", alert)])
    with store.read() as conn:
        assert len(load_delivery_page(conn)) == 1


def test_threads_never_lease_the_same_message_and_keep_the_order_of_each_story(any_store_url: str) -> None:
    store = open_store(any_store_url)
    add_sources(store, "wire")
    rng = random.Random(3)
    queue = [make_message(f"m{n}", thread=f"st-{rng.randint(1, 4)}") for n in range(24)]
    enqueue(store, *queue)
    leased: list[Message] = []

    def send_all() -> None:
        while True:
            with store.write() as conn:
                message = outbox.lease_message(conn, "desk", 100.0, lease_seconds=60.0)
                if message:
                    leased.append(message)
                    continue
                if not load_delivery_page(conn, states=outbox.OPEN_DELIVERY_STATES):
                    return
                leased_ids = [message.id for message in leased]
            for id in leased_ids:
                mark_sent(store, id)

    threads = [threading.Thread(target=send_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    store.close()

    assert sorted(message.id for message in leased) == sorted(message.id for message in queue)
    for thread_id in {message.thread for message in queue}:
        leased_in_thread = [message.id for message in leased if message.thread == thread_id]
        assert leased_in_thread == [message.id for message in queue if message.thread == thread_id]


def test_a_paused_channel_sends_nothing_until_the_pause_ends_or_it_is_resumed(store: Store) -> None:
    enqueue(store, make_message("m1"), make_message("m2", thread="st-2"), make_message("m3", channel="osint"))
    with store.write() as conn:
        outbox.pause_channel(conn, "desk", 200.0)
        assert outbox.channels_due(conn, 199.0) == ["osint"]
        assert outbox.channels_due(conn, 200.0) == ["desk", "osint"]
        outbox.pause_channel(conn, "desk", 300.0)
    assert lease_next_id(store, 299.0) is None
    with store.write() as conn:
        outbox.resume_channel(conn, "desk")
    assert lease_next_id(store, 299.0) == "m1"


def test_requeuing_a_delivery_resumes_its_channel(store: Store) -> None:
    enqueue(store, make_message("m1"))
    lease_next_id(store)
    mark_dead(store, "m1")
    with store.write() as conn:
        outbox.pause_channel(conn, "desk", 900.0)
        [row] = load_delivery_page(conn)
        assert outbox.requeue(conn, row.id, 160.0)
    assert lease_next_id(store, 160.0) == "m1"


def test_a_follow_up_refers_to_the_message_that_opened_its_thread(store: Store) -> None:
    enqueue(
        store,
        make_message("m1"),
        make_message("m2"),
        make_message("m3", thread="st-2"),
        make_message("m4", channel="osint"),
    )
    first = lease_next(store)
    assert first is not None and first.reply_to is None
    with store.write() as conn:
        outbox.mark_sent(conn, "m1", 150.0, "taken", "1734177600.000100")

    follow_up = lease_next(store)
    assert follow_up is not None and follow_up.id == "m2"
    assert follow_up.reply_to == replace(make_message("m1"), thread_ref="1734177600.000100")
    other_story, other_channel = lease_next(store), lease_next(store, channel="osint")
    assert other_story is not None and other_story.reply_to is None
    assert other_channel is not None and other_channel.reply_to is None


def test_a_message_without_a_thread_reference_opens_no_thread(store: Store) -> None:
    enqueue(store, make_message("m1"), make_message("m2"))
    lease_next_id(store)
    mark_sent(store, "m1")
    follow_up = lease_next(store)
    assert follow_up is not None and follow_up.reply_to is None


def test_flushing_a_channel_makes_its_batches_due(store: Store) -> None:
    first, second, third = (example_alert(f"al-{n}") for n in (1, 2, 3))
    digest = replace(example_message("m1", first, second), not_before=9000.0, batch_reason=Reason.DIGEST)
    enqueue(store, digest, replace(digest, id="m2", channel="osint"), example_message("m3", third))
    with store.write() as conn:
        assert outbox.flush_channel_batches(conn, "desk", 500.0) == 2
    assert [message.id for message in drain_channel(store, "desk", 500.0)] == ["m1", "m3"]
    assert drain_channel(store, "osint", 500.0) == []
