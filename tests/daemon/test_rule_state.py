"""Rules that are renamed or removed while the daemon runs: their history, held alerts and templates."""

from __future__ import annotations

import pytest
from kit import Bulletin
from kit.daemon_harness import DaemonHarness

HOUR = 3600.0
RULE = "name: ferries\nmatch: ferr*\n"
THROTTLED = "name: {name}\nid: f-1\nmatch: ferr*\nthrottle: 1 per 6h\nnotify: [desk]\nwithin: update\n"


async def test_a_rule_template_renders_only_the_alerts_of_its_rule(
    harness: DaemonHarness, capfd: pytest.CaptureFixture[str]
) -> None:
    (harness.folder / "templates").mkdir()
    (harness.folder / "templates/brief.terminal.j2").write_text("in brief: {{ headline }}\n")
    harness.write_rule(RULE + "template: brief\n")
    harness.write_rule("name: other\nmatch: bridge*\n", "other")
    harness.publish("1", "The ferry Aurora has run aground off Brevik")
    harness.publish("2", "The bridge of Tarnby is closed for repairs")
    await harness.run_round()
    output = capfd.readouterr().out
    assert "in brief: The ferry Aurora has run aground off Brevik" in output
    assert "The bridge of Tarnby is closed for repairs" in output
    assert output.count("in brief") == 1


async def send_one_and_throttle_one(harness: DaemonHarness) -> None:
    """Let the rule `ferries` send one alert and throttle another."""
    harness.write_rule(THROTTLED.format(name="ferries"))
    harness.publish("1", "The ferry Aurora has run aground off Brevik with 40 people aboard")
    await harness.run_round()
    harness.feed.bulletins[0] = Bulletin("1", "The ferry Aurora has run aground off Brevik with 95 people aboard")
    await harness.run_round()
    assert [(rule, channel) for rule, channel, _ in harness.owed_alerts()] == [("ferries", "desk")]
    assert [decision.reason for decision in harness.decisions_of(2)] == ["throttled"]


async def test_a_throttled_alert_is_sent_under_the_new_name_of_its_rule(harness: DaemonHarness) -> None:
    await send_one_and_throttle_one(harness)
    harness.write_rule(THROTTLED.format(name="ships"))
    await harness.run_round()
    await harness.run_round(seconds_later=7 * HOUR)
    assert [(rule, channel) for rule, channel, _ in harness.owed_alerts()][1:] == [("ships", "desk")]
    assert "95 people" in harness.owed_alerts()[1][2][0]


async def test_a_renamed_rule_keeps_its_throttle(harness: DaemonHarness) -> None:
    await send_one_and_throttle_one(harness)
    harness.write_rule(THROTTLED.format(name="ships"))
    harness.feed.bulletins[0] = Bulletin("1", "The ferry Aurora has run aground off Brevik with 120 people aboard")
    await harness.run_round()
    assert [decision.reason for decision in harness.decisions_of(3)] == ["throttled"]


async def test_two_rules_that_swap_names_keep_their_own_history(harness: DaemonHarness) -> None:
    await send_one_and_throttle_one(harness)
    harness.write_rule("name: ships\nid: s-1\nmatch: trawler*\n", "ships")
    await harness.run_round()
    harness.write_rule(THROTTLED.format(name="ships"))
    harness.write_rule("name: ferries\nid: s-1\nmatch: trawler*\n", "ships")
    await harness.run_round()
    await harness.run_round(seconds_later=7 * HOUR)
    assert [(rule, channel) for rule, channel, _ in harness.owed_alerts()][1:] == [("ships", "desk")]


async def test_a_throttled_alert_of_a_removed_rule_is_dropped_with_a_reason(harness: DaemonHarness) -> None:
    await send_one_and_throttle_one(harness)
    harness.write_rule("name: other\nmatch: bridge*\n")
    await harness.run_round()
    assert [decision.reason for decision in harness.decisions_of(2)] == ["throttled"]
    await harness.run_round(seconds_later=7 * HOUR)
    (decision,) = harness.decisions_of(2)
    assert (decision.reason, decision.detail) == (
        "rule gone",
        "the rule was deleted or disabled before the alert was sent",
    )
    assert len(harness.owed_alerts()) == 1


async def test_a_throttled_alert_is_sent_if_its_rule_is_restored_in_time(harness: DaemonHarness) -> None:
    await send_one_and_throttle_one(harness)
    harness.write_rule("name: other\nmatch: bridge*\n")
    await harness.run_round()
    harness.write_rule(THROTTLED.format(name="ferries"))
    await harness.run_round(seconds_later=7 * HOUR)
    assert [(rule, channel) for rule, channel, _ in harness.owed_alerts()][1:] == [("ferries", "desk")]


CORROBORATED = "name: ferries\nmatch: ferr*\ncorroboration: 2\nnotify: [desk]\n"


async def hold_one_for_corroboration_and_remove_its_rule(harness: DaemonHarness) -> None:
    """Hold a match for corroboration, then remove its rule."""
    harness.write_rule(CORROBORATED)
    harness.publish("1", "The ferry Aurora has run aground off Brevik with 40 people aboard")
    await harness.run_round()
    assert [decision.reason for decision in harness.decisions_of(1)] == ["awaiting corroboration"]
    harness.write_rule("name: other\nmatch: bridge*\n")
    await harness.run_round()


async def test_a_match_awaiting_corroboration_is_dropped_a_day_after_its_rule_was_removed(
    harness: DaemonHarness,
) -> None:
    await hold_one_for_corroboration_and_remove_its_rule(harness)
    await harness.run_round(seconds_later=23 * HOUR)
    assert [decision.reason for decision in harness.decisions_of(1)] == ["awaiting corroboration"]
    await harness.run_round(seconds_later=2 * HOUR)
    (decision,) = harness.decisions_of(1)
    assert (decision.reason, decision.detail) == (
        "rule gone",
        "the rule was deleted or disabled before the alert was sent",
    )


async def test_restoring_a_rule_within_a_day_restarts_the_day_for_its_held_match(harness: DaemonHarness) -> None:
    await hold_one_for_corroboration_and_remove_its_rule(harness)
    harness.write_rule(CORROBORATED)
    await harness.run_round(seconds_later=20 * HOUR)
    harness.write_rule("name: other\nmatch: bridge*\n")
    await harness.run_round(seconds_later=10 * HOUR)
    await harness.run_round(seconds_later=20 * HOUR)
    assert [decision.reason for decision in harness.decisions_of(1)] == ["awaiting corroboration"]
