"""`monitor silence` on a folder where the daemon has run once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.cli.app import run_command_line
from monitor.store.connect import open_store

CONFIG = '[[sources]]\nname = "wire"\nurl = "https://wire.example/feed"\n'
RULE = "name: ferries\ntitle: Ferries of Halvik\nmatch: ferr*\n"

Monitor = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run_monitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Monitor:
    """One `monitor silence` in a folder with a config, a rule and a store."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/ferries.yaml").write_text(RULE)
    open_store("sqlite:///monitor.db").close()

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run_command_line(["silence", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_a_silence_is_added_listed_and_ended(run_monitor: Monitor) -> None:
    assert run_monitor()[:2] == (0, "nothing was ever silenced\n")
    code, out, err = run_monitor("add", "--rule", "ferries", "--for", "6h", "--reason", "known", "--by", "Ola")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"silence 1 until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n", out)

    (listed,) = json.loads(run_monitor("list", "--json")[1])
    assert (listed["state"], listed["rule"], listed["source"]) == ("active", "ferries", None)
    assert (listed["reason"], listed["by"]) == ("known", "Ola")
    assert "rule ferries" in run_monitor("list")[1]

    assert run_monitor("end", "1") == (0, "silence 1 has ended\n", "")
    assert run_monitor("end", "1") == (1, "", "silence 1 ended before, or there is none of that ID\n")
    assert [one["state"] for one in json.loads(run_monitor("--json")[1])] == ["ended"]


def test_an_end_may_be_a_moment(run_monitor: Monitor) -> None:
    assert run_monitor("add", "--source", "wire", "--until", "2996-01-31T18:00+02:00", "--reason", "x")[1] == (
        "silence 1 until 2996-01-31T16:00:00Z\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "--for", "6h", "--reason", "x"], "say what to silence: --rule, --source, --story or --match"),
        (["add", "--story", "s", "--for", "6h"], "say why with --reason"),
        (["add", "--story", "s", "--reason", "x"], "say how long with --for 6h, or until when with --until"),
        (["add", "--story", "s", "--reason", "x", "--for", "6h", "--until", "2996-01-01"], "say how long"),
        (["add", "--story", "s", "--reason", "x", "--for", "soon"], "--for: expected a duration"),
        (["add", "--story", "s", "--reason", "x", "--until", "2001-01-01"], "--until: 2001-01-01 has passed"),
        (["add", "--story", "s", "--reason", "x", "--until", "noon"], "--until: expected a time"),
        (["add", "--rule", "feries", "--reason", "x", "--for", "6h"], 'there is no rule "feries"; did you mean'),
        (["add", "--source", "wier", "--reason", "x", "--for", "6h"], 'there is no source "wier"; did you mean'),
        (["add", "--match", "a AND (b", "--reason", "x", "--for", "6h"], "--match, character"),
        (["end"], "end needs the ID of a silence"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(run_monitor: Monitor, arguments: list[str], said: str) -> None:
    code, out, err = run_monitor(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"monitor: {said}")
    assert err.count("\n") == 1
    assert run_monitor()[1] == "nothing was ever silenced\n"


def test_a_mute_lets_facts_through_and_says_so(run_monitor: Monitor) -> None:
    until = ("--until-facts-change", "--for", "30d", "--reason", "followed elsewhere")
    assert run_monitor("add", "--story", "st-1", *until)[0] == 0
    (listed,) = json.loads(run_monitor("--json")[1])
    assert (listed["mode"], listed["claims"]) == ("until the facts change", [])
    assert "story st-1, until the facts change" in run_monitor()[1]


def test_a_query_may_speak_of_aliases_and_only_of_those_there_are(run_monitor: Monitor) -> None:
    assert run_monitor("add", "--match", "@dprk", "--for", "6h", "--reason", "x")[0] == 0
    code, _, err = run_monitor("add", "--match", "@drpk", "--for", "6h", "--reason", "x")
    assert code == 2
    assert "@dprk" in err
