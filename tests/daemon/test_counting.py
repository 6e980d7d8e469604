"""Rules that count and wait in the running daemon: first polls, reloads, failing sources, messages, explanations."""

from __future__ import annotations

import json

import pytest
from kit.daemon_harness import DaemonHarness

from monitor.cli.app import run_command_line
from monitor.store.reports.alerts import load_alert_page

DAY, HOUR = 86400.0, 3600.0
COUNT = "name: ferries\nid: f-1\nmatch: ferr*\ncount: 3 per 1h\n"
ABSENT = "name: ferries\nid: f-1\nmatch: ferr*\nabsent: 2d\n"
NEWS = [
    f"The ferry {name} has run aground off {place} with {number} people aboard"
    for name, place, number in (
        ("Aurora", "Brevik", 40),
        ("Borealis", "Corda", 95),
        ("Castor", "Delmar", 120),
        ("Dione", "Esker", 17),
        ("Electra", "Fallow", 230),
        ("Fortuna", "Garnet", 61),
    )
]


def publish(harness: DaemonHarness, *numbers: int) -> None:
    for number in numbers:
        harness.publish(str(number), NEWS[number])


def reasons(harness: DaemonHarness, *updates: int) -> list[str]:
    return [decision.reason for update in updates for decision in harness.decisions_of(update)]


def headlines(harness: DaemonHarness) -> list[str]:
    """Return the titles and reasons of the alerts, oldest first."""
    store = harness.open_store()
    with store.read() as conn:
        alerts = [row.alert for row in load_alert_page(conn, limit=100)]
    store.close()
    return [f"{alert.title}: {alert.reason}" for alert in reversed(alerts)]


async def test_the_entries_of_one_poll_are_counted_one_by_one(
    harness: DaemonHarness, capfd: pytest.CaptureFixture[str]
) -> None:
    harness.write_rule(COUNT)
    publish(harness, 0, 1, 2, 3)
    await harness.run_round()
    assert reasons(harness, 1, 2, 3, 4) == ["counted", "counted", "sent", "counted"]
    ((rule, channel, claims),) = harness.owed_alerts()
    assert (rule, channel, len(claims)) == ("ferries", "screen", 3)
    output = capfd.readouterr().out
    assert "3 matches since 08:01: The ferry Aurora has run aground" in output
    assert "Castor" in output


async def test_a_first_poll_counts_nothing_and_restarts_no_wait(harness: DaemonHarness) -> None:
    harness.write_rule(COUNT)
    publish(harness, 0, 1, 2)
    await harness.run_round(first_poll="baseline")
    publish(harness, 3)
    await harness.run_round()
    assert reasons(harness, 1, 2, 3, 4) == ["baseline"] * 3 + ["counted"]
    assert harness.owed_alerts() == []


async def test_a_count_goes_on_over_restarts_a_reload_and_a_rename(harness: DaemonHarness) -> None:
    harness.write_rule(COUNT)
    publish(harness, 0)
    await harness.run_round()
    harness.write_rule(COUNT + "severity: high\n")
    publish(harness, 1)
    await harness.run_round()
    harness.write_rule(COUNT.replace("name: ferries", "name: ships"))
    publish(harness, 2)
    await harness.run_round()
    ((rule, _, claims),) = harness.owed_alerts()
    assert (rule, len(claims)) == ("ships", 3)


async def test_explain_shows_how_far_a_count_is(
    harness: DaemonHarness, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.write_rule(COUNT)
    publish(harness, 0, 1)
    await harness.run_round()
    monkeypatch.chdir(harness.folder)
    capsys.readouterr()
    assert run_command_line(["explain", "2"]) == 0
    assert "ferries  counted: 2 of 3 in 1h" in capsys.readouterr().out


async def test_explain_says_that_an_absence_has_no_update(
    harness: DaemonHarness, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.write_rule(ABSENT)
    await harness.run_round()
    await harness.run_round(seconds_later=3 * DAY)
    monkeypatch.chdir(harness.folder)
    capsys.readouterr()
    assert run_command_line(["alerts", "--json"]) == 0
    (alert,) = json.loads(capsys.readouterr().out)
    assert run_command_line(["explain", alert["id"]]) == 2
    assert "is from no update: nothing matched for 2d" in capsys.readouterr().err


async def test_an_absence_alerts_once_and_again_after_a_match(
    harness: DaemonHarness, capfd: pytest.CaptureFixture[str]
) -> None:
    harness.write_rule(ABSENT)
    await harness.run_round()
    await harness.run_round(seconds_later=2 * DAY - HOUR)
    assert headlines(harness) == []
    await harness.run_round(seconds_later=2 * HOUR)
    await harness.run_round(seconds_later=5 * DAY)
    assert len(headlines(harness)) == 1
    assert "ferries: nothing for 2d" in capfd.readouterr().out
    publish(harness, 0)
    await harness.run_round()
    assert reasons(harness, 1) == ["present"]
    await harness.run_round(seconds_later=3 * DAY)
    assert len(headlines(harness)) == 2
    assert "the last match was “The ferry Aurora has run aground off Brevik" in headlines(harness)[1]


async def test_news_that_arrived_while_the_daemon_was_down_is_no_absence(harness: DaemonHarness) -> None:
    harness.write_rule(ABSENT)
    await harness.run_round()
    publish(harness, 0)
    await harness.run_round(seconds_later=9 * DAY)
    assert headlines(harness) == []
    assert reasons(harness, 1) == ["present"]


async def test_a_source_that_cannot_be_read_is_not_silent(harness: DaemonHarness) -> None:
    harness.write_rule(ABSENT)
    await harness.run_round()
    harness.feed.status = 503
    for _ in range(8):
        await harness.run_round(seconds_later=DAY)
    assert [title for title in headlines(harness) if title.startswith("ferries")] == []
    harness.feed.status = 200
    await harness.run_round(seconds_later=2 * DAY)
    assert len([title for title in headlines(harness) if title.startswith("ferries")]) == 1
