"""A rule with `since: 7d` looks back once."""

from __future__ import annotations

from kit.daemon_harness import DaemonHarness

from monitor.store.reports.alerts import load_alert_page
from monitor.store.reports.deliveries import load_delivery_page

DAY = 86400.0
RULE = "name: ferries\nmatch: ferr*\n"


async def test_a_new_rule_with_since_looks_back_once_and_only_that_far(harness: DaemonHarness) -> None:
    harness.write_rule("name: other\nmatch: bridge*\n", "other")
    harness.publish("1", "The ferry Aurora has run aground off Brevik")
    await harness.run_round()
    harness.publish("2", "The ferry Nordlys burns in the port of Halvik")
    await harness.run_round(seconds_later=5 * DAY)
    harness.write_rule(RULE + "since: 3d\n")
    await harness.run_round(seconds_later=DAY)
    assert harness.owed_alerts() == [("ferries", "screen", ["The ferry Nordlys burns in the port of Halvik"])]
    (decision,) = harness.decisions_of(2)
    assert (decision.reason, decision.detail.endswith("; looked back 3d")) == ("sent", True)

    await harness.run_round()
    harness.write_rule(RULE + "since: 2d\nid: ferries\n")
    await harness.run_round()
    assert len(harness.owed_alerts()) == 1
    harness.write_rule(RULE + "since: 30d\n")
    await harness.run_round()
    assert [claims for *_, claims in harness.owed_alerts()] == [
        ["The ferry Nordlys burns in the port of Halvik"],
        ["The ferry Aurora has run aground off Brevik"],
    ]


async def test_looking_back_skips_entries_of_a_baseline_poll(harness: DaemonHarness) -> None:
    harness.write_rule("name: other\nmatch: bridge*\n", "other")
    harness.publish("1", "The ferry Aurora has run aground off Brevik")
    await harness.run_round(first_poll="baseline")
    harness.write_rule(RULE + "since: 7d\n")
    await harness.run_round(first_poll="baseline")
    assert harness.owed_alerts() == []


async def test_a_look_back_sends_all_its_alerts_in_one_message(harness: DaemonHarness) -> None:
    harness.write_rule("name: other\nmatch: bridge*\n", "other")
    for number, port in enumerate(("Brevik", "Halvik", "Orsund", "Tarnby", "Lomma")):
        harness.publish(str(number), f"Ferry {number + 20} sank in a storm off {port}")
        await harness.run_round()
    harness.write_rule(RULE + "since: 7d\n")
    await harness.run_round()
    store = harness.open_store()
    with store.read() as conn:
        assert len({delivery.message_id for delivery in load_delivery_page(conn)}) == 1
        assert len(load_alert_page(conn)) == 5
    store.close()


async def test_looking_back_skips_updates_that_the_rule_already_matched(harness: DaemonHarness) -> None:
    harness.write_rule(RULE)
    harness.publish("1", "The ferry Aurora has run aground off Brevik")
    await harness.run_round()
    harness.write_rule(RULE + "since: 7d\n")
    await harness.run_round()
    assert len(harness.owed_alerts()) == 1


async def test_a_rule_that_looks_back_is_inhibited_as_it_would_have_been(harness: DaemonHarness) -> None:
    harness.write_rule("name: other\nmatch: bridge*\n", "other")
    harness.publish("1", "The ferry Aurora sank off Brevik")
    await harness.run_round()
    harness.write_rule("name: any\nmatch: ferr*\nsince: 7d\n", "any")
    harness.write_rule("name: sinking\nmatch: sank\nsince: 7d\ninhibits: [any]\n", "sinking")
    await harness.run_round()
    assert [rule for rule, *_ in harness.owed_alerts()] == ["sinking"]
    assert sorted(decision.reason for decision in harness.decisions_of(1)) == ["inhibited", "sent"]


async def test_a_rule_looks_back_to_what_came_in_its_hours(harness: DaemonHarness) -> None:
    harness.write_rule("name: other\nmatch: bridge*\n", "other")
    harness.publish("1", "The ferry Aurora sank off Brevik")
    await harness.run_round()
    harness.write_rule("name: a\nmatch: ferr*\nsince: 7d\nactive: 07:00-09:00\n", "a")
    harness.write_rule("name: b\nmatch: ferr*\nsince: 7d\nactive: 10:00-20:00\n", "b")
    await harness.run_round(seconds_later=4 * 3600)  # from 8:01 to 12:01 UTC
    assert [rule for rule, *_ in harness.owed_alerts()] == ["a"]
