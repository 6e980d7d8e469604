"""`monitor story`: the account of a story that the newsroom's sources told."""

from __future__ import annotations

import json
from collections.abc import Callable

Monitor = Callable[..., tuple[int, str, str]]


def story_of(monitor: Monitor, query: str) -> str:
    """The story of the newest claim that a query finds."""
    story: str = json.loads(monitor("search", query, "--json")[1])[0]["story"]
    return story


def test_a_story_tells_its_sources_and_its_figures(run_monitor: Monitor) -> None:
    id = story_of(run_monitor, '"12,000" AND soldier*')
    code, out, err = run_monitor("story", id, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["story"] == id
    assert found["independent"] == sum(one["copies"] is None for one in found["sources"])
    assert found["figures"][0][-1]["value"] == 12_000
    assert {"at", "value", "text", "source"} == set(found["figures"][0][-1])


def test_a_story_lists_its_alerts_with_what_was_answered(run_monitor: Monitor) -> None:
    id = story_of(run_monitor, '"12,000" AND soldier*')
    first = json.loads(run_monitor("story", id, "--json")[1])["alerts"][-1]
    assert first["answer"] is None
    run_monitor("ack", first["id"])

    alerts = json.loads(run_monitor("story", id, "--json")[1])["alerts"]
    listed = [one for one in json.loads(run_monitor("alerts", "--json")[1]) if one["story"] == id]
    assert [one["id"] for one in alerts] == [one["id"] for one in listed]
    assert alerts[-1] == first | {"answer": "ack"}
    assert first["headline"] in run_monitor("story", id)[1]


def test_people_read_it_too(run_monitor: Monitor) -> None:
    code, out, err = run_monitor("story", story_of(run_monitor, '"12,000" AND soldier*'))
    assert (code, err) == (0, "")
    assert "independent source" in out
    assert "12,000" in out


def test_a_story_that_is_not_there_is_said_to_be_missing(run_monitor: Monitor) -> None:
    code, out, err = run_monitor("story", "st-none")
    assert (code, out) == (2, "")
    assert err == "monitor: there is no story st-none; `monitor alerts` and `search` name theirs with --json\n"
