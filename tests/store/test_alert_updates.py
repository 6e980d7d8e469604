"""Sent alerts that change, and unsent ones that a confirmed alert replaces, in the store."""

from __future__ import annotations

from dataclasses import replace

from kit.builders import commit_texts, drain_channel, example_alert, example_message, sent_decision

from monitor.model import Alert, Message
from monitor.store import alert_updates, outbox
from monitor.store.base import Store
from monitor.store.commit import enqueue

BRIDGES = "Three bridges are closed."
EARLY, OTHER = example_alert("al-1", BRIDGES), example_alert("al-2", "Schools stay open.", rule="schools")


def commit_alerts(store: Store, *alerts: Alert, messages: tuple[Message, ...]) -> None:
    texts = [finding.claim for alert in alerts for finding in alert.findings]
    commit_texts(store, texts, decisions=[sent_decision(alert) for alert in alerts], messages=messages)


def waiting_ids(store: Store, channel: str = "desk") -> list[list[str]]:
    """The ids of the alerts of each message that the channel gets."""
    return [[alert.id for alert in message.alerts] for message in drain_channel(store, channel, 1e6)]


def withdraw(store: Store, *ids: str, channel: str = "desk") -> None:
    with store.write() as conn:
        alert_updates.withdraw_untried(conn, ids, channel)


def sent(store: Store, *ids: str, channel: str = "desk") -> str | None:
    with store.read() as conn:
        return alert_updates.sent_alert(conn, ids, channel)


def test_an_untried_delivery_is_withdrawn_and_an_empty_message_deleted(store: Store) -> None:
    both = example_message("m1", EARLY, OTHER)
    alone, elsewhere = example_message("m2", EARLY, channel="chat"), example_message("m3", EARLY, channel="mail")
    commit_alerts(store, EARLY, OTHER, messages=(both, alone, elsewhere))
    for channel in ("desk", "chat"):
        withdraw(store, EARLY.id, channel=channel)

    assert waiting_ids(store) == [["al-2"]]
    assert waiting_ids(store, "chat") == []
    assert waiting_ids(store, "mail") == [["al-1"]]


def test_a_delivery_that_was_tried_is_not_withdrawn(store: Store) -> None:
    commit_alerts(store, EARLY, messages=(example_message("m1", EARLY),))
    with store.write() as conn:
        assert outbox.lease_message(conn, "desk", 200.0, lease_seconds=60)
        outbox.schedule_retry(conn, "m1", 300.0, "451 later")
    withdraw(store, EARLY.id)

    assert waiting_ids(store) == [["al-1"]]


def test_an_alert_counts_as_sent_from_its_first_try_until_it_is_dead(store: Store) -> None:
    commit_alerts(store, EARLY, OTHER, messages=(example_message("m1", EARLY), example_message("m2", OTHER)))
    assert sent(store, EARLY.id, OTHER.id) is None
    with store.write() as conn:
        assert outbox.lease_message(conn, "desk", 200.0, lease_seconds=60)
    assert sent(store, OTHER.id, EARLY.id) == EARLY.id
    assert sent(store, EARLY.id, channel="chat") is None
    with store.write() as conn:
        outbox.mark_dead(conn, "m1", "550 no", 300.0)
    assert sent(store, EARLY.id) is None


def test_the_latest_alerts_of_a_story_are_found_and_stored_in_their_new_state(store: Store) -> None:
    elsewhere = example_alert("al-3", "Two bridges are painted.", story="st-9")
    commit_alerts(store, EARLY, OTHER, elsewhere, messages=())
    with store.write() as conn:
        assert alert_updates.alerts_of_stories(conn, ["bridges"], ["st-1"]) == [EARLY]
        changed = replace(EARLY, reason="new; also reported by press")
        alert_updates.save_changed_alert(conn, changed)
        assert alert_updates.alerts_of_stories(conn, ["bridges"], ["st-1", "st-2"]) == [changed]


def test_an_update_carries_the_new_state_under_the_id_that_was_sent(store: Store) -> None:
    commit_alerts(store, EARLY, messages=(example_message("m1", EARLY),))
    drain_channel(store, "desk", 200.0)
    state = replace(EARLY, reason="new; also reported by press")
    with store.write() as conn:
        enqueue(conn, Message("m2", "desk", "st-1", 300.0, (), update=state))
    (message,) = drain_channel(store, "desk", 300.0)

    assert (message.id, message.alerts, message.update) == ("m2", (state,), state)
