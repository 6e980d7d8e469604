"""The page of one source: state, rhythm, notices, entries, alerts and buttons."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from kit.builders import add_sources, commit_texts
from kit.page_reading import read_main, text_of
from kit.sample_store import NOW, page_client
from selectolax.lexbor import LexborNode

from monitor.actions import set_source_paused
from monitor.alerts.source_notices import SourceNotice
from monitor.config.models import SourceConfig
from monitor.sources.state import PollResult
from monitor.store import source_notices
from monitor.store.base import Store
from monitor.store.sources import load_sources, record_polls, sync_sources

SAME_ORIGIN = {"origin": "http://localhost:8080"}
HOUR, DAY = 3600.0, 86400.0
GOOD = PollResult(NOW - 60, "ok", None, None, 0, NOW + 900, None, None, None, True)
CONFIG = """
[monitor]
timezone = "Europe/Kyiv"
[[sources]]
name = "wire"
url = "https://wire.example/feed"
tags = ["ukraine"]
{rhythm}
"""


def facts(main: LexborNode) -> dict[str, str]:
    return {text_of(row.css_first("dt")): text_of(row.css_first("dd")) for row in main.css(".facts div")}


def buttons(main: LexborNode) -> list[str]:
    return [text_of(button) for button in main.css("form button")]


async def test_a_failing_source_shows_its_error_entries_and_alerts(editable_store: Store, tmp_path: Path) -> None:
    async with page_client(editable_store, folder=tmp_path) as reader:
        main = await read_main(reader, "/sources/food-agency")

    assert text_of(main.css_first("h1")) == "food-agency failing"
    assert text_of(main.css_first(".fault")).startswith("the server answered 503")
    assert facts(main) == {
        "address": "food.example/recalls.atom",
        "kind": "feed",
        "rhythm": "every 15 min, as configured",
        "last poll": "4 min ago",
        "last good": "9 h ago",
        "failed": "the last 4 polls",
        "next poll": "in 55 min",
        "entries": "2",
    }
    entries = main.css("td[data-head=Entry]")
    assert [text_of(entry) for entry in entries] == [
        "Oat bars withdrawn from sale",
        "Hill Farm soft cheese recalled after listeria was found · changed once",
    ]
    assert entries[0].css_first("a").attributes["href"] == "https://food-agency.example/r-18"  # type: ignore[union-attr]
    assert len(main.css("td[data-head=Alert]")) == 3
    assert main.css_matches('a[href="/alerts?source=food-agency"]')
    chart = main.css_first("svg.bars")
    assert chart is not None
    assert (chart.attributes["aria-label"] or "").endswith("1 on 14 Dec, 0 on 15 Dec, 1 on 16 Dec")


async def test_notices_are_listed_with_their_duration(empty_store: Store) -> None:
    add_sources(empty_store, "wire", now=NOW)
    with empty_store.write() as conn:
        record_polls(conn, {"wire": GOOD})
        source_notices.save_notices(
            conn,
            "wire",
            [
                SourceNotice(
                    "rolled", "It lost entries.", NOW - 5 * DAY, NOW - 3 * DAY, NOW - 5 * DAY, NOW - 3 * DAY
                ),
                SourceNotice("quiet", "It is silent.", NOW - 50 * HOUR, NOW, NOW - 49 * HOUR),
                SourceNotice("failing", "It fails.", NOW - 2 * HOUR, NOW),
            ],
        )
    async with page_client(empty_store) as reader:
        main = await read_main(reader, "/sources/wire")

    assert [text_of(row) for row in main.css(".plain li")] == [
        "failing for 2 hours, not announced yet It fails.",
        "quiet for 2 days It is silent.",
        "rolled 3 d ago, lasted 2 days It lost entries.",
    ]


@pytest.mark.parametrize(
    ("rhythm", "stored", "expected"),
    [
        ("", None, "every 15 min, as configured"),
        ('every = "1h"\nslowest = "1d"', 4 * HOUR, "every 4 h, it brings little news"),
        ('every = "1h"', 1800.0, "every 30 min, entries were lost between two polls"),
        ('cron = "*/10 6-22 * * *"', None, "at */10 6-22 * * * (Europe/Kyiv)"),
    ],
)
async def test_the_rhythm_is_that_of_the_config_or_adapted(
    empty_store: Store, tmp_path: Path, rhythm: str, stored: float | None, expected: str
) -> None:
    (tmp_path / "config.toml").write_text(CONFIG.format(rhythm=rhythm))
    add_sources(empty_store, "wire", now=NOW)
    with empty_store.write() as conn:
        record_polls(conn, {"wire": replace(GOOD, adaptive_interval=stored)})
    async with page_client(empty_store, folder=tmp_path) as reader:
        main = await read_main(reader, "/sources/wire")

    assert facts(main)["rhythm"] == expected
    assert facts(main)["tags"] == "ukraine"


async def test_buttons_fit_the_state_and_return_to_the_page(
    editable_store: Store, page_editor: httpx.AsyncClient
) -> None:
    form = {"source:kyiv-wire": "on", "back": "source"}
    assert buttons(await read_main(page_editor, "/sources/kyiv-wire")) == ["Poll now", "Pause"]
    paused = await page_editor.post("/sources", data=form | {"action": "pause"}, headers=SAME_ORIGIN)
    main = await read_main(page_editor, paused.headers["location"])

    assert (paused.status_code, paused.headers["location"]) == (303, "/sources/kyiv-wire?done=pause")
    assert "not polled until you resume it" in text_of(main.css_first("[role=status]"))
    assert (buttons(main), facts(main)["next poll"]) == (["Resume"], "paused now")
    resumed = await page_editor.post("/sources", data=form | {"action": "resume"}, headers=SAME_ORIGIN)
    assert buttons(await read_main(page_editor, resumed.headers["location"])) == ["Poll now", "Pause"]
    with editable_store.read() as conn:
        assert {row.name: row.next_poll for row in load_sources(conn)}["kyiv-wire"] == NOW


async def test_a_source_that_paused_itself_can_be_polled_and_resumed(empty_store: Store) -> None:
    add_sources(empty_store, "wire", now=NOW)
    with empty_store.write() as conn:
        record_polls(conn, {"wire": replace(GOOD, state="paused", error="410 Gone", failures=3)})
    async with page_client(empty_store) as reader:
        assert buttons(await read_main(reader, "/sources/wire")) == ["Poll now", "Resume"]


@pytest.mark.parametrize("name", ["a/b", "a b?c=d#e", "100%", "Ольга", "a/poll", "new"])
async def test_a_source_with_any_name_has_a_page(empty_store: Store, name: str) -> None:
    with empty_store.write() as conn:
        sync_sources(conn, [SourceConfig(name=name, url="https://wire.example/feed")], NOW)
    commit_texts(empty_store, ["News."], source=name, at=NOW - 60)
    set_source_paused(empty_store, name, paused=True, now=NOW)
    async with page_client(empty_store) as reader:
        link = (await read_main(reader, "/sources")).css_first("td a.headline")
        assert link is not None
        assert link.attributes["href"] == f"/sources/{quote(name, safe='')}"
        main = await read_main(reader, link.attributes["href"] or "")
        form = {f"source:{name}": "on", "back": "source", "action": "resume"}
        answer = await reader.post("/sources", data=form, headers=SAME_ORIGIN)
        after = await read_main(reader, answer.headers["location"])

    assert text_of(main.css_first("h1")).startswith(name)
    assert text_of(after.css_first("h1")).startswith(name)


async def test_a_source_that_was_removed_has_no_page(editable_store: Store, page_editor: httpx.AsyncClient) -> None:
    add_sources(editable_store, "another")  # the config has no other
    assert (await page_editor.get("/sources/kyiv-wire")).status_code == 404
    assert (await page_editor.get("/sources/another")).status_code == 200
