"""A back-test of rules that count and wait fires as the daemon did on the same updates."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.builders import add_sources
from kit.counting import ingest_texts, read_all_sources, rule_policy, stored_alerts

from monitor.assess import Policy
from monitor.backtest.archive import load_stored_updates
from monitor.backtest.gained import gained_alerts
from monitor.backtest.run import HypotheticalAlert, run_backtest, split_by_scope
from monitor.config_file.load import read_config
from monitor.model import Alert
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.units import DAY, MINUTE

NOW = 1_800_000_000.0
RULES = (
    "name: recalls\nmatch: recall*\ncount: 3 per 1h\n",
    "name: by-source\nmatch: recall*\ncount: 2 per 1h\nby: source\nthrottle: 1 per 1d\n",
    "name: quiet\nmatch: recall*\nabsent: 2d\n",
)
CONFIG = '[[sources]]\nname = "wire"\nurl = "https://wire.example/feed"\n[[sources]]\nname = "press"\nurl = "https://press.example/feed"\n'


@pytest.fixture
def store() -> Store:
    store = open_store("sqlite:///:memory:")
    add_sources(store, "wire", "press")
    return store


def live_through(store: Store, policy: Policy) -> float:
    """Let a week happen with recalls in two bursts; return its end."""
    at = NOW
    read_all_sources(store, policy, at)
    for number in range(14):
        at += 7 * MINUTE if number != 7 else 4 * DAY
        read_all_sources(store, policy, at)
        ingest_texts(
            store, policy, at, f"Plant {number} recalls {number * 13 + 7} pumps", source=("wire", "press")[number % 2]
        )
    read_all_sources(store, policy, at + DAY)
    return at + DAY


def try_rules(store: Store, folder: Path, policy: Policy, end: float) -> list[HypotheticalAlert]:
    (folder / "config.toml").write_text(CONFIG)
    config = read_config(folder / "config.toml", env={})
    rules = [split_by_scope(policy.rules)]
    with store.read() as conn:
        updates = list(load_stored_updates(conn, config, 0.0, rules))
    return run_backtest(rules, updates, policy.source_tags, end, NOW)[0]


def summary(alerts: list[Alert]) -> list[tuple[str, str, tuple[str, ...]]]:
    return sorted((alert.rule, alert.counted, tuple(finding.claim for finding in alert.findings)) for alert in alerts)


def test_a_back_test_counts_and_waits_as_the_daemon_did(store: Store, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    policy = rule_policy(tmp_path / "rules", *RULES)
    tried = try_rules(store, tmp_path, policy, live_through(store, policy))
    sent = stored_alerts(store)
    throttled = [one.alert for one in tried if "held by the throttle" not in one.alert.reason]
    assert summary(throttled) == summary(sent)
    assert {alert.rule for alert in sent} == {"recalls", "by-source", "quiet"}


def test_a_back_test_fires_for_an_absence_when_it_was_due(store: Store, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    policy = rule_policy(tmp_path / "rules", RULES[2])
    ingest_texts(store, policy, NOW + DAY, "Plant 1 recalls 7 pumps")
    (absence,) = try_rules(store, tmp_path, policy, NOW + 9 * DAY)
    assert (absence.update_number, absence.alert.at) == (1, NOW + 3 * DAY)
    assert "the last match was “Plant 1 recalls 7 pumps” (wire)" in absence.alert.reason
    assert absence.alert.reason.endswith("2 sources were read")


def test_an_edit_gains_and_loses_absences(store: Store, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    policy = rule_policy(tmp_path / "rules", RULES[2])
    ingest_texts(store, policy, NOW + DAY, "Plant 1 recalls 7 pumps")
    absences = try_rules(store, tmp_path, policy, NOW + 9 * DAY)
    assert gained_alerts(absences, [], {}) == absences
    assert gained_alerts(absences, absences, {}) == []


def test_the_absences_that_were_raised_are_neither_gained_nor_lost(store: Store, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    policy = rule_policy(tmp_path / "rules", RULES[2])
    tried = try_rules(store, tmp_path, policy, live_through(store, policy))
    raised = [HypotheticalAlert(0, alert) for alert in stored_alerts(store)]  # an absence is from no update
    assert len(raised) == 1
    assert tried[0].update_number > 0
    assert gained_alerts(tried, raised, {}) == gained_alerts(raised, tried, {}) == []


def test_a_back_test_keeps_the_hours_of_an_absence(store: Store, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    policy = rule_policy(tmp_path / "rules", RULES[2] + "active: 10:00-12:00\n")
    ingest_texts(store, policy, NOW + DAY, "Plant 1 recalls 7 pumps")  # at 08:00
    (absence,) = try_rules(store, tmp_path, policy, NOW + 9 * DAY)
    assert absence.alert.at == NOW + 3 * DAY + 120 * MINUTE

    expired = rule_policy(tmp_path / "rules", RULES[2] + "expires: 2027-01-16\n")
    assert try_rules(store, tmp_path, expired, NOW + 9 * DAY) == []
