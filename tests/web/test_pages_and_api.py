"""JSON, health, and what is said when there is nothing to show."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from kit.sample_store import KYIV, build_sample_store, page_client

from monitor.store.base import Store
from monitor.web.app import GET_ROUTES, create_app

PATHS = [path for path in GET_ROUTES if "{" not in path]
OTHERS = ["/health", "/style.css", "/nowhere", "/api/nowhere", "/alerts/nobody", "/api/alerts/nobody", "/?before=x"]


async def test_alerts_are_the_webhooks_objects(page_reader: httpx.AsyncClient) -> None:
    found = (await page_reader.get("/api/alerts")).json()
    first = found["alerts"][0]

    assert found["older"] is None
    assert first["rule"] == "dprk-deployment"
    assert first["findings"][0]["changes"] == [{"kind": "number", "before": "Around 3,000", "after": "Up to 12,000"}]


async def test_one_alert_comes_with_its_deliveries(page_reader: httpx.AsyncClient) -> None:
    oldest = (await page_reader.get("/api/alerts")).json()["alerts"][-1]
    found = (await page_reader.get(f"/api/alerts/{oldest['id']}")).json()
    owed = {one.pop("channel"): one for one in found.pop("deliveries")}

    assert (found.pop("answer"), found.pop("silenced")) == (None, [])
    assert found == oldest
    assert {channel: one["state"] for channel, one in owed.items()} == {"desk": "sent", "osint": "dead"}
    assert (owed["desk"]["due"], owed["desk"]["sent_at"]) == (None, "2026-12-13T16:30:02Z")


async def test_sources_are_in_the_shape_of_the_command(page_reader: httpx.AsyncClient) -> None:
    found = {source["name"]: source for source in (await page_reader.get("/api/sources")).json()}

    assert found["front-report"] == {
        "name": "front-report",
        "url": "https://front-report.example/daily.xml",
        "kind": "feed",
        "state": "ok",
        "entries": 2,
        "error": None,
        "last_good": "2026-12-16T18:26:00Z",
        "next_poll": "2026-12-16T18:41:00Z",
        "notices": [],
    }


async def test_deliveries_are_listed_by_state(page_reader: httpx.AsyncClient) -> None:
    found = (await page_reader.get("/api/deliveries?state=retrying")).json()["deliveries"]

    assert [(one["state"], one["due"]) for one in found] == [("retrying", "2026-12-16T18:33:20Z")]
    assert found[0]["why"] == "waits for its next try, until 2026-12-16T18:33:20Z"
    assert (found[0]["behind"], found[0]["held_until"]) == (None, None)


async def test_status_counts(page_reader: httpx.AsyncClient) -> None:
    found = (await page_reader.get("/api/status")).json()

    assert found["sources"] == {"ok": 2, "failing": 1, "empty": 1}
    assert found["messages"]["dead"] == 1
    assert found["last_poll"] == "2026-12-16T18:26:00Z"


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/nowhere", 404, "There is no such page."),
        ("/sources/", 404, "There is no such page."),
        ("/alerts/nobody", 404, "There is no such page."),
        ("/alerts/%00", 404, "There is no such page."),
        ("/alerts/../../etc/passwd", 404, "There is no such page."),
        ("/?before=x", 400, "In an address, before= is followed by the number of a row."),
        ("/?before=-1", 400, "In an address, before= is followed by the number of a row."),
        ("/?before=99999999999999999999", 400, "In an address, before= is followed by the number of a row."),
        ("/deliveries?state=lost", 400, "A delivery&#39;s state is one of pending, retrying, sent, dead."),
    ],
)
async def test_what_cannot_be_answered_is_told_in_a_sentence(
    page_reader: httpx.AsyncClient, path: str, status: int, sentence: str
) -> None:
    answer = await page_reader.get(path)

    assert answer.status_code == status
    assert f"<h1>{sentence}</h1>" in answer.text


async def test_programs_are_told_in_json(page_reader: httpx.AsyncClient) -> None:
    answer = await page_reader.get("/api/nowhere")

    assert (answer.status_code, answer.json()) == (404, {"error": "There is no such page."})


@pytest.mark.parametrize("path", [*PATHS, "/health"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_pages_can_only_be_read(page_reader: httpx.AsyncClient, path: str, method: str) -> None:
    answer = await page_reader.request(method, path)

    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize("path", [*PATHS, *OTHERS])
async def test_every_answer_bears_the_headers_of_safety(page_reader: httpx.AsyncClient, path: str) -> None:
    headers = (await page_reader.get(path)).headers
    policy = headers["content-security-policy"].split("; ")

    assert {"default-src 'none'", "style-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


async def test_looking_at_every_page_changes_nothing(sample_folder: Path, page_reader: httpx.AsyncClient) -> None:
    def content() -> list[str]:
        with closing(sqlite3.connect(sample_folder / "monitor.db")) as db:
            return list(db.iterdump())

    before = content()
    for path in [*PATHS, *OTHERS]:
        await page_reader.get(path)
        await page_reader.head(path)

    assert content() == before


async def test_database_that_is_gone_is_told_in_one_sentence(tmp_path: Path) -> None:
    store = build_sample_store(tmp_path)
    for file in tmp_path.glob("monitor.db*"):
        file.unlink()
    async with page_client(store) as reader:
        page, json, health = [await reader.get(path) for path in ("/", "/api/status", "/health")]
    store.close()

    assert (page.status_code, json.status_code) == (503, 503)
    assert "it cannot be opened" in page.text
    assert json.json()["error"].count(". ") == 0
    assert (health.status_code, health.text) == (503, "fail")


async def test_store_that_answers_is_healthy_and_no_more_is_told(page_reader: httpx.AsyncClient) -> None:
    answer = await page_reader.get("/health")

    assert (answer.status_code, answer.text) == (200, "ok")


async def test_a_bug_shows_no_trace(empty_store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> float:
        raise ZeroDivisionError("hidden words")

    pages = create_app(empty_store, timezone=KYIV, clock=broken)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url="http://localhost") as reader:
        answer = await reader.get("/sources")

    assert answer.status_code == 500
    assert "The log says what." in answer.text
    assert "hidden words" not in answer.text
    assert "Traceback" not in answer.text
    assert "hidden words" in "".join(capsys.readouterr())


async def test_slow_store_holds_up_no_other_answer(empty_store: Store) -> None:
    taken, free = threading.Event(), threading.Event()

    def hold() -> None:
        with empty_store.write():
            taken.set()
            free.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    taken.wait(5)
    async with page_client(empty_store) as reader:
        waiting = [asyncio.create_task(reader.get("/")) for _ in range(10)]
        style = await asyncio.wait_for(reader.get("/style.css"), 2)
        held = not any(task.done() for task in waiting)
        free.set()
        pages = await asyncio.gather(*waiting)
    holder.join()

    assert held
    assert {answer.status_code for answer in [style, *pages]} == {200}
