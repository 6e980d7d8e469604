"""`monitor explain` on a store with a few days of news in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kit.sample_store import build_sample_store

from monitor.cli.app import run_command_line

Monitor = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("news")
    build_sample_store(folder).close()
    yield folder


@pytest.fixture
def run_monitor(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Monitor:
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        with (folder / "config.toml").open() as config:
            text = config.read().replace("sqlite:///monitor.db", f"sqlite:///{folder}/monitor.db")
        (tmp_path / "config.toml").write_text(text)
        code = run_command_line(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def explained(monitor: Monitor, what: str) -> dict[str, Any]:
    code, out, err = monitor("explain", what, "--json")
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


def test_the_listing_of_alerts_names_the_update_to_explain(run_monitor: Monitor) -> None:
    first = json.loads(run_monitor("alerts", "--json")[1])[0]
    assert explained(run_monitor, str(first["update"])) == explained(run_monitor, first["id"])
    assert str(first["update"]) in run_monitor("alerts")[1].splitlines()[1].split()


def test_an_update_is_explained_up_to_its_deliveries_and_every_rule_has_its_say(run_monitor: Monitor) -> None:
    update = json.loads(run_monitor("alerts", "--rule", "exploited-flaw", "--json")[1])[0]["update"]
    found = explained(run_monitor, str(update))
    rules = {one["rule"]: one for one in found["rules"]}
    assert (found["source"], found["entry"]) == ("flaw-notices", "n9")
    assert found["findings"][0]["novelty"] == "new"

    fired = rules["exploited-flaw"]
    assert fired["step"] == "holds"
    (decision,) = fired["decisions"]
    assert decision["reason"] == "sent"
    assert "CVE-2026-31337" in [met["words"] for met in decision["because"]]
    assert [one["channel"] for one in decision["deliveries"]] == ["desk", "osint"]
    assert decision["deliveries"][0]["state"] == "sent"

    silent = rules["patch-withdrawn"]
    assert (silent["step"], silent["decisions"]) == ("query", [])
    assert silent["verdict"].startswith("did not fire: ")


def test_people_read_the_same(run_monitor: Monitor) -> None:
    update = json.loads(run_monitor("alerts", "--rule", "exploited-flaw", "--json")[1])[0]["update"]
    code, out, _ = run_monitor("explain", str(update))
    assert code == 0
    assert re.search(r"(?m)^exploited-flaw  sent: ", out)
    assert "desk: sent 250 2.0.0 accepted" in out
    assert re.search(r"(?m)^patch-withdrawn  did not fire: .+ meets? (nothing|anything)$", out)


def test_what_people_answered_is_told_with_the_alert_and_with_others_of_its_story(run_monitor: Monitor) -> None:
    by_story: dict[str, list[dict[str, Any]]] = {}
    for alert in reversed(json.loads(run_monitor("alerts", "--json")[1])):
        by_story.setdefault(alert["story"], []).append(alert)
    first, later, *_ = next(told for told in by_story.values() if len(told) > 1)
    run_monitor("not-news", first["id"], "--by", "Ola", "--note", "an old list")
    run_monitor("ack", later["id"])

    found = explained(run_monitor, first["id"])
    assert [(one["alert"], one["said"]) for one in found["answers"]] == [
        (first["id"], "not news"),
        (later["id"], "ack"),
    ]
    rule = next(one for one in found["rules"] if one["rule"] == first["rule"])
    answer = rule["decisions"][0]["answer"]
    assert (answer["said"], answer["by"], answer["note"]) == ("not news", "Ola", "an old list")

    out = run_monitor("explain", first["id"])[1]
    assert re.search(r"(?m)^    answered not news by Ola, \S+Z: an old list$", out)
    assert re.search(rf"(?m)^in the same story: alert {later['id']} answered ack, \S+Z$", out)


def test_a_delivery_that_waits_says_why(run_monitor: Monitor) -> None:
    listed = {one["id"]: one for one in json.loads(run_monitor("deliveries", "--json")[1])}
    waiting = {one["state"]: one for one in listed.values() if one["why"]}
    assert waiting["retrying"]["why"] == "waits for its next try, until 2026-12-16T18:33:20Z"
    assert all("leased_until" not in one and one["headline"] for one in listed.values())
    assert all((one["why"] is None) is (one["due"] is None) for one in listed.values())
    assert waiting["retrying"]["headline"] in run_monitor("deliveries")[1]
    found = explained(run_monitor, waiting["retrying"]["alert"])
    told = [one for rule in found["rules"] for decision in rule["decisions"] for one in decision["deliveries"]]
    assert waiting["retrying"]["why"] in [one["why"] for one in told]


def test_a_rule_that_was_edited_since_says_so(run_monitor: Monitor, tmp_path: Path, folder: Path) -> None:
    update = json.loads(run_monitor("alerts", "--rule", "exploited-flaw", "--json")[1])[0]["update"]
    rules = re.search(r'rules = "(.+)"', (folder / "config.toml").read_text())
    assert rules
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/r.yaml").write_text(
        "rules:\n- name: exploited-flaw\n  match: volcano\n- name: fresh\n  match: vendor\n"
    )
    text = (folder / "config.toml").read_text()
    (folder / "config.toml").write_text(text.replace(rules[1], str(tmp_path / "rules")))
    try:
        found = {one["rule"]: one for one in explained(run_monitor, str(update))["rules"]}
        said = run_monitor("explain", str(update))[1]
    finally:
        (folder / "config.toml").write_text(text)
    assert found["exploited-flaw"]["step"] == "query"
    assert found["exploited-flaw"]["decisions"][0]["reason"] == "sent"
    assert "as the rule is now it would not fire: `volcano` meets nothing" in said
    assert found["fresh"]["verdict"].startswith("did not fire: it holds as it is now")


def test_one_rule_is_explained_alone_and_a_misspelt_one_is_told(run_monitor: Monitor) -> None:
    code, out, _ = run_monitor("explain", "8", "--rule", "recall-pathogens")
    assert code == 0
    assert "recall-pathogens  did not fire: none of " in out
    assert "exploited-flaw" not in out
    code, out, err = run_monitor("explain", "8", "--rule", "recall-pathogen")
    assert (code, out) == (2, "")
    assert err == 'monitor: there is no rule "recall-pathogen"; did you mean "recall-pathogens"?\n'


def test_a_rule_that_is_not_enabled_says_so(run_monitor: Monitor, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/r.yaml").write_text("name: off\nmatch: soldier*\nenabled: false\n")
    text = (folder / "config.toml").read_text()
    try:
        (folder / "config.toml").write_text(re.sub(r'rules = ".*"', 'rules = "rules"', text))
        found = {one["rule"]: one for one in explained(run_monitor, "8")["rules"]}
        assert found["off"]["verdict"] == "does not run: it says `enabled: false`"
        assert found["dprk-deployment"]["verdict"].startswith("sent: ")
    finally:
        (folder / "config.toml").write_text(text)
    assert "· quiet      Takeaways of December 16 (never news: series title)\n" in run_monitor("explain", "8")[1]


@pytest.mark.parametrize("what", ["999", "0", "9" * 40, "al-nowhere", "\x1b[2J", "²"])
def test_what_is_not_stored_cannot_be_explained(run_monitor: Monitor, what: str) -> None:
    code, out, err = run_monitor("explain", what)
    assert (code, out) == (2, "")
    assert re.fullmatch(r"monitor: [^\n\x1b]+\n", err)
