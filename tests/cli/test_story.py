"""`monitor story` on the sample store."""

from __future__ import annotations

import json

import pytest
from kit.command_line import Monitor

pytestmark = pytest.mark.usefixtures("in_news_folder")


def story_of(monitor: Monitor, query: str) -> str:
    """Return the story of the newest claim that matches a query."""
    story: str = json.loads(monitor("search", query, "--json")[1])[0]["story"]
    return story


def test_a_story_has_sources_and_figures(run_monitor: Monitor) -> None:
    id = story_of(run_monitor, '"12,000" AND soldier*')
    code, out, err = run_monitor("story", id, "--json")
    assert (code, err) == (0, "")
    story = json.loads(out)
    assert story["story"] == id
    assert story["independent"] == sum(source["copies"] is None for source in story["sources"])
    assert story["figures"][0][-1]["value"] == 12_000
    assert {"at", "value", "text", "source"} == set(story["figures"][0][-1])


def test_a_story_lists_its_alerts_with_their_answers(run_monitor: Monitor) -> None:
    id = story_of(run_monitor, '"12,000" AND soldier*')
    first = json.loads(run_monitor("story", id, "--json")[1])["alerts"][-1]
    assert first["answer"] is None
    run_monitor("ack", first["id"])

    alerts = json.loads(run_monitor("story", id, "--json")[1])["alerts"]
    all_alerts = json.loads(run_monitor("alerts", "--json")[1])
    assert [alert["id"] for alert in alerts] == [alert["id"] for alert in all_alerts if alert["story"] == id]
    assert alerts[-1] == first | {"answer": "ack"}
    assert first["headline"] in run_monitor("story", id)[1]


def test_the_text_output_has_sources_and_figures(run_monitor: Monitor) -> None:
    code, out, err = run_monitor("story", story_of(run_monitor, '"12,000" AND soldier*'))
    assert (code, err) == (0, "")
    assert "independent source" in out
    assert "12,000" in out


def test_an_unknown_story_exits_2(run_monitor: Monitor) -> None:
    code, out, err = run_monitor("story", "st-none")
    assert (code, out) == (2, "")
    assert err == "monitor: unknown story st-none; `monitor alerts --json` and `monitor search --json` list stories\n"
