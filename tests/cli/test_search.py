"""`monitor search`: rule queries over the claims in the ledger."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from kit.builders import add_sources, commit_texts
from kit.command_line import Monitor
from kit.databases import database_url, write_config_file

from monitor.cli.app import run_command_line
from monitor.store.connect import open_store

pytestmark = pytest.mark.usefixtures("in_news_folder")


def search_claims(monitor: Monitor, query: str, *more: str) -> list[dict[str, Any]]:
    code, out, err = monitor("search", query, "--json", *more)
    assert (code, err) == (0, "")
    claims: list[dict[str, Any]] = json.loads(out)
    return claims


def test_claims_are_listed_newest_first_with_their_source(run_monitor: Monitor) -> None:
    claims = search_claims(run_monitor, "@dprk NEAR/5 soldier*")
    assert len(claims) >= 4
    assert claims[0]["claim"].startswith("Up to 12,000 North Korean soldiers")
    assert "Around 3,000" in claims[-1]["claim"]
    assert (claims[0]["source"], claims[0]["title"]) == ("front-report", "Takeaways of December 16")
    assert claims[0]["matched"] == ["North Korean", "soldiers"]
    assert claims[0]["update"] == 8
    assert claims[0]["at"] == "2026-12-16T18:06:00Z"


def test_queries_use_the_rule_language(run_monitor: Monitor) -> None:
    assert len(search_claims(run_monitor, "soldier* > 10000")) == 1
    assert search_claims(run_monitor, "snow AND brigade") == []
    assert {claim["title"] for claim in search_claims(run_monitor, "title:takeaways AND soldier*")} == {
        "Takeaways of December 13",
        "Takeaways of December 16",
    }
    assert len(search_claims(run_monitor, "soldier* AND NOT title:takeaways AND NOT assault")) == 0


def test_limit_keeps_the_newest_claims(run_monitor: Monitor) -> None:
    all_claims = search_claims(run_monitor, "soldier*")
    assert search_claims(run_monitor, "soldier*", "--limit", "2") == all_claims[:2]


def test_claims_many_pages_back_are_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_config_file(tmp_path, "")
    store = open_store(database_url(tmp_path))
    add_sources(store, "wire")
    commit_texts(
        store, ["The lighthouse burned.", *(f"Barge {number} has left the harbour." for number in range(1200))]
    )
    store.close()
    assert run_command_line(["search", "lighthouse OR 7", "--json"]) == 0
    claims = [result["claim"] for result in json.loads(capsys.readouterr().out)]
    assert claims == ["Barge 7 has left the harbour.", "The lighthouse burned."]


def test_matched_words_are_in_brackets(run_monitor: Monitor) -> None:
    code, out, _ = run_monitor("search", "snow")
    assert code == 0
    assert out.splitlines()[1:] == ["    [Snow] slowed both sides along the Oskil.", "1 claim"]
    assert run_monitor("search", "volcano") == (0, "0 claims\n", "")


@pytest.mark.parametrize("query", ["", "snow AND", "(", "@nobody", "NOT snow", "url:example", "/(/", "(" * 9999])
def test_an_invalid_query_is_reported_in_one_line(run_monitor: Monitor, query: str) -> None:
    code, out, err = run_monitor("search", query)
    assert (code, out) == (2, "")
    assert re.fullmatch(r"monitor: [^\n]+\n", err)
    assert "MONITOR_DEBUG" not in err


def test_an_error_in_the_query_is_reported_with_its_position(run_monitor: Monitor) -> None:
    assert run_monitor("search", "snow AND (rain")[2] == (
        "monitor: query, character 10: unclosed `(`: expected a `)`\n"
    )
