"""Messages that are split: each alert is in one part, in order, before the later messages of the thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from kit.builders import commit_texts, example_alert, example_message, sent_decision

from monitor.alerts.routing import BURST_LIMIT
from monitor.model import Alert, Message, Reason
from monitor.store import outbox, workers
from monitor.store.base import Store
from monitor.store.reports.deliveries import load_delivery_page


def in_pairs(alerts: Sequence[Alert]) -> list[Sequence[Alert]]:
    return [alerts[start : start + 2] for start in range(0, len(alerts), 2)]


def enqueue(store: Store, message: Message) -> None:
    commit_texts(
        store,
        [f"News of {message.id}."],
        entry=f"for {message.id}",
        decisions=[sent_decision(alert) for alert in message.alerts],
        messages=[message],
    )


def batch_of(count: int, id: str = "m1", **fields: object) -> Message:
    alerts = [example_alert(f"al-{id}-{number}") for number in range(count)]
    return replace(example_message(id, *alerts), **{"batch_reason": Reason.FLOOD} | fields)  # type: ignore[arg-type]


def lease_next(store: Store, now: float = 100.0) -> Message:
    with store.write() as conn:
        message = outbox.lease_message(conn, "desk", now, lease_seconds=60.0, split=in_pairs)
    assert message is not None
    return message


def send_next(store: Store, now: float = 100.0) -> Message:
    message = lease_next(store, now)
    with store.write() as conn:
        outbox.mark_sent(conn, message.id, now, "taken")
    return message


def alert_numbers(message: Message) -> list[int]:
    return [int(alert.id.rpartition("-")[2]) for alert in message.alerts]


def test_a_message_that_does_not_fit_is_sent_in_parts_with_ids_of_their_own(store: Store) -> None:
    enqueue(store, batch_of(5))
    parts = [send_next(store) for _ in range(3)]

    assert [alert_numbers(part) for part in parts] == [[0, 1], [2, 3], [4]]
    assert [part.following_alerts for part in parts] == [3, 1, 0]
    assert len({part.id for part in parts}) == 3
    assert parts[0].id == "m1"
    assert {(part.thread, part.created, part.batch_reason) for part in parts} == {("st-1", 100.0, Reason.FLOOD)}
    with store.write() as conn:
        assert outbox.lease_message(conn, "desk", 100.0, lease_seconds=60.0, split=in_pairs) is None


def test_a_message_that_fits_is_not_split(store: Store) -> None:
    enqueue(store, batch_of(2))
    assert alert_numbers(send_next(store)) == [0, 1]
    with store.read() as conn:
        assert {row.message_id for row in load_delivery_page(conn)} == {"m1"}


def test_without_a_split_a_message_carries_all_of_its_alerts(store: Store) -> None:
    enqueue(store, batch_of(5))
    with store.write() as conn:
        message = outbox.lease_message(conn, "desk", 100.0, lease_seconds=60.0)
    assert message is not None
    assert (alert_numbers(message), message.following_alerts) == ([0, 1, 2, 3, 4], 0)


def test_parts_come_before_messages_of_the_thread_that_were_queued_before_the_split(store: Store) -> None:
    enqueue(store, batch_of(5))
    enqueue(store, batch_of(3, "m2", batch_reason=None))
    enqueue(store, batch_of(1, "m3", thread="st-2"))

    sent = [send_next(store) for _ in range(6)]
    assert [(part.alerts[0].id, len(part.alerts)) for part in sent] == [
        ("al-m1-0", 2),
        ("al-m1-2", 2),
        ("al-m1-4", 1),
        ("al-m2-0", 2),
        ("al-m2-2", 1),
        ("al-m3-0", 1),
    ]


def test_a_part_waits_for_the_one_before_it_and_keeps_its_alerts_and_id_at_every_try(store: Store) -> None:
    enqueue(store, batch_of(5))
    first = send_next(store)
    second = lease_next(store)
    with store.write() as conn:
        outbox.schedule_retry(conn, second.id, 500.0, "503 later")
        assert outbox.lease_message(conn, "desk", 499.0, lease_seconds=60.0, split=in_pairs) is None

    again = send_next(store, 500.0)
    assert again == replace(second, attempt=2)
    assert alert_numbers(send_next(store, 500.0)) == [4]
    assert alert_numbers(first) == [0, 1]


def test_the_lease_of_a_part_expires_like_that_of_any_message(store: Store) -> None:
    enqueue(store, batch_of(3))
    first = lease_next(store)
    assert lease_next(store, 160.0) == replace(first, attempt=2)
    with store.write() as conn:
        outbox.mark_sent(conn, first.id, 161.0, "taken")
    second = lease_next(store, 161.0)
    with store.write() as conn:
        workers.remove_silent_workers(conn, silent_s=0.0)
    assert lease_next(store, 161.0) == replace(second, attempt=2)


def test_a_dead_part_does_not_block_the_next_and_can_be_requeued(store: Store) -> None:
    enqueue(store, batch_of(5))
    first, second = send_next(store), lease_next(store)
    with store.write() as conn:
        outbox.mark_dead(conn, second.id, "400 no", 100.0)
    assert alert_numbers(send_next(store)) == [4]

    with store.read() as conn:
        states = {row.alert_id: (row.state, row.message_id, row.id) for row in load_delivery_page(conn)}
    assert [states[f"al-m1-{number}"][0] for number in range(5)] == ["sent", "sent", "dead", "dead", "sent"]
    assert states["al-m1-0"][1] == first.id
    with store.write() as conn:
        assert outbox.requeue(conn, states["al-m1-3"][2], 200.0)
    retried = send_next(store, 200.0)
    assert (retried.id, alert_numbers(retried), retried.following_alerts) == (second.id, [2, 3], 1)


def test_deliveries_of_a_part_name_the_delivery_that_they_wait_behind(store: Store) -> None:
    enqueue(store, batch_of(3))
    lease_next(store)
    with store.read() as conn:
        last, *_, first = load_delivery_page(conn)
    assert last.blocked_by == first.id
    assert first.blocked_by is None


def test_no_alert_is_added_to_a_message_sent_in_parts(store: Store) -> None:
    enqueue(store, batch_of(3))
    lease_next(store)
    with store.read() as conn:
        batch = outbox.last_batch(conn, "desk", Reason.FLOOD)
    assert batch is not None
    assert (batch.id, batch.is_open) == ("m1", False)


@pytest.mark.parametrize("reason", [None, Reason.FLOOD])
def test_parts_do_not_count_as_a_burst(store: Store, reason: Reason | None) -> None:
    enqueue(store, batch_of(3 * BURST_LIMIT, batch_reason=reason))
    lease_next(store)
    with store.read() as conn:
        assert outbox.recent_message_count(conn, "desk", 100.0, 200.0) == (0 if reason else 1)
