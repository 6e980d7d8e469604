"""The JSON API, the health check, and error pages."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import httpx
import pytest
from kit.sample_store import KYIV, NOW, build_sample_store, page_client
from kit.web_access import FORM_PATHS

from monitor.store.base import Store
from monitor.web.app import GET_ROUTES, create_app
from monitor.web.endpoint import Site

PATHS = [path for path in GET_ROUTES if "{" not in path]
OTHER_PATHS = [
    "/health",
    "/style.css",
    "/nowhere",
    "/api/v1/nowhere",
    "/alerts/nobody",
    "/api/v1/alerts/nobody",
    "/alerts?before=x",
]


async def test_api_alerts_have_the_fields_of_the_webhook(page_reader: httpx.AsyncClient) -> None:
    listing = (await page_reader.get("/api/v1/alerts")).json()
    first = listing["alerts"][0]

    assert listing["older"] is None
    assert first["rule"] == "dprk-deployment"
    assert first["findings"][0]["changes"] == [{"kind": "number", "before": "Around 3,000", "after": "Up to 12,000"}]


async def test_one_api_alert_includes_its_deliveries(page_reader: httpx.AsyncClient) -> None:
    oldest = (await page_reader.get("/api/v1/alerts")).json()["alerts"][-1]
    alert = (await page_reader.get(f"/api/v1/alerts/{oldest['id']}")).json()
    deliveries = {delivery.pop("channel"): delivery for delivery in alert.pop("deliveries")}

    assert (alert["answer"], alert.pop("feedback"), alert.pop("silenced")) == (None, None, [])
    assert alert == oldest
    assert {channel: delivery["state"] for channel, delivery in deliveries.items()} == {
        "desk": "sent",
        "osint": "dead",
    }
    assert (deliveries["desk"]["due"], deliveries["desk"]["sent_at"]) == (None, "2026-12-13T16:30:02Z")


async def test_api_sources_have_the_format_of_the_command(page_reader: httpx.AsyncClient) -> None:
    sources = {source["name"]: source for source in (await page_reader.get("/api/v1/sources")).json()["sources"]}

    assert sources["front-report"] == {
        "name": "front-report",
        "url": "https://front-report.example/daily.xml",
        "kind": "feed",
        "state": "ok",
        "entries": 2,
        "error": None,
        "last_good": "2026-12-16T18:26:00Z",
        "next_poll": "2026-12-16T18:41:00Z",
        "paused_at": None,
        "notices": [],
    }


async def test_api_deliveries_can_be_filtered_by_state(page_reader: httpx.AsyncClient) -> None:
    (delivery,) = (await page_reader.get("/api/v1/deliveries?state=retrying")).json()["deliveries"]

    assert (delivery["state"], delivery["due"]) == ("retrying", "2026-12-16T18:33:20Z")
    assert delivery["why"] == "waits for its next try, until 2026-12-16T18:33:20Z"
    assert (delivery["behind"], delivery["held_until"]) == (None, None)


async def test_api_status_counts_sources_and_messages(page_reader: httpx.AsyncClient) -> None:
    status = (await page_reader.get("/api/v1/status")).json()

    assert status["sources"] == {"ok": 2, "failing": 1, "empty": 1}
    assert status["messages"]["dead"] == 1
    assert status["last_poll"] == "2026-12-16T18:26:00Z"


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/nowhere", 404, "There is no such page."),
        ("/sources/", 404, "There is no such page."),
        ("/alerts/nobody", 404, "There is no such page."),
        ("/alerts/%00", 404, "There is no such page."),
        ("/alerts/../../etc/passwd", 404, "There is no such page."),
        ("/alerts?before=x", 400, "Invalid before=: expected the number of a row."),
        ("/alerts?before=-1", 400, "Invalid before=: expected the number of a row."),
        ("/alerts?before=99999999999999999999", 400, "Invalid before=: expected the number of a row."),
        ("/deliveries?state=lost", 400, "Invalid state=: expected one of pending, retrying, sent, dead."),
        (
            "/deliveries?colour=red",
            400,
            "Unknown parameter colour: this page has state, channel, before, select, done, count.",
        ),
        (
            "/sources?colour=red",
            400,
            "Unknown parameter colour: this page has q, state, tag, page, select, done, count.",
        ),
        ("/sources?state=lost", 400, "Invalid state=: expected one of ok, empty, failing, blocked, quiet, paused."),
        ("/sources?done=evil", 400, "Invalid done=: expected one of poll, pause, resume, added."),
        ("/sources/nobody", 404, "There is no such source."),
        ("/silences?colour=red", 400, "Unknown parameter colour: this page has done, count."),
        ("/add-source?x=1", 400, "Unknown parameter x: this page has none."),
        ("/silences/new?colour=red", 400, "Unknown parameter colour: this page has rule, source, story, match."),
    ],
)
async def test_an_invalid_request_gets_a_page_with_one_sentence(
    page_reader: httpx.AsyncClient, path: str, status: int, sentence: str
) -> None:
    answer = await page_reader.get(path)

    assert answer.status_code == status
    assert f"<h1>{sentence}</h1>" in answer.text


async def test_api_errors_are_json(page_reader: httpx.AsyncClient) -> None:
    answer = await page_reader.get("/api/v1/nowhere")

    assert (answer.status_code, answer.json()) == (404, {"error": "There is no such page."})


@pytest.mark.parametrize("path", [*(path for path in PATHS if path not in FORM_PATHS), "/health"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_pages_accept_only_get_and_head(page_reader: httpx.AsyncClient, path: str, method: str) -> None:
    answer = await page_reader.request(method, path)

    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize("path", [*PATHS, *OTHER_PATHS])
async def test_every_response_has_the_security_headers(page_reader: httpx.AsyncClient, path: str) -> None:
    headers = (await page_reader.get(path)).headers
    policy = headers["content-security-policy"].split("; ")

    assert {"default-src 'none'", "style-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.sqlite
async def test_a_missing_database_is_reported_in_one_sentence(tmp_path: Path) -> None:
    store = build_sample_store(tmp_path)
    for file in tmp_path.glob("monitor.db*"):
        file.unlink()
    async with page_client(store) as reader:
        page, json = [await reader.get(path) for path in ("/", "/api/v1/status")]
    store.close()

    assert (page.status_code, json.status_code) == (503, 503)
    assert "it cannot be opened" in page.text
    assert json.json()["error"].count(". ") == 0


@pytest.mark.sqlite  # where a writer blocks the readers of a database in memory
@pytest.mark.parametrize(("status", "code"), [("ok", 200), ("failing", 503)])
async def test_health_answers_from_memory_while_all_page_threads_wait_for_the_store(
    empty_store: Store, status: str, code: int
) -> None:
    body = {"status": status, "checks": {"store": {"status": status, "since": None, "reason": None}}}
    pages = create_app(Site(empty_store, timezone=KYIV, clock=lambda: NOW, health=lambda: body))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url="http://localhost") as reader:
        with empty_store.write():
            waiting = [asyncio.create_task(reader.get("/")) for _ in range(5)]
            await asyncio.sleep(0.1)
            answer = await asyncio.wait_for(reader.get("/health"), 2)
            assert not any(task.done() for task in waiting)
        await asyncio.gather(*waiting)

    assert (answer.status_code, answer.json()) == (code, body)
    assert answer.headers["cache-control"] == "no-store"


async def test_pages_without_a_daemon_report_that_none_works(page_reader: httpx.AsyncClient) -> None:
    answer = await page_reader.get("/health")

    assert (answer.status_code, answer.json()) == (503, {"status": "failing", "checks": {}})


async def test_an_unexpected_error_shows_no_traceback(empty_store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> float:
        raise ZeroDivisionError("hidden words")

    pages = create_app(Site(empty_store, timezone=KYIV, clock=broken))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url="http://localhost") as reader:
        answer = await reader.get("/sources")

    assert answer.status_code == 500
    assert "See the log for the cause." in answer.text
    assert "hidden words" not in answer.text
    assert "Traceback" not in answer.text
    assert "hidden words" in "".join(capsys.readouterr())


async def test_a_slow_store_does_not_delay_other_responses(empty_store: Store) -> None:
    locked, release = threading.Event(), threading.Event()

    def lock_store() -> None:
        with empty_store.write():
            locked.set()
            release.wait(10)

    lock_thread = threading.Thread(target=lock_store)
    lock_thread.start()
    locked.wait(5)
    async with page_client(empty_store) as reader:
        waiting = [asyncio.create_task(reader.get("/")) for _ in range(10)]
        style = await asyncio.wait_for(reader.get("/style.css"), 2)
        all_waited = not any(task.done() for task in waiting)
        release.set()
        pages = await asyncio.gather(*waiting)
    lock_thread.join()

    assert all_waited
    assert {answer.status_code for answer in [style, *pages]} == {200}
