"""`monitor rules`: what each rule alerted on, and how people answered."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from kit.command_line import Monitor
from kit.sample_store import NOW

pytestmark = pytest.mark.usefixtures("in_news_folder")
SINCE = "--since", f"{int(max(0.0, time.time() - NOW) // 86400 + 30)}d"


def rules(monitor: Monitor, *arguments: str) -> dict[str, dict[str, Any]]:
    code, out, err = monitor("rules", "--json", *arguments)
    assert (code, err) == (0, "")
    return {row["rule"]: row for row in json.loads(out)}


def test_alerts_and_answers_are_counted_for_each_rule(run_monitor: Monitor) -> None:
    alerts = json.loads(run_monitor("alerts", "--rule", "dprk-deployment", "--json")[1])
    before = rules(run_monitor, *SINCE)["dprk-deployment"]
    assert (before["alerts"], before["noise"]) == (len(alerts), None)
    assert before["last_alert"] == alerts[0]["at"]

    for command, alert in zip(("ack", "not-news", "ack"), alerts, strict=False):
        assert run_monitor(command, alert["id"])[0] == 0
    row = rules(run_monitor, *SINCE)["dprk-deployment"]
    assert (row["acknowledged"], row["not_news"]) == (2, 1)
    assert row["noise"] == pytest.approx(1 / 3)
    _, out, _ = run_monitor("rules", *SINCE)
    assert out.splitlines()[1].split()[:6] == ["dprk-deployment", "high", str(len(alerts)), "2", "1", "33%"]

    assert run_monitor("not-news", alerts[0]["id"])[0] == 0  # a second answer is no second alert
    assert rules(run_monitor, *SINCE)["dprk-deployment"]["alerts"] == len(alerts)


def test_a_rule_that_never_matched_says_since_when(run_monitor: Monitor) -> None:
    row = rules(run_monitor)["patch-withdrawn"]
    assert (row["alerts"], row["last_alert"], row["last_match"]) == (0, None, None)
    assert row["never_matched_since"] == "2026-12-13T16:30:00Z"
    assert "never matched since 2026-12-13T16:30:00Z" in run_monitor("rules")[1]
    assert rules(run_monitor)["dprk-deployment"]["never_matched_since"] is None


def test_without_a_store_every_rule_is_listed_and_nothing_is_created(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_monitor: Monitor
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text("")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/r.yaml").write_text(
        "rules:\n  - {name: a, match: dam}\n  - {name: b, match: x, enabled: no}\n"
    )
    assert {name: row["enabled"] for name, row in rules(run_monitor).items()} == {"a": True, "b": False}
    assert "disabled" in run_monitor("rules")[1]
    assert not (tmp_path / "monitor.db").exists()


def test_other_severities_are_shown_with_their_conditions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_monitor: Monitor
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text("")
    (tmp_path / "rules").mkdir()
    long_query = " OR ".join(f"flood{letter}" for letter in "abcdefgh")
    conditions = f'{{critical: "deaths > 100", high: "{long_query}", low: true}}'
    (tmp_path / "rules/r.yaml").write_text(f"name: dam\nmatch: dam\nseverity: {conditions}\n")
    _, out, _ = run_monitor("rules")
    assert "low or CRITICAL when deaths > 100 or HIGH when flooda OR floodb OR floodc OR floodd OR… " in out
    assert rules(run_monitor)["dam"]["severity"] == "low"


def test_an_unclear_period_is_reported_in_one_line(run_monitor: Monitor) -> None:
    code, out, err = run_monitor("rules", "--since", "soon")
    assert (code, out, err.count("\n")) == (2, "", 1)
