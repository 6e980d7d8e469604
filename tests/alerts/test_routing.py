"""The channels, times and messages of alerts, with the daemon's pipeline on a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from kit.builders import drain_channel, example_alert
from kit.databases import opened_store

from monitor.alerts.ids import build_message
from monitor.alerts.preferences import ChannelPreferences
from monitor.alerts.routing import BURST_LIMIT, limit_burst
from monitor.assess import Assessment, Policy
from monitor.config.quiet_hours import minutes_of_week
from monitor.cron import next_fire_time, parse_crontab
from monitor.model import Message, Reason, Severity, Update
from monitor.polling.ingest import ingest_update
from monitor.resources import builtin_path
from monitor.ruleset.load import load_rules
from monitor.store import outbox
from monitor.store.base import Store
from monitor.store.reports.deliveries import load_delivery_page

THINGS = ("bridge", "ferry", "tunnel", "school")
PLACES = {"bridge": "Halvik", "ferry": "Brevik", "tunnel": "Orsk", "school": "Tolna", "reactor": "Merrin"}
RULES = """
rules:
- {name: fires, title: Fires, match: burn* AND NOT reactor, severity: medium, notify: [desk, chat]}
- {name: reactor, title: The reactor, match: reactor, severity: critical, notify: [desk, chat]}
"""
MORNING = datetime(2026, 3, 11, 8, tzinfo=UTC).timestamp()
DAY = 86400.0
DAILY_DIGEST = ChannelPreferences(next_digest_slot=partial(next_fire_time, parse_crontab("0 8 * * *", UTC)))
QUIET_NIGHTS = ChannelPreferences(quiet_minutes=minutes_of_week(["22:00-07:00"]))

IngestFire = Callable[..., Assessment]


@pytest.fixture
def store() -> Iterator[Store]:
    with opened_store("wire") as store:
        yield store


@pytest.fixture
def ingest_fire(store: Store, tmp_path: Path) -> IngestFire:
    """Ingest the news that a thing has burned down, with these preferences of channels."""
    (tmp_path / "r.yaml").write_text(RULES)
    rules, problems = load_rules(tmp_path, builtin_aliases=builtin_path("rules") / "aliases.yaml")
    assert problems == ()

    def run(thing: str, at: float, **preferences: ChannelPreferences) -> Assessment:
        policy = Policy(rules, channels_by_rule={r.name: r.notify for r in rules.rules}, preferences=preferences)
        with store.write() as conn:
            update = Update("wire", f"{thing} {at}", at, f"The {thing} of {PLACES[thing]} burned down", "", "")
            return ingest_update(conn, update, policy, digest=f"{thing} {at}", memory=1e9, now=at)

    return run


def alerted_things(message: Message) -> list[str]:
    """What has burned down by the alerts of a message."""
    return sorted(finding.claim.split()[1] for alert in message.alerts for finding in alert.findings)


def sent(store: Store, channel: str, now: float) -> list[list[str]]:
    """What has burned down by each message that the channel gets until now."""
    return [alerted_things(message) for message in drain_channel(store, channel, now)]


def decided(assessment: Assessment) -> tuple[Reason, str]:
    """The reason and the detail of the only decision."""
    (decision,) = assessment.decisions
    return decision.reason, decision.detail


def test_a_message_is_in_the_thread_of_its_story_only_if_it_has_one() -> None:
    one, same, other = (example_alert(f"al-{story}", story=story[:4]) for story in ("st-1", "st-1b", "st-2"))
    assert build_message("desk", [one, same], 100.0).thread == "st-1"
    mixed = build_message("desk", [one, other], 100.0)
    assert mixed.thread == mixed.id


def test_a_flood_batch_has_a_thread_of_its_own() -> None:
    message = build_message("desk", [example_alert()], 100.0)
    batch = limit_burst(message, FullOutbox(), 100.0)
    assert (batch.batch_reason, batch.thread) == (Reason.FLOOD, batch.id)
    assert batch.thread != message.thread


class FullOutbox:
    """An outbox of a channel that has had a burst of messages, and no batch yet."""

    def recent_message_count(self, channel: str, begin: float, end: float) -> int:
        return BURST_LIMIT

    def last_batch(self, channel: str, reason: Reason) -> None:
        return None


def test_a_digest_is_one_message_with_all_alerts_since_the_last_one(store: Store, ingest_fire: IngestFire) -> None:
    for number, thing in enumerate(THINGS[:3]):
        ingest_fire(thing, MORNING - DAY + 600 * number, desk=DAILY_DIGEST, chat=DAILY_DIGEST)
    assert drain_channel(store, "desk", MORNING - 1) == []
    (first,) = drain_channel(store, "desk", MORNING)
    ingest_fire(THINGS[3], MORNING + 1, desk=DAILY_DIGEST, chat=DAILY_DIGEST)

    assert alerted_things(first) == ["bridge", "ferry", "tunnel"]
    assert (first.batch_reason, first.created) == (Reason.DIGEST, MORNING)
    assert sent(store, "desk", MORNING + DAY) == [["school"]]
    assert drain_channel(store, "desk", MORNING + 2 * DAY) == []


def test_a_poll_that_ends_after_a_digest_was_sent_joins_the_next_digest(
    store: Store, ingest_fire: IngestFire
) -> None:
    ingest_fire("bridge", MORNING - 60, desk=DAILY_DIGEST)
    drain_channel(store, "desk", MORNING)
    ingest_fire("ferry", MORNING - 5, desk=DAILY_DIGEST)

    assert drain_channel(store, "desk", MORNING + 60) == []
    assert sent(store, "desk", MORNING + DAY) == [["ferry"]]


def test_a_retried_digest_takes_no_more_alerts(store: Store, ingest_fire: IngestFire) -> None:
    ingest_fire("bridge", MORNING - 60, desk=DAILY_DIGEST)
    with store.write() as conn:
        first = outbox.lease_message(conn, "desk", MORNING, lease_seconds=60)
        assert first is not None
        outbox.schedule_retry(conn, first.id, MORNING + 600, "451 later")
    ingest_fire("ferry", MORNING + 300, desk=DAILY_DIGEST)

    assert sent(store, "desk", MORNING + 600) == [["bridge"]]
    assert sent(store, "desk", MORNING + DAY) == [["ferry"]]


def test_a_digest_that_was_due_while_the_daemon_was_down_is_sent_later(store: Store, ingest_fire: IngestFire) -> None:
    ingest_fire("bridge", MORNING - 60, desk=DAILY_DIGEST)
    ingest_fire("ferry", MORNING + 3 * DAY, desk=DAILY_DIGEST)
    assert sent(store, "desk", MORNING + 3 * DAY) == [["bridge", "ferry"]]


def test_alerts_in_quiet_hours_are_sent_in_one_message_at_their_end(store: Store, ingest_fire: IngestFire) -> None:
    night = MORNING - 3 * 3600
    for number, thing in enumerate(THINGS[:3]):
        ingest_fire(thing, night + 60 * number, desk=QUIET_NIGHTS)

    assert len(drain_channel(store, "chat", night + 600)) == 3
    assert drain_channel(store, "desk", MORNING - 3601) == []
    assert sent(store, "desk", MORNING - 3600) == [["bridge", "ferry", "tunnel"]]


def test_a_poll_that_ends_after_quiet_hours_sends_its_alert_at_once(store: Store, ingest_fire: IngestFire) -> None:
    ingest_fire("bridge", MORNING - 3700, desk=QUIET_NIGHTS)
    drain_channel(store, "desk", MORNING - 3600)
    ingest_fire("ferry", MORNING - 3610, desk=QUIET_NIGHTS)
    assert sent(store, "desk", MORNING - 3590) == [["ferry"]]


@pytest.mark.parametrize(("preferences", "due"), [(DAILY_DIGEST, MORNING), (QUIET_NIGHTS, MORNING - 3600)])
def test_a_batch_can_be_flushed_early_and_the_next_one_is_still_sent_on_time(
    store: Store, ingest_fire: IngestFire, preferences: ChannelPreferences, due: float
) -> None:
    night = MORNING - 3 * 3600
    for number, thing in enumerate(THINGS[:3]):
        ingest_fire(thing, night + 600 * number, desk=preferences)
        with store.write() as conn:
            assert outbox.flush_channel_batches(conn, "chat", night + 600 * number) == 0
            assert outbox.flush_channel_batches(conn, "desk", night + 600 * number + 60) == 1
            assert outbox.flush_channel_batches(conn, "desk", night + 600 * number + 60) == 0
        (message,) = drain_channel(store, "desk", night + 600 * number + 60)
        assert (alerted_things(message), message.created) == ([thing], night + 600 * number + 60)

    ingest_fire(THINGS[3], night + 3000, desk=preferences)
    assert drain_channel(store, "desk", due - 1) == []
    assert sent(store, "desk", due) == [["school"]]


def test_an_alert_joins_a_flushed_batch_until_that_is_sent(store: Store, ingest_fire: IngestFire) -> None:
    ingest_fire("bridge", MORNING - 600, desk=DAILY_DIGEST)
    with store.write() as conn:
        outbox.flush_channel_batches(conn, "desk", MORNING - 500)
    ingest_fire("ferry", MORNING - 400, desk=DAILY_DIGEST)
    assert sent(store, "desk", MORNING - 300) == [["bridge", "ferry"]]


@pytest.mark.parametrize("preferences", [DAILY_DIGEST, QUIET_NIGHTS])
def test_an_urgent_alert_is_sent_at_once_and_alone(
    store: Store, ingest_fire: IngestFire, preferences: ChannelPreferences
) -> None:
    night = MORNING - 3 * 3600
    ingest_fire("bridge", night, desk=preferences)
    assert decided(ingest_fire("reactor", night + 1, desk=preferences))[0] is Reason.SENT
    assert sent(store, "desk", night + 2) == [["reactor"]]
    assert sent(store, "desk", MORNING) == [["bridge"]]


def test_a_channel_only_gets_alerts_of_the_severity_it_accepts(store: Store, ingest_fire: IngestFire) -> None:
    severe_only = ChannelPreferences(min_severity=Severity.HIGH)
    reason, detail = decided(ingest_fire("bridge", MORNING, desk=severe_only))
    assert reason is Reason.SENT
    assert detail.endswith("; desk: accepts high and above")
    reason, detail = decided(ingest_fire("ferry", MORNING + 60, desk=severe_only, chat=severe_only))
    assert reason is Reason.BELOW_SEVERITY
    ingest_fire("reactor", MORNING + 120, desk=severe_only, chat=severe_only)

    assert sent(store, "desk", MORNING + 120) == [["reactor"]]
    assert sent(store, "chat", MORNING + 120) == [["bridge"], ["reactor"]]


def test_the_decision_says_when_each_channel_gets_the_alert_if_none_does_at_once(ingest_fire: IngestFire) -> None:
    night = MORNING - 3 * 3600
    reason, detail = decided(ingest_fire("bridge", night, desk=DAILY_DIGEST, chat=QUIET_NIGHTS))
    assert reason is Reason.DIGEST
    assert "desk: digest, due on Wed 11 Mar 08:00 UTC" in detail
    assert "chat: quiet hours, due on Wed 11 Mar 07:00 UTC" in detail
    assert decided(ingest_fire("ferry", night, desk=DAILY_DIGEST))[0] is Reason.SENT


def test_a_delivery_shows_the_reason_of_its_batch_and_its_due_time(store: Store, ingest_fire: IngestFire) -> None:
    ingest_fire("bridge", MORNING - 60, desk=DAILY_DIGEST)
    with store.read() as conn:
        waits = {row.channel: (row.state, row.batch_reason, row.due) for row in load_delivery_page(conn)}
    assert waits == {"desk": ("pending", Reason.DIGEST, MORNING), "chat": ("pending", None, MORNING - 60)}
