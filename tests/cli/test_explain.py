"""`monitor explain` on the sample store."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from kit.command_line import Monitor
from kit.config import write_rules


@pytest.fixture(autouse=True)
def config_path(news_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config of the test's own for the store of the news folder."""
    monkeypatch.chdir(tmp_path)
    text = (news_folder / "config.toml").read_text()
    path = tmp_path / "config.toml"
    path.write_text(text.replace("sqlite:///monitor.db", f"sqlite:///{news_folder}/monitor.db"))
    return path


def explain(monitor: Monitor, target: str) -> dict[str, Any]:
    code, out, err = monitor("explain", target, "--json")
    assert (code, err) == (0, "")
    explanation: dict[str, Any] = json.loads(out)
    return explanation


def test_alerts_lists_the_update_to_explain(run_monitor: Monitor) -> None:
    first = json.loads(run_monitor("alerts", "--json")[1])[0]
    assert explain(run_monitor, str(first["update"])) == explain(run_monitor, first["id"])
    assert str(first["update"]) in run_monitor("alerts")[1].splitlines()[1].split()


def test_explain_covers_every_rule_up_to_the_deliveries(run_monitor: Monitor) -> None:
    update = json.loads(run_monitor("alerts", "--rule", "exploited-flaw", "--json")[1])[0]["update"]
    explanation = explain(run_monitor, str(update))
    rules = {outcome["rule"]: outcome for outcome in explanation["rules"]}
    assert (explanation["source"], explanation["entry"]) == ("flaw-notices", "n9")
    assert explanation["findings"][0]["novelty"] == "new"

    fired = rules["exploited-flaw"]
    assert fired["step"] == "holds"
    (decision,) = fired["decisions"]
    assert decision["reason"] == "sent"
    assert "CVE-2026-31337" in [hit["words"] for hit in decision["because"]]
    assert [delivery["channel"] for delivery in decision["deliveries"]] == ["desk", "osint"]
    assert decision["deliveries"][0]["state"] == "sent"

    silent = rules["patch-withdrawn"]
    assert (silent["step"], silent["decisions"]) == ("query", [])
    assert silent["verdict"].startswith("did not fire: ")


def test_the_text_output_has_decisions_and_deliveries(run_monitor: Monitor) -> None:
    update = json.loads(run_monitor("alerts", "--rule", "exploited-flaw", "--json")[1])[0]["update"]
    code, out, _ = run_monitor("explain", str(update))
    assert code == 0
    assert re.search(r"(?m)^exploited-flaw  sent: ", out)
    assert "desk: sent 250 2.0.0 accepted" in out
    assert re.search(r"(?m)^4 rules did not match: .*patch-withdrawn \(`--all` says why\)$", out)
    assert "patch-withdrawn  did not fire" not in out
    for option in ("--all", "--rule=patch-withdrawn"):
        _, out, _ = run_monitor("explain", str(update), option)
        assert re.search(r"(?m)^patch-withdrawn  did not fire: no match for .+$", out)
        assert "rules did not match" not in out


def test_answers_are_shown_for_the_alert_and_others_of_its_story(run_monitor: Monitor) -> None:
    by_story: dict[str, list[dict[str, Any]]] = {}
    for alert in reversed(json.loads(run_monitor("alerts", "--json")[1])):
        by_story.setdefault(alert["story"], []).append(alert)
    first, later, *_ = next(alerts for alerts in by_story.values() if len(alerts) > 1)
    run_monitor("not-news", first["id"], "--by", "Ola", "--note", "an old list")
    run_monitor("ack", later["id"])

    explanation = explain(run_monitor, first["id"])
    assert [(answer["alert"], answer["said"]) for answer in explanation["answers"]] == [
        (first["id"], "not news"),
        (later["id"], "ack"),
    ]
    rule = next(outcome for outcome in explanation["rules"] if outcome["rule"] == first["rule"])
    answer = rule["decisions"][0]["answer"]
    assert (answer["said"], answer["by"], answer["note"]) == ("not news", "Ola", "an old list")

    out = run_monitor("explain", first["id"])[1]
    assert re.search(r"(?m)^    answered not news by Ola, \S+Z: an old list$", out)
    assert re.search(rf"(?m)^in the same story: alert {later['id']} answered ack, \S+Z$", out)


