"""Confirmed alerts and later changes as the channels get them, with the daemon's pipeline on a store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from kit.builders import drain_channel
from kit.databases import opened_store
from kit.delivery import builtin_templates

from monitor.alerts.preferences import ChannelPreferences
from monitor.assess import Policy
from monitor.cron import next_fire_time, parse_crontab
from monitor.deliver.render import render_message
from monitor.deliver.render_settings import RenderSettings
from monitor.model import Message, Severity, Update
from monitor.polling.ingest import ingest_update
from monitor.resources import builtin_path
from monitor.ruleset.load import load_rules
from monitor.store import outbox
from monitor.store.base import Store
from monitor.store.reports.alerts import load_alert_page

RULES = """
rules:
- {name: ferries, match: ferr*, severity: high, corroboration: 2, unconfirmed: low, notify: [desk, siem]}
- {name: plants, match: plant* OR factor*, severity: medium, notify: [desk, siem]}
"""
START = datetime(2026, 3, 1, 9, tzinfo=UTC).timestamp()
EVENING = datetime(2026, 3, 1, 18, tzinfo=UTC).timestamp()
DAILY = ChannelPreferences(next_digest_slot=partial(next_fire_time, parse_crontab("0 18 * * *", UTC)))
URGENT_DAILY = ChannelPreferences(urgent_severity=Severity.HIGH, next_digest_slot=DAILY.next_digest_slot)
WITH_UPDATES = ChannelPreferences(updates=True)
FIRE_12 = "At least 12 people dead in ferry fire off Halvik"
FIRE_14 = "Ferry fire off Halvik: 14 people dead"
PLANT = "Zelwood Motors closes its plant in Brevik"
PLANT_REWORDED = "Zelwood Motors to close Brevik plant"

Say = Callable[..., None]


@pytest.fixture
def store() -> Iterator[Store]:
    with opened_store("wire", "press", "gov", "radio") as store:
        yield store


@pytest.fixture
def say(store: Store, tmp_path: Path) -> Say:
    """Ingest a headline of a source, some minutes after the start, with these preferences of channels."""
    (tmp_path / "r.yaml").write_text(RULES)
    rules, problems = load_rules(tmp_path, builtin_aliases=builtin_path("rules") / "aliases.yaml")
    assert problems == ()

    def run(source: str, title: str, minute: int, entry: str = "", **preferences: ChannelPreferences) -> None:
        policy = Policy(rules, channels_by_rule={r.name: r.notify for r in rules.rules}, preferences=preferences)
        now = START + 60 * minute
        with store.write() as conn:
            update = Update(source, entry or f"{source} {minute}", now, title, "", "")
            ingest_update(conn, update, policy, digest=f"{source} {minute}", memory=1e9, now=now)

    return run


def posts(store: Store, minute: int, channel: str = "siem") -> list[dict[str, Any]]:
    """The bodies that a webhook gets until a time."""
    return [webhook_body(message) for message in drain_channel(store, channel, START + 60 * minute)]


def webhook_body(message: Message) -> dict[str, Any]:
    rendered = render_message(message, "webhook", builtin_templates(), RenderSettings(ZoneInfo("UTC")))
    return dict(json.loads(rendered.body))


def subject(message: Message) -> str:
    return render_message(message, "email", builtin_templates(), RenderSettings(ZoneInfo("UTC"))).subject


def alerts_of(message: Message) -> list[tuple[str, str]]:
    """The severity and first claim of each alert of a message."""
    return [(str(alert.severity), alert.findings[0].claim) for alert in message.alerts]


def figures_of(body: dict[str, Any]) -> list[tuple[str, str]]:
    """The figures of the first finding, each with its source."""
    return [(point["text"], point["source"]) for point in body["data"]["findings"][0]["figures"]]


def kinds(bodies: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(body["type"], body["data"]["severity"]) for body in bodies]


def test_a_confirmation_follows_the_unconfirmed_alert_in_its_thread(store: Store, say: Say) -> None:
    say("wire", FIRE_12, 0)
    (early,) = drain_channel(store, "desk", START)
    say("press", FIRE_14, 10)
    (confirmed,) = drain_channel(store, "desk", START + 600)

    assert [alerts_of(early), alerts_of(confirmed)] == [[("low", FIRE_12)], [("high", FIRE_12)]]
    assert confirmed.thread == early.thread
    assert "Confirmed: " not in subject(early)
    assert subject(confirmed).startswith("[HIGH] Confirmed: ")


def test_an_unconfirmed_alert_that_was_not_sent_is_replaced(store: Store, say: Say) -> None:
    say("wire", FIRE_12, 0)
    say("press", FIRE_14, 10)

    assert list(map(alerts_of, drain_channel(store, "desk", START + 600))) == [[("high", FIRE_12)]]


def test_a_digest_has_the_confirmed_alert_instead_of_the_unconfirmed_one(store: Store, say: Say) -> None:
    say("wire", FIRE_12, 0, desk=DAILY)
    say("wire", PLANT, 5, desk=DAILY)
    say("press", FIRE_14, 10, desk=DAILY)
    (digest,) = drain_channel(store, "desk", EVENING)

    assert sorted(alerts_of(digest)) == [("high", FIRE_12), ("medium", PLANT)]
    assert list(map(alerts_of, drain_channel(store, "siem", EVENING))) == [[("medium", PLANT)], [("high", FIRE_12)]]


def test_a_confirmed_alert_that_is_urgent_leaves_no_empty_digest(store: Store, say: Say) -> None:
    say("wire", FIRE_12, 0, desk=URGENT_DAILY)
    say("press", FIRE_14, 10, desk=URGENT_DAILY)

    assert list(map(alerts_of, drain_channel(store, "desk", START + 600))) == [[("high", FIRE_12)]]
    assert drain_channel(store, "desk", EVENING) == []


def test_an_unconfirmed_alert_that_is_being_retried_stays(store: Store, say: Say) -> None:
    say("wire", FIRE_12, 0)
    with store.write() as conn:
        first = outbox.lease_message(conn, "desk", START, lease_seconds=60)
        assert first is not None
        outbox.schedule_retry(conn, first.id, START + 900, "451 later")
    say("press", FIRE_14, 10)

    assert list(map(alerts_of, drain_channel(store, "desk", START + 900))) == [
        [("low", FIRE_12)],
        [("high", FIRE_12)],
    ]


def test_a_webhook_with_updates_gets_the_confirmation_as_an_update(store: Store, say: Say) -> None:
    say("wire", FIRE_12, 0, siem=WITH_UPDATES)
    (early,) = posts(store, 0)
    say("press", FIRE_14, 10, siem=WITH_UPDATES)
    (update,) = posts(store, 10)

    assert kinds([early, update]) == [("alert.created", "low"), ("alert.updated", "high")]
    assert update["data"]["id"] == early["data"]["id"]
    (finding,) = update["data"]["findings"]
    assert [prior["source"] for prior in finding["also_said_by"]] == ["press"]
    assert [(point["text"], point["source"]) for point in finding["figures"]] == [
        ("At least 12", "wire"),
        ("14", "press"),
    ]
    assert "confirmed by press, wire" in update["data"]["reason"]
    assert update["data"].keys() == early["data"].keys()


def test_a_webhook_without_updates_gets_two_alerts(store: Store, say: Say) -> None:
    say("wire", FIRE_12, 0)
    (early,) = posts(store, 0)
    say("press", FIRE_14, 10)
    (confirmed,) = posts(store, 10)
    say("gov", "Ferry fire off Halvik leaves 15 people dead", 20)

    assert kinds([early, confirmed]) == [("alert.created", "low"), ("alert.created", "high")]
    assert confirmed["data"]["confirms"] == [early["data"]["id"]]
    assert posts(store, 20) == []


def test_an_update_of_an_alert_that_was_not_sent_is_a_new_alert(store: Store, say: Say) -> None:
    say("wire", FIRE_12, 0, siem=WITH_UPDATES)
    say("press", FIRE_14, 10, siem=WITH_UPDATES)

    assert kinds(posts(store, 10)) == [("alert.created", "high")]


def test_each_further_source_and_figure_updates_the_alert(store: Store, say: Say) -> None:
    say("wire", FIRE_12, 0, siem=WITH_UPDATES)
    (early,) = posts(store, 0)
    say("press", FIRE_14, 10, siem=WITH_UPDATES)
    say("gov", "Ferry fire off Halvik leaves 15 people dead", 20, siem=WITH_UPDATES)
    say("radio", "Ferry fire off Halvik leaves 14 people dead", 30, siem=WITH_UPDATES)
    say("radio", "Ferry fire off Halvik leaves 14 people dead", 40, siem=WITH_UPDATES)
    confirmed, figure, source = posts(store, 40)

    assert {body["data"]["id"] for body in (confirmed, figure, source)} == {early["data"]["id"]}
    assert kinds([figure, source]) == [("alert.updated", "high")] * 2
    assert figure["data"]["reason"].endswith("; 15 (gov)")
    assert figures_of(figure) == [("At least 12", "wire"), ("14", "press"), ("15", "gov")]
    assert {prior["source"] for prior in source["data"]["findings"][0]["also_said_by"]} == {"press", "radio"}


def test_another_source_updates_the_alert_of_a_rule_without_corroboration(store: Store, say: Say) -> None:
    say("wire", PLANT, 0, siem=WITH_UPDATES)
    (created,) = posts(store, 0)
    say("press", PLANT_REWORDED, 10, siem=WITH_UPDATES)
    say("press", PLANT_REWORDED.upper(), 20, siem=WITH_UPDATES)
    (update,) = posts(store, 20)

    assert (update["type"], update["data"]["id"]) == ("alert.updated", created["data"]["id"])
    assert update["data"]["reason"].endswith("; also reported by press")
    assert [prior["source"] for prior in update["data"]["findings"][0]["also_said_by"]] == ["press"]


def test_a_follow_up_alert_updates_the_first_one(store: Store, say: Say) -> None:
    say("wire", "Zelwood Motors closes its plant in Brevik and cuts 1,400 jobs", 0, "plant", siem=WITH_UPDATES)
    (created,) = posts(store, 0)
    say("wire", "Zelwood Motors closes its plant in Brevik and cuts 1,700 jobs", 10, "plant", siem=WITH_UPDATES)
    bodies = posts(store, 10)

    assert sorted(body["type"] for body in bodies) == ["alert.created", "alert.updated"]
    (update,) = (body for body in bodies if body["type"] == "alert.updated")
    assert update["data"]["id"] == created["data"]["id"]
    assert figures_of(update) == [("1,400", "wire"), ("1,700", "wire")]


def test_a_changed_alert_keeps_its_place_and_its_sources_in_the_history(store: Store, say: Say) -> None:
    say("wire", FIRE_12, 0, siem=WITH_UPDATES)
    posts(store, 0)
    say("press", FIRE_14, 10, siem=WITH_UPDATES)
    say("gov", "Ferry fire off Halvik leaves 15 people dead", 20, siem=WITH_UPDATES)
    with store.read() as conn:
        confirmed, early = (row.alert for row in load_alert_page(conn, limit=10))

    assert [point.text for point in confirmed.findings[0].figures] == ["At least 12", "14", "15"]
    assert early.findings[0].figures == ()
