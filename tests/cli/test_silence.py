"""`monitor silence` on a folder with a config, a rule and a store."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import pytest
from kit.command_line import Monitor
from kit.config import source_table
from kit.databases import database_url, write_config_file

from monitor.store.connect import open_store

RULE = "name: ferries\ntitle: Ferries of Halvik\nmatch: ferr*\n"


@pytest.fixture
def silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_monitor: Monitor) -> Monitor:
    """Run `monitor silence` with arguments."""
    monkeypatch.chdir(tmp_path)
    write_config_file(tmp_path, source_table("wire", "https://wire.example/feed"), RULE)
    open_store(database_url(tmp_path)).close()
    return partial(run_monitor, "silence")


def test_a_silence_is_added_listed_and_ended(silence: Monitor) -> None:
    assert silence()[:2] == (0, "there are no silences yet\n")
    code, out, err = silence("add", "--rule", "ferries", "--for", "6h", "--reason", "known", "--by", "Ola")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"silence 1 until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n", out)

    (listed,) = json.loads(silence("list", "--json")[1])
    assert (listed["state"], listed["rule"], listed["source"]) == ("active", "ferries", None)
    assert (listed["reason"], listed["by"]) == ("known", "Ola")
    assert "rule ferries" in silence("list")[1]

    assert silence("end", "1") == (0, "silence 1 ended\n", "")
    assert silence("end", "1") == (1, "", "there is no active silence 1\n")
    assert [silence["state"] for silence in json.loads(silence("--json")[1])] == ["ended"]


def test_until_accepts_a_time_with_a_time_zone(silence: Monitor) -> None:
    assert silence("add", "--source", "wire", "--until", "2996-01-31T18:00+02:00", "--reason", "x")[1] == (
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
        (["end"], "missing argument 'ID'. `monitor silence` lists them"),
    ],
)
def test_invalid_options_are_reported_in_one_line(silence: Monitor, arguments: list[str], message: str) -> None:
    code, out, err = silence(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"monitor: {message}")
    assert err.count("\n") == 1
    assert silence()[1] == "there are no silences yet\n"


def test_until_facts_change_adds_a_mute(silence: Monitor) -> None:
    until = ("--until-facts-change", "--for", "30d", "--reason", "followed elsewhere")
    assert silence("add", "--story", "st-1", *until)[0] == 0
    (listed,) = json.loads(silence("--json")[1])
    assert (listed["mode"], listed["claims"]) == ("until the facts change", [])
    assert "story st-1, until the facts change" in silence()[1]


def test_match_accepts_only_existing_aliases(silence: Monitor) -> None:
    assert silence("add", "--match", "@dprk", "--for", "6h", "--reason", "x")[0] == 0
    code, _, err = silence("add", "--match", "@drpk", "--for", "6h", "--reason", "x")
    assert code == 2
    assert "@dprk" in err
