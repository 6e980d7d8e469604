"""A rule that says `since: 7d` looks back, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit import FeedServer
from kit.house import House

from monitor.store import open_store
from monitor.store.reports import alerts, deliveries

DAY = 86400.0
RULE = "name: ferries\nmatch: ferr*\n"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "rules").mkdir()
    with FeedServer() as feed:
        yield House(tmp_path, feed)


async def test_a_new_rule_with_since_looks_back_once_and_as_far_as_it_says(house: House) -> None:
    house.rule("name: other\nmatch: bridge*\n", "other")
    house.says("1", "The ferry Aurora has run aground off Brevik")
    await house.lives()
    house.says("2", "The ferry Nordlys burns in the port of Halvik")
    await house.lives(later=5 * DAY)
    house.rule(RULE + "since: 3d\n")
    await house.lives(later=DAY)
    assert house.told() == [("ferries", "screen", ["The ferry Nordlys burns in the port of Halvik"])]
    (row,) = house.decided(2)
    assert (row.reason, row.detail.endswith("; looked back 3d")) == ("sent", True)

    await house.lives()
    house.rule(RULE + "since: 2d\nid: ferries\n")
    await house.lives()
    assert len(house.told()) == 1
    house.rule(RULE + "since: 30d\n")
    await house.lives()
    assert [claims for *_, claims in house.told()] == [
        ["The ferry Nordlys burns in the port of Halvik"],
        ["The ferry Aurora has run aground off Brevik"],
    ]


async def test_what_came_with_a_first_poll_stays_untold_when_a_rule_looks_back(house: House) -> None:
    house.rule("name: other\nmatch: bridge*\n", "other")
    house.says("1", "The ferry Aurora has run aground off Brevik")
    await house.lives(first="baseline")
    house.rule(RULE + "since: 7d\n")
    await house.lives(first="baseline")
    assert house.told() == []


async def test_a_look_back_is_one_message_however_much_it_finds_and_heeds_the_throttle(house: House) -> None:
    house.rule("name: other\nmatch: bridge*\n", "other")
    for number, port in enumerate(("Brevik", "Halvik", "Orsund", "Tarnby", "Lomma")):
        house.says(str(number), f"Ferry {number + 20} sank in a storm off {port}")
        await house.lives()
    house.rule(RULE + "since: 7d\n")
    await house.lives()
    store = open_store(f"sqlite:///{house.folder}/monitor.db", create=False)
    with store.read() as conn:
        assert len({one.message for one in deliveries(conn)}) == 1
        assert len(alerts(conn)) == 5
    store.close()


async def test_a_rule_that_judged_an_update_when_it_came_does_not_judge_it_again(house: House) -> None:
    house.rule(RULE)
    house.says("1", "The ferry Aurora has run aground off Brevik")
    await house.lives()
    house.rule(RULE + "since: 7d\n")
    await house.lives()
    assert len(house.told()) == 1
