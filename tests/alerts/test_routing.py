"""To which channels alerts go, when, and in how many messages. On a store, with the daemon's own pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from kit.builders import drain_channel

from monitor.alerts.preferences import ChannelPreferences
from monitor.assess import Assessment, Policy
from monitor.config.quiet_hours import minutes_of_week
from monitor.cron import next_fire_time, parse_crontab
from monitor.model import Message, Reason, Severity, Update
from monitor.polling.ingest import ingest_update
from monitor.resources import builtin_path
from monitor.ruleset.load import load_rules
from monitor.store import outbox, sources
from monitor.store.base import Store
from monitor.store.connect import open_store
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
DAILY = ChannelPreferences(next_digest_slot=partial(next_fire_time, parse_crontab("0 8 * * *", UTC)))
NIGHTS = ChannelPreferences(quiet_minutes=minutes_of_week(["22:00-07:00"]))

Burn = Callable[..., Assessment]


@pytest.fixture
def store() -> Iterator[Store]:
    store = open_store("sqlite:///:memory:")
    with store.write() as conn:
        sources.add_replayed_sources(conn, {"wire"}, 0.0)
    yield store
    store.close()


@pytest.fixture
def burn(store: Store, tmp_path: Path) -> Burn:
    """A thing burns at a moment, told to channels with these wishes."""
    (tmp_path / "r.yaml").write_text(RULES)
    rules, problems = load_rules(tmp_path, builtin_aliases=builtin_path("rules") / "aliases.yaml")
    assert problems == ()

    def run(thing: str, at: float, **wishes: ChannelPreferences) -> Assessment:
        listening = Policy(rules, channels_by_rule={r.name: r.notify for r in rules.rules}, preferences=wishes)
        with store.write() as conn:
            update = Update("wire", f"{thing} {at}", at, f"The {thing} of {PLACES[thing]} burned down", "", "")
            return ingest_update(conn, update, listening, digest=f"{thing} {at}", memory=1e9, now=at)

    return run


def told(message: Message) -> list[str]:
    return sorted(finding.claim.split()[1] for alert in message.alerts for finding in alert.findings)


def became(assessment: Assessment) -> tuple[Reason, str]:
    (decision,) = assessment.decisions
    return decision.reason, decision.detail


def test_a_digest_brings_all_since_the_last_one_in_one_message(store: Store, burn: Burn) -> None:
    for number, thing in enumerate(THINGS[:3]):
        burn(thing, MORNING - DAY + 600 * number, desk=DAILY, chat=DAILY)
    assert drain_channel(store, "desk", MORNING - 1) == []
    (first,) = drain_channel(store, "desk", MORNING)
    burn(THINGS[3], MORNING + 1, desk=DAILY, chat=DAILY)

    assert (told(first), first.batch_reason, first.created) == (["bridge", "ferry", "tunnel"], Reason.DIGEST, MORNING)
    assert [told(message) for message in drain_channel(store, "desk", MORNING + DAY)] == [["school"]]
    assert drain_channel(store, "desk", MORNING + 2 * DAY) == []


def test_a_slot_has_one_digest_even_if_a_poll_began_before_it_and_ended_after(store: Store, burn: Burn) -> None:
    burn("bridge", MORNING - 60, desk=DAILY)
    drain_channel(store, "desk", MORNING)
    burn("ferry", MORNING - 5, desk=DAILY)

    assert drain_channel(store, "desk", MORNING + 60) == []
    assert [told(message) for message in drain_channel(store, "desk", MORNING + DAY)] == [["ferry"]]


def test_a_digest_that_is_tried_again_takes_nothing_more(store: Store, burn: Burn) -> None:
    burn("bridge", MORNING - 60, desk=DAILY)
    with store.write() as conn:
        first = outbox.lease_message(conn, "desk", MORNING, lease_seconds=60)
        assert first is not None
        outbox.schedule_retry(conn, first.id, MORNING + 600, "451 later")
    burn("ferry", MORNING + 300, desk=DAILY)

    assert [told(message) for message in drain_channel(store, "desk", MORNING + 600)] == [["bridge"]]
    assert [told(message) for message in drain_channel(store, "desk", MORNING + DAY)] == [["ferry"]]


def test_a_digest_that_is_missed_while_nothing_runs_is_told_after(store: Store, burn: Burn) -> None:
    burn("bridge", MORNING - 60, desk=DAILY)
    burn("ferry", MORNING + 3 * DAY, desk=DAILY)
    assert [told(message) for message in drain_channel(store, "desk", MORNING + 3 * DAY)] == [["bridge", "ferry"]]


def test_quiet_hours_hold_and_then_all_of_it_comes_at_once(store: Store, burn: Burn) -> None:
    night = MORNING - 3 * 3600
    for number, thing in enumerate(THINGS[:3]):
        burn(thing, night + 60 * number, desk=NIGHTS)

    assert len(drain_channel(store, "chat", night + 600)) == 3
    assert drain_channel(store, "desk", MORNING - 3601) == []
    assert [told(message) for message in drain_channel(store, "desk", MORNING - 3600)] == [
        ["bridge", "ferry", "tunnel"]
    ]


def test_what_ends_after_the_quiet_hours_is_told_at_once(store: Store, burn: Burn) -> None:
    burn("bridge", MORNING - 3700, desk=NIGHTS)
    drain_channel(store, "desk", MORNING - 3600)
    burn("ferry", MORNING - 3610, desk=NIGHTS)
    assert [told(message) for message in drain_channel(store, "desk", MORNING - 3590)] == [["ferry"]]


@pytest.mark.parametrize(("wish", "opens"), [(DAILY, MORNING), (NIGHTS, MORNING - 3600)])
def test_what_waits_can_be_let_out_and_the_next_slot_comes_all_the_same(
    store: Store, burn: Burn, wish: ChannelPreferences, opens: float
) -> None:
    night = MORNING - 3 * 3600
    for number, thing in enumerate(THINGS[:3]):
        burn(thing, night + 600 * number, desk=wish)
        with store.write() as conn:
            assert outbox.flush_channel_batches(conn, "chat", night + 600 * number) == 0
            assert outbox.flush_channel_batches(conn, "desk", night + 600 * number + 60) == 1
            assert outbox.flush_channel_batches(conn, "desk", night + 600 * number + 60) == 0
        (sent,) = drain_channel(store, "desk", night + 600 * number + 60)
        assert (told(sent), sent.created) == ([thing], night + 600 * number + 60)

    burn(THINGS[3], night + 3000, desk=wish)
    assert drain_channel(store, "desk", opens - 1) == []
    assert [told(message) for message in drain_channel(store, "desk", opens)] == [["school"]]


def test_what_comes_before_the_let_out_was_sent_goes_with_it(store: Store, burn: Burn) -> None:
    burn("bridge", MORNING - 600, desk=DAILY)
    with store.write() as conn:
        outbox.flush_channel_batches(conn, "desk", MORNING - 500)
    burn("ferry", MORNING - 400, desk=DAILY)
    assert [told(message) for message in drain_channel(store, "desk", MORNING - 300)] == [["bridge", "ferry"]]


@pytest.mark.parametrize("wish", [DAILY, NIGHTS])
def test_what_is_urgent_passes_alone(store: Store, burn: Burn, wish: ChannelPreferences) -> None:
    night = MORNING - 3 * 3600
    burn("bridge", night, desk=wish)
    assert became(burn("reactor", night + 1, desk=wish))[0] is Reason.SENT
    assert [told(message) for message in drain_channel(store, "desk", night + 2)] == [["reactor"]]
    assert [told(message) for message in drain_channel(store, "desk", MORNING)] == [["bridge"]]


def test_a_channel_takes_what_is_severe_enough(store: Store, burn: Burn) -> None:
    grave = ChannelPreferences(min_severity=Severity.HIGH)
    reason, detail = became(burn("bridge", MORNING, desk=grave))
    assert reason is Reason.SENT
    assert detail.endswith("; desk: it takes what is high or more severe")
    reason, detail = became(burn("ferry", MORNING + 60, desk=grave, chat=grave))
    assert reason is Reason.BELOW_SEVERITY
    burn("reactor", MORNING + 120, desk=grave, chat=grave)

    assert [told(message) for message in drain_channel(store, "desk", MORNING + 120)] == [["reactor"]]
    assert [told(message) for message in drain_channel(store, "chat", MORNING + 120)] == [["bridge"], ["reactor"]]


def test_the_reason_says_what_no_channel_was_told_at_once_for(burn: Burn) -> None:
    night = MORNING - 3 * 3600
    reason, detail = became(burn("bridge", night, desk=DAILY, chat=NIGHTS))
    assert reason is Reason.DIGEST
    assert "desk: digest, told on Wed 11 Mar 08:00 UTC" in detail
    assert "chat: quiet hours, told on Wed 11 Mar 07:00 UTC" in detail
    assert became(burn("ferry", night, desk=DAILY))[0] is Reason.SENT


def test_a_delivery_says_for_what_it_waits(store: Store, burn: Burn) -> None:
    burn("bridge", MORNING - 60, desk=DAILY)
    with store.read() as conn:
        waits = {row.channel: (row.state, row.batch_reason, row.due) for row in load_delivery_page(conn)}
    assert waits == {"desk": ("pending", Reason.DIGEST, MORNING), "chat": ("pending", None, MORNING - 60)}
