"""`monitor silence` on a folder with a config, a rule and a store."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from kit.databases import database_url, write_config_file

from monitor.cli.app import run_command_line
from monitor.store.connect import open_store

CONFIG = '[[sources]]\nname = "wire"\nurl = "https://wire.example/feed"\n'
RULE = "name: ferries\ntitle: Ferries of Halvik\nmatch: ferr*\n"

Monitor = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run_monitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Monitor:
    """Run `monitor silence` with arguments; return exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    write_config_file(tmp_path, CONFIG)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/ferries.yaml").write_text(RULE)
    open_store(database_url(tmp_path)).close()

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run_command_line(["silence", *arguments])
        output = capsys.readouterr()
        return code, output.out, output.err

    return call


def test_a_silence_is_added_listed_and_ended(run_monitor: Monitor) -> None:
    assert run_monitor()[:2] == (0, "there are no silences yet\n")
    code, out, err = run_monitor("add", "--rule", "ferries", "--for", "6h", "--reason", "known", "--by", "Ola")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"silence 1 until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n", out)

    (listed,) = json.loads(run_monitor("list", "--json")[1])
    assert (listed["state"], listed["rule"], listed["source"]) == ("active", "ferries", None)
    assert (listed["reason"], listed["by"]) == ("known", "Ola")
    assert "rule ferries" in run_monitor("list")[1]

    assert run_monitor("end", "1") == (0, "silence 1 ended\n", "")
    assert run_monitor("end", "1") == (1, "", "there is no active silence 1\n")
    assert [silence["state"] for silence in json.loads(run_monitor("--json")[1])] == ["ended"]


def test_until_accepts_a_time_with_a_time_zone(run_monitor: Monitor) -> None:
    assert run_monitor("add", "--source", "wire", "--until", "2996-01-31T18:00+02:00", "--reason", "x")[1] == (
        "silence 1 until 2996-01-31T16:00:00Z\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add", "--for", "6h", "--reason", "x"], "expected --rule, --source, --story or --match"),
        (["add", "--story", "s", "--for", "6h"], "expected --reason"),
        (["add", "--story", "s", "--reason", "x"], "expected either --for or --until"),
        (
            ["add", "--story", "s", "--reason", "x", "--for", "6h", "--until", "2996-01-01"],
            "expected either --for or --until",
        ),
        (["add", "--story", "s", "--reason", "x", "--for", "soon"], "--for: expected a duration"),
        (["add", "--story", "s", "--reason", "x", "--until", "2001-01-01"], "--until: 2001-01-01 is in the past"),
        (["add", "--story", "s", "--reason", "x", "--until", "noon"], "--until: expected a time"),
        (["add", "--rule", "feries", "--reason", "x", "--for", "6h"], 'unknown rule "feries"; did you mean'),
        (["add", "--source", "wier", "--reason", "x", "--for", "6h"], 'unknown source "wier"; did you mean'),
        (["add", "--match", "a AND (b", "--reason", "x", "--for", "6h"], "--match, character"),
        (["end"], "end needs the ID of a silence"),
    ],
)
def test_invalid_options_are_reported_in_one_line(run_monitor: Monitor, arguments: list[str], message: str) -> None:
    code, out, err = run_monitor(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"monitor: {message}")
    assert err.count("\n") == 1
    assert run_monitor()[1] == "there are no silences yet\n"


def test_until_facts_change_adds_a_mute(run_monitor: Monitor) -> None:
    until = ("--until-facts-change", "--for", "30d", "--reason", "followed elsewhere")
    assert run_monitor("add", "--story", "st-1", *until)[0] == 0
    (listed,) = json.loads(run_monitor("--json")[1])
    assert (listed["mode"], listed["claims"]) == ("until the facts change", [])
    assert "story st-1, until the facts change" in run_monitor()[1]


def test_match_accepts_only_existing_aliases(run_monitor: Monitor) -> None:
    assert run_monitor("add", "--match", "@dprk", "--for", "6h", "--reason", "x")[0] == 0
    code, _, err = run_monitor("add", "--match", "@drpk", "--for", "6h", "--reason", "x")
    assert code == 2
    assert "@dprk" in err
