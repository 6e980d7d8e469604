from __future__ import annotations

import random
import threading
from dataclasses import replace

from kit.builders import add_sources, commit_texts, drain_channel, example_alert, example_message, sent_decision

from monitor.model import Alert, Message, Reason, Severity
from monitor.store import outbox
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.reports.deliveries import load_delivery_page


def owe(store: Store, *messages: Message) -> None:
    """Commits the messages with the alerts they carry."""
    alerts = {one.id: one for message in messages for one in message.alerts}
    commit_texts(
        store,
        [f"News {one}." for one in alerts],
        entry=f"for {messages[0].id}",
        decisions=[sent_decision(one) for one in alerts.values()],
        messages=messages,
    )


def next_message(store: Store, now: float = 100.0, channel: str = "desk", lease: float = 60.0) -> Message | None:
    with store.write() as conn:
        return outbox.lease_message(conn, channel, now, lease_seconds=lease)


def taken(store: Store, now: float = 100.0, channel: str = "desk") -> str | None:
    found = next_message(store, now, channel)
    return found.id if found else None


def sent(store: Store, id: str) -> None:
    with store.write() as conn:
        outbox.mark_sent(conn, id, 150.0, "250 accepted")


def retrying(store: Store, id: str, due: float) -> None:
    with store.write() as conn:
        outbox.schedule_retry(conn, id, due, "451 later")


def dead(store: Store, id: str) -> None:
    with store.write() as conn:
        outbox.mark_dead(conn, id, "550 nobody", 150.0)


def named(id: str, channel: str = "desk", thread: str = "st-1") -> Message:
    return example_message(id, example_alert(f"al-{id}"), channel=channel, thread=thread)


def test_a_message_comes_back_with_its_alerts_the_most_severe_first(store: Store) -> None:
    low, high = (
        example_alert("al-1", severity=Severity.LOW),
        example_alert("al-2", rule="floods", severity=Severity.HIGH),
    )
    owe(store, example_message("m1", low, high))
    assert next_message(store) == Message("m1", "desk", "st-1", 100.0, (high, low), 1)


def test_a_leased_message_is_nobody_elses_until_the_lease_runs_out(store: Store) -> None:
    owe(store, named("m1"))
    assert taken(store, 100.0) == "m1"
    assert taken(store, 159.0) is None
    again = next_message(store, 160.0)
    assert again is not None
    assert (again.id, again.attempt) == ("m1", 2)


def test_each_channel_has_its_own_queue(store: Store) -> None:
    owe(store, named("m1"), named("m2", channel="osint"))
    with store.read() as conn:
        assert outbox.channels_due(conn, 100.0) == ["desk", "osint"]
        assert outbox.channels_due(conn, 99.0) == []
    assert taken(store, channel="osint") == "m2"
    with store.read() as conn:
        assert outbox.channels_due(conn, 100.0) == ["desk"]


def test_within_a_story_order_is_kept_and_other_stories_are_not_held_up(store: Store) -> None:
    owe(store, named("m1"), named("m2"), named("m3", thread="st-2"))
    assert taken(store) == "m1"
    assert taken(store) == "m3"
    assert taken(store) is None
    sent(store, "m3")
    retrying(store, "m1", 500.0)
    assert taken(store, 499.0) is None
    assert taken(store, 500.0) == "m1"
    sent(store, "m1")
    assert taken(store, 500.0) == "m2"


def test_a_dead_message_lets_the_next_of_its_story_pass(store: Store) -> None:
    owe(store, named("m1"), named("m2"))
    taken(store)
    dead(store, "m1")
    assert taken(store) == "m2"


def test_a_new_daemon_takes_back_what_a_dead_one_had_leased(store: Store) -> None:
    owe(store, named("m1"))
    taken(store)
    with store.write() as conn:
        outbox.release_message_leases(conn)
    assert taken(store) == "m1"


def test_a_dead_delivery_can_be_tried_again_under_its_id_and_others_cannot(store: Store) -> None:
    owe(store, named("m1"), named("m2", thread="st-2"))
    taken(store)
    dead(store, "m1")
    with store.read() as conn:
        ids = {row.message_id: row.id for row in load_delivery_page(conn)}
    with store.write() as conn:
        assert outbox.requeue(conn, ids["m1"], 900.0)
        assert not outbox.requeue(conn, ids["m1"], 900.0)
        assert not outbox.requeue(conn, ids["m2"], 900.0)
        assert not outbox.requeue(conn, 999, 900.0)
    assert taken(store, 899.0) == "m2"
    again = next_message(store, 900.0)
    assert again is not None
    assert (again.id, again.attempt) == ("m1", 1)


