"""Rules are renamed and go while the daemon lives: what becomes of their past and of what is held, and templates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit import Bulletin, FeedServer
from kit.daemon_harness import DaemonHarness

HOUR = 3600.0
RULE = "name: ferries\nmatch: ferr*\n"
THROTTLED = "name: {name}\nid: f-1\nmatch: ferr*\nthrottle: 1 per 6h\nnotify: [desk]\nwithin: update\n"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[DaemonHarness]:
    (tmp_path / "rules").mkdir()
    with FeedServer() as feed:
        yield DaemonHarness(tmp_path, feed)


async def test_a_rules_template_writes_its_alerts_and_no_others(
    house: DaemonHarness, capfd: pytest.CaptureFixture[str]
) -> None:
    (house.folder / "templates").mkdir()
    (house.folder / "templates/brief.terminal.j2").write_text("in brief: {{ headline }}\n")
    house.write_rule(RULE + "template: brief\n")
    house.write_rule("name: other\nmatch: bridge*\n", "other")
    house.publish("1", "The ferry Aurora has run aground off Brevik")
    house.publish("2", "The bridge of Tarnby is closed for repairs")
    await house.run_round()
    told = capfd.readouterr().out
    assert "in brief: The ferry Aurora has run aground off Brevik" in told
    assert "The bridge of Tarnby is closed for repairs" in told
    assert told.count("in brief") == 1


async def throttled(house: DaemonHarness) -> None:
    """One alert told, and one held by the rule `ferries`."""
    house.write_rule(THROTTLED.format(name="ferries"))
    house.publish("1", "The ferry Aurora has run aground off Brevik with 40 people aboard")
    await house.run_round()
    house.feed.bulletins[0] = Bulletin("1", "The ferry Aurora has run aground off Brevik with 95 people aboard")
    await house.run_round()
    assert [(rule, channel) for rule, channel, _ in house.owed_alerts()] == [("ferries", "desk")]
    assert [row.reason for row in house.decisions_of(2)] == ["throttled"]


async def test_what_is_held_reaches_the_channels_of_its_rule_under_the_new_name(house: DaemonHarness) -> None:
    await throttled(house)
    house.write_rule(THROTTLED.format(name="ships"))
    await house.run_round()
    await house.run_round(seconds_later=7 * HOUR)
    assert [(rule, channel) for rule, channel, _ in house.owed_alerts()][1:] == [("ships", "desk")]
    assert "95 people" in house.owed_alerts()[1][2][0]


async def test_a_renamed_rule_keeps_to_its_throttle(house: DaemonHarness) -> None:
    await throttled(house)
    house.write_rule(THROTTLED.format(name="ships"))
    house.feed.bulletins[0] = Bulletin("1", "The ferry Aurora has run aground off Brevik with 120 people aboard")
    await house.run_round()
    assert [row.reason for row in house.decisions_of(3)] == ["throttled"]


async def test_two_rules_that_exchange_their_names_keep_each_its_own_past(house: DaemonHarness) -> None:
    await throttled(house)
    house.write_rule("name: ships\nid: s-1\nmatch: trawler*\n", "ships")
    await house.run_round()
    house.write_rule(THROTTLED.format(name="ships"))
    house.write_rule("name: ferries\nid: s-1\nmatch: trawler*\n", "ships")
    await house.run_round()
    await house.run_round(seconds_later=7 * HOUR)
    assert [(rule, channel) for rule, channel, _ in house.owed_alerts()][1:] == [("ships", "desk")]


async def test_what_is_held_for_a_rule_that_is_gone_ends_with_that_reason(house: DaemonHarness) -> None:
    await throttled(house)
    house.write_rule("name: other\nmatch: bridge*\n")
    await house.run_round()
    assert [row.reason for row in house.decisions_of(2)] == ["throttled"]
    await house.run_round(seconds_later=7 * HOUR)
    (row,) = house.decisions_of(2)
    assert (row.reason, row.detail) == ("rule gone", "its rule was deleted or disabled before this could be told")
    assert len(house.owed_alerts()) == 1


async def test_a_rule_that_comes_back_in_time_tells_what_was_held(house: DaemonHarness) -> None:
    await throttled(house)
    house.write_rule("name: other\nmatch: bridge*\n")
    await house.run_round()
    house.write_rule(THROTTLED.format(name="ferries"))
    await house.run_round(seconds_later=7 * HOUR)
    assert [(rule, channel) for rule, channel, _ in house.owed_alerts()][1:] == [("ferries", "desk")]


CAREFUL = "name: ferries\nmatch: ferr*\ncorroboration: 2\nnotify: [desk]\n"


async def waiting(house: DaemonHarness) -> None:
    """A match that waits for a second source, of a rule that is gone after."""
    house.write_rule(CAREFUL)
    house.publish("1", "The ferry Aurora has run aground off Brevik with 40 people aboard")
    await house.run_round()
    assert [row.reason for row in house.decisions_of(1)] == ["awaiting corroboration"]
    house.write_rule("name: other\nmatch: bridge*\n")
    await house.run_round()


async def test_what_waits_for_other_sources_ends_a_day_after_its_rule_has_gone(house: DaemonHarness) -> None:
    await waiting(house)
    await house.run_round(seconds_later=23 * HOUR)
    assert [row.reason for row in house.decisions_of(1)] == ["awaiting corroboration"]
    await house.run_round(seconds_later=2 * HOUR)
    (row,) = house.decisions_of(1)
    assert (row.reason, row.detail) == ("rule gone", "its rule was deleted or disabled before this could be told")


async def test_a_rule_that_comes_back_within_a_day_still_waits_and_the_day_begins_anew(house: DaemonHarness) -> None:
    await waiting(house)
    house.write_rule(CAREFUL)
    await house.run_round(seconds_later=20 * HOUR)
    house.write_rule("name: other\nmatch: bridge*\n")
    await house.run_round(seconds_later=10 * HOUR)
    await house.run_round(seconds_later=20 * HOUR)
    assert [row.reason for row in house.decisions_of(1)] == ["awaiting corroboration"]
