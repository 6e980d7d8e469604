"""The list of sources: filters, paging, and the buttons that poll, pause and resume those selected."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from kit.builders import add_sources
from kit.databases import all_rows
from kit.sample_store import NOW, page_client
from selectolax.lexbor import LexborHTMLParser

from monitor.actions import set_source_paused
from monitor.config.models import Config
from monitor.config_file.load import read_config
from monitor.store.base import Store
from monitor.store.sources import load_sources

SAME_ORIGIN = {"origin": "http://localhost:8080"}
TAGGED = """
[[sources]]
name = "front-report"
url = "https://front-report.example/daily.xml"
tags = ["ukraine", "Daily News"]
[[sources]]
name = "kyiv-wire"
url = "https://wire.example/feed"
tags = ["ukraine"]
"""


@pytest.fixture
async def tagged(editable_store: Store, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Pages whose config gives tags to two of the sources."""
    path = tmp_path / "tagged.toml"
    path.write_text(TAGGED)

    def config() -> Config:
        return read_config(path, env={})

    async with page_client(editable_store, config=config) as reader:
        yield reader


async def names(reader: httpx.AsyncClient, path: str) -> list[str]:
    answer = await reader.get(path)
    assert answer.status_code == 200, answer.text
    return [name.text() for name in LexborHTMLParser(answer.text).css("td b[dir]")]


def states(store: Store) -> dict[str, tuple[str, float]]:
    with store.read() as conn:
        return {row.name: (row.state, row.next_poll) for row in load_sources(conn)}


def selected(*sources: str, **fields: str) -> dict[str, str]:
    return {f"source:{name}": "on" for name in sources} | fields


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=ok", ["front-report", "kyiv-wire"]),
        ("state=failing", ["food-agency"]),
        ("state=blocked", []),
        ("tag=ukraine", ["front-report", "kyiv-wire"]),
        ("tag=Daily+News", ["front-report"]),
        ("tag=nothing", []),
        ("q=AGENCY", ["food-agency"]),
        ("q=503", ["food-agency"]),
        ("q=example+atom", ["food-agency"]),
        ("q=daily+news", ["front-report"]),
        ("q=report&state=failing", []),
        ("q=%22%3E<script>", []),
    ],
)
async def test_sources_are_filtered_by_state_tag_and_words(
    tagged: httpx.AsyncClient, query: str, expected: list[str]
) -> None:
    assert await names(tagged, f"/sources?{query}") == expected


async def test_a_search_of_sources_does_not_match_secrets_in_addresses(tagged: httpx.AsyncClient) -> None:
    assert await names(tagged, "/sources?q=token-that-nobody-may-see") == []


async def test_a_filter_without_a_match_links_to_all(tagged: httpx.AsyncClient) -> None:
    page = LexborHTMLParser((await tagged.get("/sources?state=quiet")).text)

    assert [link.text() for link in page.css("p.empty a")] == ["Show all 4"]


async def test_many_sources_are_listed_in_pages_that_keep_the_filter(empty_store: Store) -> None:
    add_sources(empty_store, *(f"wire-{n:03}" for n in range(120)), *(f"press-{n}" for n in range(5)))
    async with page_client(empty_store) as reader:
        found, path, pages = list[str](), "/sources?q=wire", 0
        while path:
            tree = LexborHTMLParser((await reader.get(path)).text)
            found += [name.text() for name in tree.css("td b[dir]")]
            following = tree.css_first("a[rel=next]")
            path, pages = (following.attributes["href"] or "") if following else "", pages + 1
        previous = LexborHTMLParser((await reader.get("/sources?q=wire&page=3")).text).css_first("a[rel=prev]")
        beyond = await reader.get("/sources?page=99")

    assert (found, pages) == ([f"wire-{n:03}" for n in range(120)], 3)
    assert previous is not None
    assert previous.attributes["href"] == "/sources?q=wire&page=2"
    assert beyond.status_code == 200


@pytest.mark.parametrize(
    ("action", "notice"),
    [
        ("poll", "2 sources are polled now."),
        ("pause", "2 sources are paused."),
        ("resume", "2 sources are polled again, from now on."),
    ],
)
async def test_an_action_changes_the_selected_sources_and_returns_to_the_same_list(
    editable_store: Store, page_editor: httpx.AsyncClient, action: str, notice: str
) -> None:
    before = states(editable_store)
    form = selected("front-report", "kyiv-wire", action=action, kept="state=ok&page=1&evil=1")
    answer = await page_editor.post("/sources", data=form, headers=SAME_ORIGIN)
    after = states(editable_store)

    assert answer.status_code == 303
    target = urlsplit(answer.headers["location"])
    assert target.path == "/sources"
    assert parse_qs(target.query) == {"state": ["ok"], "page": ["1"], "done": [action], "count": ["2"]}
    assert notice in (await page_editor.get(answer.headers["location"])).text
    assert {name for name in after if after[name] != before[name]} == {"front-report", "kyiv-wire"}
    expected = {"poll": ("ok", NOW), "pause": ("paused", before["kyiv-wire"][1]), "resume": ("ok", NOW)}[action]
    assert after["kyiv-wire"] == expected


async def test_a_paused_source_is_not_polled(editable_store: Store, page_editor: httpx.AsyncClient) -> None:
    set_source_paused(editable_store, "kyiv-wire", paused=True, now=NOW)
    before = states(editable_store)
    alone = await page_editor.post("/sources", data=selected("kyiv-wire", action="poll"), headers=SAME_ORIGIN)
    both = selected("kyiv-wire", "front-report", action="poll")
    answer = await page_editor.post("/sources", data=both, headers=SAME_ORIGIN)

    assert alone.status_code == 409
    assert "resume it first" in alone.text
    assert answer.headers["location"] == "/sources?done=poll"
    assert states(editable_store) == before | {"front-report": ("ok", NOW)}


@pytest.mark.parametrize(
    ("form", "status", "sentence"),
    [
        (selected(action="poll"), 400, "Select at least one source."),
        (selected("front-report"), 400, "Choose what to do with the sources."),
        (selected("front-report", action="delete"), 400, "Choose what to do with the sources."),
        (selected("nobody", action="pause"), 404, "There is no such source."),
    ],
)
async def test_an_incomplete_form_changes_nothing(
    editable_store: Store, page_editor: httpx.AsyncClient, form: dict[str, str], status: int, sentence: str
) -> None:
    before = all_rows(editable_store)
    answer = await page_editor.post("/sources", data=form, headers=SAME_ORIGIN)

    assert (answer.status_code, sentence in answer.text) == (status, True)
    assert all_rows(editable_store) == before


async def test_a_page_with_all_selected_is_another_address(page_reader: httpx.AsyncClient) -> None:
    page = LexborHTMLParser((await page_reader.get("/sources?state=ok&select=all")).text)

    assert len(page.css("input[type=checkbox][checked]")) == 2
    assert "Select all" not in page.text()
