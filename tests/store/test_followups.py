"""The follow-ups of throttles while another rule inhibits theirs: in the daemon's store and in a back-test."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.builders import add_sources
from kit.counting import MEMORY_S, rule_policy, stored_alerts
from sqlalchemy import select

from monitor.assess import Policy
from monitor.backtest.archive import load_stored_updates
from monitor.backtest.run import run_backtest, split_by_scope
from monitor.config_file.load import read_config
from monitor.model import Update
from monitor.polling.followups import release_followups
from monitor.polling.ingest import ingest_update
from monitor.store.base import Store
from monitor.store.schema import matches
from monitor.units import HOUR, MINUTE

NOW = 1_800_000_000.0
SEA = "name: sea\nmatch: ferr*\nthrottle: 1 per 1h\n"
SINKING = "name: sinking\nmatch: sank\ninhibits: sea\n"
VERSIONS = (
    (0.0, "The ferry Aurora left Halvik with 30 people on board."),
    (10 * MINUTE, "The ferry Aurora left Halvik with 45 people on board."),
    (20 * MINUTE, "The ferry Aurora left Halvik with 45 people on board and sank."),
)


def read_versions(store: Store, policy: Policy) -> None:
    """Ingest the versions of one entry: `sea` alerts, holds its second match, and `sinking` alerts on the story."""
    add_sources(store, "wire")
    for number, (seconds, text) in enumerate(VERSIONS):
        update = Update("wire", "ferry", NOW + seconds, "", "", text)
        with store.write() as conn:
            ingest_update(conn, update, policy, digest=str(number), memory=MEMORY_S, now=update.at)


def followups(store: Store, policy: Policy, seconds: float) -> list[str]:
    return [release.alert.rule for release in release_followups(store, policy, NOW + seconds)]


def held_row(store: Store) -> tuple[str, str, bool]:
    """Return the reason and the detail of the match that was held, and whether it still is."""
    with store.read() as conn:
        query = select(matches.c.reason, matches.c.detail, matches.c.waiting).where(matches.c.rule == "sea")
        reason, detail, waiting = conn.execute(query.order_by(matches.c.id).offset(1).limit(1)).one()
    return reason, detail, waiting is not None


def test_held_matches_are_released_once_nothing_inhibits_their_rule(store: Store, tmp_path: Path) -> None:
    policy = rule_policy(tmp_path, SEA, SINKING + "throttle: 1 per 6h\n", sources=["wire"])
    read_versions(store, policy)
    assert [alert.rule for alert in stored_alerts(store)] == ["sea", "sinking"]

    assert followups(store, policy, HOUR) == []
    assert held_row(store) == ("throttled", "sinking has alerted on this story", True)
    assert followups(store, policy, 6 * HOUR + 19 * MINUTE) == []
    assert followups(store, policy, 6 * HOUR + 20 * MINUTE) == ["sea"]
    assert followups(store, policy, 9 * HOUR) == []


def test_held_matches_are_dropped_if_their_story_stays_inhibited(store: Store, tmp_path: Path) -> None:
    policy = rule_policy(tmp_path, SEA, SINKING, sources=["wire"])
    read_versions(store, policy)

    assert followups(store, policy, HOUR) == []
    assert held_row(store) == ("inhibited", "sinking has alerted on this story", False)
    assert followups(store, policy, 1000 * HOUR) == []


def test_without_an_inhibiting_alert_the_follow_up_is_sent(store: Store, tmp_path: Path) -> None:
    policy = rule_policy(tmp_path, SEA, SINKING.replace("sank", "capsized"), sources=["wire"])
    read_versions(store, policy)

    assert followups(store, policy, HOUR) == ["sea"]


@pytest.mark.parametrize(
    ("throttle", "times"),
    [
        ("throttle: 1 per 6h\n", [("sea", 0.0), ("sinking", 20.0), ("sea", 380.0)]),
        ("", [("sea", 0.0), ("sinking", 20.0)]),
    ],
)
def test_a_back_test_holds_them_as_well(
    store: Store, tmp_path: Path, throttle: str, times: list[tuple[str, float]]
) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "config.toml").write_text('[[sources]]\nname = "wire"\nurl = "https://wire.example/feed"\n')
    policy = rule_policy(tmp_path / "rules", SEA, SINKING + throttle, sources=["wire"])
    read_versions(store, policy)

    rules = [split_by_scope(policy.rules)]
    with store.read() as conn:
        config = read_config(tmp_path / "config.toml", env={})
        updates = list(load_stored_updates(conn, config, 0.0, rules))
    (alerts,) = run_backtest(rules, updates, policy.source_tags, NOW + 30 * HOUR, NOW)
    assert [(one.alert.rule, (one.alert.at - NOW) / MINUTE) for one in alerts] == times