def test_a_pending_delivery_shows_why_it_waits(run_monitor: Monitor) -> None:
    deliveries = json.loads(run_monitor("deliveries", "--json")[1])
    waiting = {delivery["state"]: delivery for delivery in deliveries if delivery["why"]}
    assert waiting["retrying"]["why"] == "waits for its next try, until 2026-12-16T18:33:20Z"
    assert all("leased_until" not in delivery and delivery["headline"] for delivery in deliveries)
    assert all((delivery["why"] is None) is (delivery["due"] is None) for delivery in deliveries)
    assert waiting["retrying"]["headline"] in run_monitor("deliveries")[1]
    explanation = explain(run_monitor, waiting["retrying"]["alert"])
    decisions = [decision for outcome in explanation["rules"] for decision in outcome["decisions"]]
    reasons = [delivery["why"] for decision in decisions for delivery in decision["deliveries"]]
    assert waiting["retrying"]["why"] in reasons


def use_rules_of_folder(config_path: Path) -> None:
    """Let the config name the folder `rules` beside it."""
    config_path.write_text(re.sub(r'rules = ".*"', 'rules = "rules"', config_path.read_text()))


def test_a_rule_edited_since_is_explained_in_both_versions(
    run_monitor: Monitor, tmp_path: Path, config_path: Path
) -> None:
    update = json.loads(run_monitor("alerts", "--rule", "exploited-flaw", "--json")[1])[0]["update"]
    write_rules(tmp_path, "name: exploited-flaw\nmatch: volcano\n", "name: fresh\nmatch: vendor\n")
    use_rules_of_folder(config_path)
    outcomes = {outcome["rule"]: outcome for outcome in explain(run_monitor, str(update))["rules"]}
    output = run_monitor("explain", str(update))[1]
    assert outcomes["exploited-flaw"]["step"] == "query"
    assert outcomes["exploited-flaw"]["decisions"][0]["reason"] == "sent"
    assert "the current version would not fire: no match for `volcano`" in output
    assert outcomes["fresh"]["verdict"].startswith("did not fire: the current version matches")


def test_one_rule_can_be_explained_and_a_misspelled_one_is_reported(run_monitor: Monitor) -> None:
    code, out, _ = run_monitor("explain", "8", "--rule", "recall-pathogens")
    assert code == 0
    assert "recall-pathogens  did not fire: no match for any of " in out
    assert "exploited-flaw" not in out
    code, out, err = run_monitor("explain", "8", "--rule", "recall-pathogen")
    assert (code, out) == (2, "")
    assert err == 'monitor: unknown rule "recall-pathogen"; did you mean "recall-pathogens"?\n'


def test_a_disabled_rule_is_shown_as_disabled(run_monitor: Monitor, config_path: Path, tmp_path: Path) -> None:
    original = config_path.read_text()
    write_rules(tmp_path, "name: off\nmatch: soldier*\nenabled: false\n")
    use_rules_of_folder(config_path)
    outcomes = {outcome["rule"]: outcome for outcome in explain(run_monitor, "8")["rules"]}
    assert outcomes["off"]["verdict"] == "disabled by `enabled: false`"
    assert outcomes["dprk-deployment"]["verdict"].startswith("sent: ")
    config_path.write_text(original)
    assert "· noise      Takeaways of December 16 (never news: series title)\n" in run_monitor("explain", "8")[1]


@pytest.mark.parametrize("target", ["999", "0", "9" * 40, "al-nowhere", "\x1b[2J", "²"])
def test_an_unknown_update_or_alert_exits_2(run_monitor: Monitor, target: str) -> None:
    code, out, err = run_monitor("explain", target)
    assert (code, out) == (2, "")
    assert re.fullmatch(r"monitor: [^\n\x1b]+\n", err)
