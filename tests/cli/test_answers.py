"""`monitor ack`, `not-news` and `answers` on a store with two alerts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from kit.command_line import Monitor
from kit.config import source_table
from kit.databases import database_url, write_config_file

from monitor.assess import Policy
from monitor.model import Reason, Update
from monitor.polling.ingest import ingest_update
from monitor.resources import builtin_path
from monitor.ruleset.load import load_rules
from monitor.store import sources
from monitor.store.connect import open_store

RULE = "name: ferries\ntitle: Ferries of Halvik\nmatch: ferr*\n"
FIRST_CLAIM = "Around 300 ferries lie idle in the port of Halvik"
CHANGED_CLAIM = "Around 400 ferries lie idle in the port of Halvik"


def ingest_entry(text: str, at: float, entry: str) -> list[Reason]:
    """Ingest an entry and return the reasons of its decisions."""
    rules, _ = load_rules(Path("rules"), builtin_aliases=builtin_path("rules") / "aliases.yaml")
    store = open_store(database_url(Path()))
    with store.write() as conn:
        sources.add_replayed_sources(conn, {"wire"}, 0.0)
        update = Update("wire", entry, at, text, "", "")
        ingested = ingest_update(conn, update, Policy(rules), digest=f"{at}", memory=1e12, now=at)
    store.close()
    return [decision.reason for decision in ingested.decisions]


@pytest.fixture(autouse=True)
def in_folder_with_two_alerts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_config_file(tmp_path, source_table("wire", "https://wire.example/feed"), RULE)
    ingest_entry(FIRST_CLAIM, 100.0, "e1")
    ingest_entry(CHANGED_CLAIM, 200.0, "e2")


def alert_ids(monitor: Monitor) -> list[str]:
    """Return the ids of the alerts, newest first."""
    return [alert["id"] for alert in json.loads(monitor("alerts", "--json")[1])]


def test_not_news_mutes_similar_claims_until_a_fact_changes(run_monitor: Monitor) -> None:
    changed_alert, _ = alert_ids(run_monitor)
    code, out, _ = run_monitor("not-news", changed_alert, "--by", "Ola", "--note", "an old list")
    assert code == 0
    assert "`monitor silence end 1` ends the mute" in out
    (mute,) = json.loads(run_monitor("silence", "--json")[1])
    assert (mute["mode"], mute["rule"], mute["reason"], mute["claims"]) == (
        "not news",
        "ferries",
        "an old list",
        [CHANGED_CLAIM],
    )

    assert ingest_entry(f"{CHANGED_CLAIM}.", 300.0, "e3") in ([], [Reason.NOT_NEWS])
    assert ingest_entry("Around 500 ferries lie idle in the port of Halvik", 400.0, "e4") == [Reason.SENT]


def test_answers_are_listed_and_their_pairs_can_be_calibrated(run_monitor: Monitor, tmp_path: Path) -> None:
    changed_alert, first_alert = alert_ids(run_monitor)
    run_monitor("not-news", changed_alert)
    run_monitor("ack", first_alert, "--by", "Ola")
    assert [answer["said"] for answer in json.loads(run_monitor("answers", "--json")[1])] == ["ack", "not news"]
    assert [alert["answer"] for alert in json.loads(run_monitor("alerts", "--json")[1])] == ["not news", "ack"]

    pairs = run_monitor("answers", "--pairs")[1]
    assert [json.loads(line) for line in pairs.splitlines()] == [
        {
            "a": FIRST_CLAIM,
            "b": CHANGED_CLAIM,
            "context": "elsewhere",
            "label": "repeated",
            "title_a": FIRST_CLAIM,
            "title_b": CHANGED_CLAIM,
            "at_a": "1970-01-01T00:01:40Z",
            "at_b": "1970-01-01T00:03:20Z",
        }
    ]
    (tmp_path / "pairs.jsonl").write_text(pairs)
    assert json.loads(run_monitor("calibrate", "pairs.jsonl", "--json")[1])["pairs"] == 1


def test_an_unknown_alert_cannot_be_answered(run_monitor: Monitor) -> None:
    code, out, err = run_monitor("ack", "al-none")
    assert (code, out) == (2, "")
    assert err.startswith("monitor: unknown alert al-none")
    assert run_monitor("answers")[1] == "there are no answers yet\n"
