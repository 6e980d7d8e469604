"""Rules are renamed and go while the daemon lives: what becomes of their past and of what is held, and templates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit import Bulletin, FeedServer
from kit.house import House

HOUR = 3600.0
RULE = "name: ferries\nmatch: ferr*\n"
THROTTLED = "name: {name}\nid: f-1\nmatch: ferr*\nthrottle: 1 per 6h\nnotify: [desk]\nwithin: update\n"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "rules").mkdir()
    with FeedServer() as feed:
        yield House(tmp_path, feed)


async def test_a_rules_template_writes_its_alerts_and_no_others(
    house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    (house.folder / "templates").mkdir()
    (house.folder / "templates/brief.terminal.j2").write_text("in brief: {{ headline }}\n")
    house.rule(RULE + "template: brief\n")
    house.rule("name: other\nmatch: bridge*\n", "other")
    house.says("1", "The ferry Aurora has run aground off Brevik")
    house.says("2", "The bridge of Tarnby is closed for repairs")
    await house.lives()
    told = capfd.readouterr().out
    assert "in brief: The ferry Aurora has run aground off Brevik" in told
    assert "The bridge of Tarnby is closed for repairs" in told
    assert told.count("in brief") == 1


async def throttled(house: House) -> None:
    """One alert told, and one held by the rule `ferries`."""
    house.rule(THROTTLED.format(name="ferries"))
    house.says("1", "The ferry Aurora has run aground off Brevik with 40 people aboard")
    await house.lives()
    house.feed.bulletins[0] = Bulletin("1", "The ferry Aurora has run aground off Brevik with 95 people aboard")
    await house.lives()
    assert [(rule, channel) for rule, channel, _ in house.told()] == [("ferries", "desk")]
    assert [row.reason for row in house.decided(2)] == ["throttled"]


async def test_what_is_held_reaches_the_channels_of_its_rule_under_the_new_name(house: House) -> None:
    await throttled(house)
    house.rule(THROTTLED.format(name="ships"))
    await house.lives()
    await house.lives(later=7 * HOUR)
    assert [(rule, channel) for rule, channel, _ in house.told()][1:] == [("ships", "desk")]
    assert "95 people" in house.told()[1][2][0]


async def test_a_renamed_rule_keeps_to_its_throttle(house: House) -> None:
    await throttled(house)
    house.rule(THROTTLED.format(name="ships"))
    house.feed.bulletins[0] = Bulletin("1", "The ferry Aurora has run aground off Brevik with 120 people aboard")
    await house.lives()
    assert [row.reason for row in house.decided(3)] == ["throttled"]


async def test_two_rules_that_exchange_their_names_keep_each_its_own_past(house: House) -> None:
    await throttled(house)
    house.rule("name: ships\nid: s-1\nmatch: trawler*\n", "ships")
    await house.lives()
    house.rule(THROTTLED.format(name="ships"))
    house.rule("name: ferries\nid: s-1\nmatch: trawler*\n", "ships")
    await house.lives()
    await house.lives(later=7 * HOUR)
    assert [(rule, channel) for rule, channel, _ in house.told()][1:] == [("ships", "desk")]


async def test_what_is_held_for_a_rule_that_is_gone_ends_with_that_reason(house: House) -> None:
    await throttled(house)
    house.rule("name: other\nmatch: bridge*\n")
    await house.lives()
    assert [row.reason for row in house.decided(2)] == ["throttled"]
    await house.lives(later=7 * HOUR)
    (row,) = house.decided(2)
    assert (row.reason, row.detail) == ("rule gone", "its rule was deleted or disabled before this could be told")
    assert len(house.told()) == 1


async def test_a_rule_that_comes_back_in_time_tells_what_was_held(house: House) -> None:
    await throttled(house)
    house.rule("name: other\nmatch: bridge*\n")
    await house.lives()
    house.rule(THROTTLED.format(name="ferries"))
    await house.lives(later=7 * HOUR)
    assert [(rule, channel) for rule, channel, _ in house.told()][1:] == [("ferries", "desk")]


CAREFUL = "name: ferries\nmatch: ferr*\ncorroboration: 2\nnotify: [desk]\n"


async def waiting(house: House) -> None:
    """A match that waits for a second source, of a rule that is gone after."""
    house.rule(CAREFUL)
    house.says("1", "The ferry Aurora has run aground off Brevik with 40 people aboard")
    await house.lives()
    assert [row.reason for row in house.decided(1)] == ["awaiting corroboration"]
    house.rule("name: other\nmatch: bridge*\n")
    await house.lives()


async def test_what_waits_for_other_sources_ends_a_day_after_its_rule_has_gone(house: House) -> None:
    await waiting(house)
    await house.lives(later=23 * HOUR)
    assert [row.reason for row in house.decided(1)] == ["awaiting corroboration"]
    await house.lives(later=2 * HOUR)
    (row,) = house.decided(1)
    assert (row.reason, row.detail) == ("rule gone", "its rule was deleted or disabled before this could be told")


async def test_a_rule_that_comes_back_within_a_day_still_waits_and_the_day_begins_anew(house: House) -> None:
    await waiting(house)
    house.rule(CAREFUL)
    await house.lives(later=20 * HOUR)
    house.rule("name: other\nmatch: bridge*\n")
    await house.lives(later=10 * HOUR)
    await house.lives(later=20 * HOUR)
    assert [row.reason for row in house.decided(1)] == ["awaiting corroboration"]