def test_the_same_alert_is_owed_to_a_channel_once(store: Store) -> None:
    one: Alert = example_alert("al-1")
    owe(store, example_message("m1", one))
    commit_texts(store, ["More."], entry="e2", messages=[example_message("m1", one)])
    with store.read() as conn:
        assert len(load_delivery_page(conn)) == 1


def test_threads_never_send_the_same_message_and_keep_the_order_of_each_story(any_store_url: str) -> None:
    store = open_store(any_store_url)
    add_sources(store, "wire")
    chance = random.Random(3)
    queue = [named(f"m{n}", thread=f"st-{chance.randint(1, 4)}") for n in range(24)]
    owe(store, *queue)
    order: list[Message] = []

    def work() -> None:
        while True:
            with store.write() as conn:
                found = outbox.lease_message(conn, "desk", 100.0, lease_seconds=60.0)
                if found:
                    order.append(found)
                    continue
                if not load_delivery_page(conn, states=outbox.OPEN_DELIVERY_STATES):
                    return
                open_ones = [one.id for one in order]
            for id in open_ones:
                sent(store, id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    store.close()

    assert sorted(one.id for one in order) == sorted(one.id for one in queue)
    for story in {one.thread for one in queue}:
        assert [m.id for m in order if m.thread == story] == [m.id for m in queue if m.thread == story]


def test_a_held_channel_waits_whole_until_the_moment_or_until_it_is_let_go(store: Store) -> None:
    owe(store, named("m1"), named("m2", thread="st-2"), named("m3", channel="osint"))
    with store.write() as conn:
        outbox.pause_channel(conn, "desk", 200.0)
        assert outbox.channels_due(conn, 199.0) == ["osint"]
        assert outbox.channels_due(conn, 200.0) == ["desk", "osint"]
        outbox.pause_channel(conn, "desk", 300.0)
    assert taken(store, 299.0) is None
    with store.write() as conn:
        outbox.resume_channel(conn, "desk")
    assert taken(store, 299.0) == "m1"


def test_a_dead_delivery_that_is_retried_lets_its_channel_go(store: Store) -> None:
    owe(store, named("m1"))
    taken(store)
    dead(store, "m1")
    with store.write() as conn:
        outbox.pause_channel(conn, "desk", 900.0)
        [row] = load_delivery_page(conn)
        assert outbox.requeue(conn, row.id, 160.0)
    assert taken(store, 160.0) == "m1"


def test_what_follows_up_knows_the_message_that_opened_its_thread(store: Store) -> None:
    owe(store, named("m1"), named("m2"), named("m3", thread="st-2"), named("m4", channel="osint"))
    first = next_message(store)
    assert first is not None and first.reply_to is None
    with store.write() as conn:
        outbox.mark_sent(conn, "m1", 150.0, "taken", "1734177600.000100")

    follow_up = next_message(store)
    assert follow_up is not None and follow_up.id == "m2"
    assert follow_up.reply_to == replace(named("m1"), thread_ref="1734177600.000100")
    other_story, other_channel = next_message(store), next_message(store, channel="osint")
    assert other_story is not None and other_story.reply_to is None
    assert other_channel is not None and other_channel.reply_to is None


def test_a_message_without_a_handle_opens_no_thread(store: Store) -> None:
    owe(store, named("m1"), named("m2"))
    taken(store)
    sent(store, "m1")
    follow_up = next_message(store)
    assert follow_up is not None and follow_up.reply_to is None


def test_what_a_channel_gathers_can_be_let_out(store: Store) -> None:
    one, two, three = (example_alert(f"al-{n}") for n in (1, 2, 3))
    waits = replace(example_message("m1", one, two), not_before=9000.0, batch_reason=Reason.DIGEST)
    owe(store, waits, replace(waits, id="m2", channel="osint"), example_message("m3", three))
    with store.write() as conn:
        assert outbox.flush_channel_batches(conn, "desk", 500.0) == 2
    assert [message.id for message in drain_channel(store, "desk", 500.0)] == ["m1", "m3"]
    assert drain_channel(store, "osint", 500.0) == []
