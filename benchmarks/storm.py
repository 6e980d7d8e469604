"""Runs a storm and an outage at full size: 10,000 matches in a minute, and 500 alerts in a day without the channel.

    python benchmarks/storm.py [MATCHES] [ALERTS]

Prints the number of messages of each channel, the matches and alerts in the history, and whether all pending alerts
were delivered in order after the outage. The tests run the same at a small size. Time is simulated; nothing is sent.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import Connection, func, select

from monitor.assess import Policy
from monitor.deliver.backoff import next_attempt_time
from monitor.model import Message, Update
from monitor.polling.ingest import ingest_update
from monitor.resources import builtin_path
from monitor.ruleset.load import load_rules
from monitor.store import outbox, sources
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.outbox import flush_flood_batches
from monitor.store.schema import alerts, matches

PLACES = ("Halvik", "Brevik", "Orsk", "Tolna", "Merrin", "Sund", "Kalla", "Vesby", "Norra", "Hult")
THINGS = ("bridge", "ferry", "tunnel", "school", "market", "station", "harbour", "mill", "tower", "dam")
EVENTS = ("burned down", "was flooded", "reopened", "was sold", "collapsed", "lost its power")
CHANNELS = ("desk", "chat")
START = 1_800_000_000.0
HOUR = 3600.0


def main(match_count: int = 10_000, alert_count: int = 500) -> None:
    with tempfile.TemporaryDirectory() as folder:
        policy = build_policy(Path(folder))
        storm(open_store(f"sqlite:///{folder}/storm.db"), policy, match_count)
        outage(open_store(f"sqlite:///{folder}/outage.db"), policy, alert_count)


def build_policy(folder: Path) -> Policy:
    """Return a policy with one rule that matches every update and notifies two channels."""
    (folder / "r.yaml").write_text(f"name: places\ntitle: What happens in places\nmatch: {' OR '.join(THINGS)}\n")
    rule_set, _ = load_rules(folder, builtin_aliases=builtin_path("rules") / "aliases.yaml")
    return Policy(rule_set, channels_by_rule={"places": CHANNELS})


def claim_text(number: int) -> str:
    thing, place, event = THINGS[number % 10], PLACES[number // 10 % 10], EVENTS[number // 100 % 6]
    return f"The {thing} number {number + 2} of {place} {event} on day {number}"


def ingest(conn: Connection, policy: Policy, number: int, at: float) -> Counter[str]:
    """Ingest one entry and count its decisions by reason."""
    update = Update("wire", f"e{number}", at, claim_text(number), "", "")
    result = ingest_update(conn, update, policy, digest=str(number), memory=90 * 24 * HOUR, now=at)
    return Counter(str(decision.reason) for decision in result.decisions)


def storm(store: Store, policy: Policy, count: int) -> None:
    """Ingest all updates within a minute of simulated time."""
    started, reasons = time.process_time(), Counter[str]()
    received: dict[str, list[Message]] = {channel: [] for channel in CHANNELS}
    with store.write() as conn:
        sources.add_replayed_sources(conn, {"wire"}, START)
    for first in range(0, count, 100):
        with store.write() as conn:
            for number in range(first, min(first + 100, count)):
                reasons += ingest(conn, policy, number, START + 59.0 * number / count)
        for channel in CHANNELS:
            received[channel] += drain_channel(store, channel, START + 59.0 * first / count)
    with store.write() as conn:
        flush_flood_batches(conn, START + 60)
    for channel in CHANNELS:
        received[channel] += drain_channel(store, channel, START + 60)
    with store.read() as conn:
        stored_counts = (
            conn.scalar(select(func.count(matches.c.id))),
            conn.scalar(select(func.count(alerts.c.number))),
        )
    print(f"storm: {count:,} entries, decisions {dict(reasons)}, {time.process_time() - started:.0f} s of CPU")
    print(f"  in the history: {stored_counts[0]:,} matches, {stored_counts[1]:,} alerts")
    for channel, messages in received.items():
        alert_count = sum(len(message.alerts) for message in messages)
        print(f"  {channel}: {len(messages)} messages with {alert_count:,} alerts")


def drain_channel(store: Store, channel: str, now: float) -> list[Message]:
    """Mark messages of the channel as sent until none is due, and return them."""
    messages = []
    with store.write() as conn:
        while message := outbox.lease_message(conn, channel, now, lease_seconds=60):
            outbox.mark_sent(conn, message.id, now, "accepted")
            messages.append(message)
    return messages


def outage(store: Store, policy: Policy, count: int) -> None:
    """Ingest one alert every few minutes during a day without the channel, then deliver them."""
    with store.write() as conn:
        sources.add_replayed_sources(conn, {"wire"}, START)
    attempts, step = 0, 24 * HOUR / count
    for number in range(count):
        now = START + step * number
        with store.write() as conn:
            ingest(conn, policy, number, now)
        with store.write() as conn:
            while message := outbox.lease_message(conn, "desk", now, lease_seconds=60):
                attempts += 1
                next_attempt = next_attempt_time(
                    message.attempt, now=now, created=message.created, retry_after=None, jitter=0.5
                )
                assert next_attempt is not None
                outbox.schedule_retry(conn, message.id, next_attempt, "no connection")
                outbox.pause_channel(conn, "desk", next_attempt)
    delivered = drain_channel(store, "desk", START + 26 * HOUR)
    alert_times = [alert.at for message in delivered for alert in message.alerts]
    order = "in order" if alert_times == sorted(alert_times) else "NOT IN ORDER"
    received = f"{len(alert_times)} of {count} alerts in {len(delivered)} messages, {order}"
    print(f"outage: {received}, after {attempts} attempts in 24 hours")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
