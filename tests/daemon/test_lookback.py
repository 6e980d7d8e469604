"""A rule that says `since: 7d` looks back, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit import FeedServer
from kit.daemon_harness import DaemonHarness

from monitor.store.connect import open_store
from monitor.store.reports.alerts import load_alert_page
from monitor.store.reports.deliveries import load_delivery_page

DAY = 86400.0
RULE = "name: ferries\nmatch: ferr*\n"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[DaemonHarness]:
    (tmp_path / "rules").mkdir()
    with FeedServer() as feed:
        yield DaemonHarness(tmp_path, feed)


async def test_a_new_rule_with_since_looks_back_once_and_as_far_as_it_says(house: DaemonHarness) -> None:
    house.write_rule("name: other\nmatch: bridge*\n", "other")
    house.publish("1", "The ferry Aurora has run aground off Brevik")
    await house.run_round()
    house.publish("2", "The ferry Nordlys burns in the port of Halvik")
    await house.run_round(seconds_later=5 * DAY)
    house.write_rule(RULE + "since: 3d\n")
    await house.run_round(seconds_later=DAY)
    assert house.owed_alerts() == [("ferries", "screen", ["The ferry Nordlys burns in the port of Halvik"])]
    (row,) = house.decisions_of(2)
    assert (row.reason, row.detail.endswith("; looked back 3d")) == ("sent", True)

    await house.run_round()
    house.write_rule(RULE + "since: 2d\nid: ferries\n")
    await house.run_round()
    assert len(house.owed_alerts()) == 1
    house.write_rule(RULE + "since: 30d\n")
    await house.run_round()
    assert [claims for *_, claims in house.owed_alerts()] == [
        ["The ferry Nordlys burns in the port of Halvik"],
        ["The ferry Aurora has run aground off Brevik"],
    ]


async def test_what_came_with_a_first_poll_stays_untold_when_a_rule_looks_back(house: DaemonHarness) -> None:
    house.write_rule("name: other\nmatch: bridge*\n", "other")
    house.publish("1", "The ferry Aurora has run aground off Brevik")
    await house.run_round(first_poll="baseline")
    house.write_rule(RULE + "since: 7d\n")
    await house.run_round(first_poll="baseline")
    assert house.owed_alerts() == []


async def test_a_look_back_is_one_message_however_much_it_finds_and_heeds_the_throttle(house: DaemonHarness) -> None:
    house.write_rule("name: other\nmatch: bridge*\n", "other")
    for number, port in enumerate(("Brevik", "Halvik", "Orsund", "Tarnby", "Lomma")):
        house.publish(str(number), f"Ferry {number + 20} sank in a storm off {port}")
        await house.run_round()
    house.write_rule(RULE + "since: 7d\n")
    await house.run_round()
    store = open_store(f"sqlite:///{house.folder}/monitor.db", create=False)
    with store.read() as conn:
        assert len({one.message_id for one in load_delivery_page(conn)}) == 1
        assert len(load_alert_page(conn)) == 5
    store.close()


async def test_a_rule_that_judged_an_update_when_it_came_does_not_judge_it_again(house: DaemonHarness) -> None:
    house.write_rule(RULE)
    house.publish("1", "The ferry Aurora has run aground off Brevik")
    await house.run_round()
    house.write_rule(RULE + "since: 7d\n")
    await house.run_round()
    assert len(house.owed_alerts()) == 1
