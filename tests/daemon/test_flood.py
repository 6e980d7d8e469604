"""An alert storm is sent in few messages, with every alert and match in the history."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from kit.builders import drain_channel
from kit.databases import opened_store
from kit.delivery import builtin_templates

from monitor.alerts.routing import BURST_LIMIT, FLOOD_BATCH_SECONDS
from monitor.assess import Policy
from monitor.deliver.headline import alert_headline
from monitor.deliver.render import render_message
from monitor.deliver.render_settings import RenderSettings
from monitor.model import Reason, Update
from monitor.polling.ingest import ingest_update
from monitor.resources import builtin_path
from monitor.ruleset.load import load_rules
from monitor.store import outbox
from monitor.store.base import Store
from monitor.store.reports.alerts import load_alert_page

PLACES = ("Halvik", "Brevik", "Orsk", "Tolna", "Merrin", "Sund", "Kalla", "Vesby", "Norra", "Hult")
THINGS = ("bridge", "ferry", "tunnel", "school", "market", "station", "harbour", "mill", "tower", "dam")
EVENTS = ("burned down", "was flooded", "reopened", "was sold", "collapsed", "lost its power")
CHANNELS = ("desk", "chat")


@pytest.fixture
def store() -> Iterator[Store]:
    with opened_store("wire") as store:
        yield store


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    query = " OR ".join(THINGS)
    (tmp_path / "r.yaml").write_text(f"name: places\ntitle: What happens in places\nmatch: {query}\n")
    rules, _ = load_rules(tmp_path, builtin_aliases=builtin_path("rules") / "aliases.yaml")
    return Policy(rules, channels_by_rule={"places": CHANNELS})


def ingest_storm(store: Store, policy: Policy, count: int, seconds: float = 59.0) -> Counter[Reason]:
    """Ingest `count` entries spread over `seconds`. Return how often each decision reason occurred."""
    reasons: Counter[Reason] = Counter()
    for number in range(count):
        reasons.update(ingest_entry(store, policy, number, 1000.0 + seconds * number / count))
    return reasons


def ingest_entry(store: Store, policy: Policy, number: int, at: float) -> list[Reason]:
    """Ingest an entry from a poll that began at `at`. Return the reasons of its decisions."""
    thing, place, event = THINGS[number % 10], PLACES[number // 10 % 10], EVENTS[number // 100 % 6]
    text = f"The {thing} number {number + 2} of {place} {event} on day {number}"
    with store.write() as conn:
        update = Update("wire", f"e{number}", at, text, "", "")
        assessment = ingest_update(conn, update, policy, digest=str(number), memory=1e6, now=at)
    return [decision.reason for decision in assessment.decisions]


def test_a_storm_is_sent_in_few_messages_without_losing_alerts(store: Store, policy: Policy) -> None:
    started = time.process_time()
    reasons = ingest_storm(store, policy, 200)

    for channel in CHANNELS:
        sent = drain_channel(store, channel, 1000.0 + 59.0) + drain_channel(
            store, channel, 1000.0 + 2 * FLOOD_BATCH_SECONDS
        )
        assert len(sent) <= 10
        assert sum(len(message.alerts) for message in sent) == reasons[Reason.SENT] + reasons[Reason.FLOOD]
    assert reasons[Reason.SENT] == BURST_LIMIT
    assert reasons[Reason.FLOOD] > 150
    with store.read() as conn:
        assert len(load_alert_page(conn, limit=1000)) == reasons[Reason.SENT] + reasons[Reason.FLOOD]
    assert time.process_time() - started < 20


def test_a_flood_batch_is_sent_when_its_time_is_up(store: Store, policy: Policy) -> None:
    ingest_storm(store, policy, 20, seconds=0.0)
    assert len(drain_channel(store, "desk", 1000.0 + FLOOD_BATCH_SECONDS - 1)) == BURST_LIMIT
    (batch,) = drain_channel(store, "desk", 1000.0 + FLOOD_BATCH_SECONDS)
    assert len(batch.alerts) == 20 - BURST_LIMIT


def test_flushing_makes_a_flood_batch_due_at_once(store: Store, policy: Policy) -> None:
    ingest_storm(store, policy, 20, seconds=0.0)
    with store.write() as conn:
        outbox.flush_flood_batches(conn, 1001.0)
    assert len(drain_channel(store, "desk", 1001.0)) == BURST_LIMIT + 1


def test_messages_sent_during_a_long_poll_are_no_flood(store: Store, policy: Policy) -> None:
    assert ingest_storm(store, policy, 2 * BURST_LIMIT) == {Reason.SENT: 2 * BURST_LIMIT}
    began = 1000.0
    assert ingest_entry(store, policy, 99, began) == [Reason.SENT]


def test_a_few_alerts_are_sent_separately(store: Store, policy: Policy) -> None:
    assert ingest_storm(store, policy, 5) == {Reason.SENT: 5}
    assert len(drain_channel(store, "desk", 1100.0)) == 5


@pytest.mark.parametrize("channel_type", ["email", "slack", "terminal"])
def test_a_flood_batch_explains_itself_in_every_channel_type(store: Store, policy: Policy, channel_type: str) -> None:
    ingest_storm(store, policy, 40, seconds=0.0)
    batch = drain_channel(store, "desk", 1000.0 + FLOOD_BATCH_SECONDS)[-1]
    rendered = render_message(batch, channel_type, builtin_templates(), RenderSettings(ZoneInfo("UTC")))
    assert rendered.subject.startswith("32 alerts: The tower number 10 of Halvik burned down")
    shown = [part for part in (rendered.text, rendered.html, str(rendered.blocks or "")) if part]
    assert all("These alerts were raised within a short time" in part for part in shown)
    assert all(alert_headline(alert) in part for part in shown for alert in batch.alerts)
