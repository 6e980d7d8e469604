"""The page behind the answer links: opening it changes nothing, its button records one answer, once."""

from __future__ import annotations

import asyncio
import io
import logging
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import httpx
import pytest
import structlog
from kit.databases import all_rows
from kit.sample_store import KYIV, NOW, active_silences, page_client
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import delete

from monitor import log
from monitor.actions import record_feedback
from monitor.alerts.answer_links import sign_answer
from monitor.alerts.feedback import Feedback, FeedbackKind
from monitor.alerts.silences import SilenceMode
from monitor.store import feedback, schema, silences
from monitor.store.base import Store
from monitor.store.reports.alerts import load_alert_page
from monitor.store.secret_keys import ANSWER_KEY, ensure_secret_key
from monitor.web.app import create_app
from monitor.web.endpoint import DEFAULT_MUTE_S, Site
from monitor.web.server import running_server

DAY = 86400.0


@pytest.fixture
def page_reader(page_editor: httpx.AsyncClient) -> httpx.AsyncClient:
    return page_editor


def newest_alert(store: Store) -> str:
    with store.read() as conn:
        return load_alert_page(conn, limit=1)[0].alert.id


def link_path(store: Store, kind: FeedbackKind, *, alert: str | None = None, expiry: float = NOW + DAY) -> str:
    """Return the path of a signed link to an alert, by default the newest one."""
    key = ensure_secret_key(store, ANSWER_KEY)
    return f"/answer/{sign_answer(key, kind, alert or newest_alert(store), 'msg-1', expiry)}"


def stored_answers(store: Store) -> list[Feedback]:
    with store.read() as conn:
        return feedback.all_feedback(conn)


def shown_text(response: httpx.Response) -> str:
    main = LexborHTMLParser(response.text).css_first("main")
    assert main is not None
    return " ".join(main.text(separator=" ").split())


@pytest.mark.parametrize(
    ("kind", "button"),
    [(FeedbackKind.ACK, "Seen: it was news"), (FeedbackKind.NOT_NEWS, "Not news: mute similar")],
)
async def test_a_link_opens_a_page_with_the_headline_and_one_button(
    editable_store: Store, page_reader: httpx.AsyncClient, kind: FeedbackKind, button: str
) -> None:
    path = link_path(editable_store, kind)
    response = await page_reader.get(path)
    page = LexborHTMLParser(response.text)

    assert response.status_code == 200
    assert page.css_first("h1").text().startswith("Up to 12,000 North Korean soldiers are in Kursk")  # type: ignore[union-attr]
    (form,) = page.css("form")
    assert (form.attributes["method"], form.attributes["action"]) == ("post", path)
    assert [node.text() for node in page.css("button")] == [button]
    assert [link.attributes["href"] for link in page.css("a")] == [f"/alerts/{newest_alert(editable_store)}"]


@pytest.mark.parametrize("kind", FeedbackKind)
async def test_opening_a_link_changes_nothing_however_often(
    editable_store: Store, page_reader: httpx.AsyncClient, kind: FeedbackKind
) -> None:
    path = link_path(editable_store, kind)
    before = all_rows(editable_store)
    for headers in ({}, {"purpose": "prefetch"}, {"sec-purpose": "prefetch;prerender"}, {"user-agent": "Slackbot"}):
        for _ in range(3):
            assert (await page_reader.get(path, headers=headers)).status_code == 200
            assert (await page_reader.head(path, headers=headers)).status_code == 200
            assert (await page_reader.get(f"{path}?utm_source=mail", headers=headers)).status_code == 200
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        assert (await page_reader.request(method, path)).status_code == 405

    assert all_rows(editable_store) == before


@pytest.mark.parametrize("kind", FeedbackKind)
async def test_the_button_records_the_answer(
    editable_store: Store, page_reader: httpx.AsyncClient, kind: FeedbackKind
) -> None:
    alert = newest_alert(editable_store)
    response = await page_reader.post(link_path(editable_store, kind))

    assert response.status_code == 200
    assert "Your answer is recorded." in shown_text(response)
    assert LexborHTMLParser(response.text).css("form") == []
    assert f'href="/alerts/{alert}"' in response.text
    (answer,) = stored_answers(editable_store)
    assert (answer.alert_id, answer.kind, answer.by, answer.at) == (alert, kind, "link", NOW)
    assert "· link ·" in (await page_reader.get(f"/alerts/{alert}")).text


async def test_not_news_mutes_as_the_command_does(editable_store: Store, page_reader: httpx.AsyncClient) -> None:
    await page_reader.post(link_path(editable_store, FeedbackKind.NOT_NEWS))
    (mute,) = active_silences(editable_store)
    by_command = record_feedback(
        editable_store, Feedback(newest_alert(editable_store), FeedbackKind.NOT_NEWS, NOW), DEFAULT_MUTE_S
    )

    assert by_command is not None
    assert by_command.mute is not None
    assert mute.mode is SilenceMode.NOT_NEWS
    assert replace(mute, id=0, by="") == replace(by_command.mute, id=0)
    assert mute.claims


async def test_a_second_press_records_nothing_more(editable_store: Store, page_reader: httpx.AsyncClient) -> None:
    path = link_path(editable_store, FeedbackKind.NOT_NEWS)
    await page_reader.post(path)
    once = all_rows(editable_store)
    for response in (await page_reader.post(path), await page_reader.post(path), await page_reader.get(path)):
        assert response.status_code == 200
        assert "recorded already" in shown_text(response)
        assert "<form" not in response.text

    assert all_rows(editable_store) == once


async def test_the_other_link_changes_the_answer(editable_store: Store, page_reader: httpx.AsyncClient) -> None:
    await page_reader.post(link_path(editable_store, FeedbackKind.NOT_NEWS))
    other = link_path(editable_store, FeedbackKind.ACK)
    form = await page_reader.get(other)
    await page_reader.post(other)

    assert "Not news: similar alerts are muted" in shown_text(form)
    assert "Seen: it was news" in shown_text(form)
    assert [answer.kind for answer in stored_answers(editable_store)] == [FeedbackKind.ACK]
    assert active_silences(editable_store) == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_a_forged_link_is_refused(editable_store: Store, page_reader: httpx.AsyncClient, method: str) -> None:
    path = link_path(editable_store, FeedbackKind.NOT_NEWS)
    other_key = sign_answer(b"guess", FeedbackKind.NOT_NEWS, newest_alert(editable_store), "msg-1", NOW + DAY)
    before = all_rows(editable_store)
    for forged in (path[:-1], path.replace("not-news", "seen"), f"/answer/{other_key}", "/answer/x", f"{path}."):
        response = await page_reader.request(method, forged)
        assert response.status_code == 403
        assert method == "HEAD" or "This link is not valid." in shown_text(response)
        assert "12,000" not in response.text

    assert all_rows(editable_store) == before


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_expired_link_is_refused_and_leads_to_the_alert(
    editable_store: Store, page_reader: httpx.AsyncClient, method: str
) -> None:
    path = link_path(editable_store, FeedbackKind.NOT_NEWS, expiry=NOW - 1)
    before = all_rows(editable_store)
    response = await page_reader.request(method, path)

    assert response.status_code == 410
    assert "This link has expired." in shown_text(response)
    assert f'href="/alerts/{newest_alert(editable_store)}"' in response.text
    assert all_rows(editable_store) == before


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_alert_of_a_link_may_be_gone(
    editable_store: Store, page_reader: httpx.AsyncClient, method: str
) -> None:
    response = await page_reader.request(method, link_path(editable_store, FeedbackKind.ACK, alert="al-gone"))

    assert response.status_code == 404
    assert "no longer stored" in shown_text(response)
    assert stored_answers(editable_store) == []


async def test_a_new_key_ends_all_links(editable_store: Store, page_reader: httpx.AsyncClient) -> None:
    path = link_path(editable_store, FeedbackKind.ACK)
    with editable_store.write() as conn:
        conn.execute(delete(schema.meta).where(schema.meta.c.key == ANSWER_KEY))
    assert (await page_reader.post(path)).status_code == 403
    ensure_secret_key(editable_store, ANSWER_KEY)
    assert (await page_reader.post(path)).status_code == 403
    assert stored_answers(editable_store) == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "null", "sec-fetch-site": "same-origin"},
        {"origin": "http://localhost:8080", "sec-fetch-site": "same-origin"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
    ],
)
async def test_the_button_works_with_what_browsers_send_from_a_page_without_a_referrer(
    editable_store: Store, page_reader: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    response = await page_reader.post(link_path(editable_store, FeedbackKind.ACK), headers=headers)

    assert response.status_code == 200
    assert len(stored_answers(editable_store)) == 1


async def test_a_token_opens_no_other_form(editable_store: Store, page_reader: httpx.AsyncClient) -> None:
    alert, path = newest_alert(editable_store), link_path(editable_store, FeedbackKind.ACK)
    token = path.removeprefix("/answer/")
    for form in (f"/alerts/{alert}/ack", f"/alerts/{alert}/not-news", f"/alerts/{alert}/silence"):
        response = await page_reader.post(f"{form}?token={token}", data={"token": token})
        assert response.status_code == 403

    assert stored_answers(editable_store) == []


async def test_no_answer_page_is_cached_indexed_framed_or_sent_as_referrer(
    editable_store: Store, page_reader: httpx.AsyncClient
) -> None:
    path = link_path(editable_store, FeedbackKind.ACK)
    expired = link_path(editable_store, FeedbackKind.ACK, expiry=NOW - 1)
    gone = link_path(editable_store, FeedbackKind.ACK, alert="al-gone")
    responses = [await page_reader.get(each) for each in (path, expired, gone, "/answer/x")]
    for response in (*responses, await page_reader.post(path)):
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-robots-tag"] == "noindex, nofollow"
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert "script" not in response.text
    assert (await page_reader.get("/")).headers["referrer-policy"] == "same-origin"


async def test_the_page_leads_nowhere_but_to_the_alert(editable_store: Store, page_reader: httpx.AsyncClient) -> None:
    """Pages with navigation may need a login; this one needs only the link."""
    expired = link_path(editable_store, FeedbackKind.ACK, expiry=NOW - 1)
    for path in (link_path(editable_store, FeedbackKind.ACK), expired, "/answer/x"):
        page = LexborHTMLParser((await page_reader.get(path)).text)
        links = {link.attributes["href"] for link in page.css("a")}
        assert links <= {f"/alerts/{newest_alert(editable_store)}"}
        assert page.css("nav") == []


@pytest.mark.parametrize("prefix", ["/monitor", ""])
async def test_the_page_works_below_a_base_path(editable_store: Store, prefix: str) -> None:
    path = link_path(editable_store, FeedbackKind.ACK)
    async with page_client(editable_store, "/monitor") as reader:
        page = await reader.get(f"{prefix}{path}")
        action = LexborHTMLParser(page.text).css_first("form").attributes["action"]  # type: ignore[union-attr]
        response = await reader.post(f"{prefix}{path}")

    assert action == f"/monitor{path}"
    assert f'href="/monitor/alerts/{newest_alert(editable_store)}"' in response.text
    assert len(stored_answers(editable_store)) == 1


async def test_the_page_is_refused_for_an_unknown_host(editable_store: Store, page_reader: httpx.AsyncClient) -> None:
    path = link_path(editable_store, FeedbackKind.ACK)

    assert (await page_reader.post(path, headers={"host": "stranger.example"})).status_code == 421
    assert stored_answers(editable_store) == []


async def test_two_presses_at_once_record_one_answer(editable_store: Store) -> None:
    pages = create_app(Site(editable_store, timezone=KYIV, clock=lambda: NOW))
    async with running_server("127.0.0.1:0", pages) as url, httpx.AsyncClient() as client:
        address = url + link_path(editable_store, FeedbackKind.NOT_NEWS)
        responses = await asyncio.gather(*(client.post(address) for _ in range(8)))

    assert sorted("Your answer is recorded." in response.text for response in responses) == [False] * 7 + [True]
    assert len(stored_answers(editable_store)) == 1
    with editable_store.read() as conn:
        assert len(silences.all_silences(conn)) == 1


@pytest.fixture
def logged(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What is logged during the test."""
    root, stream = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level
    log.configure_logging(request.param, stream=stream)
    yield stream
    root.handlers[:], root.level = before
    structlog.reset_defaults()


@pytest.fixture
async def failing_reader(editable_store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """A client of pages that fail."""

    def broken_clock() -> float:
        raise ValueError("no time")

    pages = create_app(Site(editable_store, timezone=KYIV, clock=broken_clock))
    transport = httpx.ASGITransport(pages)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
        yield client


@pytest.mark.parametrize("logged", ["text", "json"], indirect=True)
async def test_a_token_is_never_logged(
    editable_store: Store, failing_reader: httpx.AsyncClient, logged: io.StringIO
) -> None:
    path = link_path(editable_store, FeedbackKind.ACK)
    response = await failing_reader.get(path)
    refusal = f"550 5.7.1 rejected: https://claims.example{path}> is in a list"
    structlog.get_logger().warning("send failed", error=refusal, seen=[refusal])
    logging.getLogger("library").warning("cannot send %s", refusal)

    assert response.status_code == 500
    assert response.headers["referrer-policy"] == "no-referrer"
    lines = logged.getvalue()
    assert "page failed" in lines
    assert "ValueError: no time" in lines
    assert "is in a list" in lines
    assert re.search(r"/answer/[^•]", lines) is None
    assert path.rpartition(".")[2] not in lines


async def test_the_key_is_on_no_page(editable_store: Store, page_reader: httpx.AsyncClient) -> None:
    key = ensure_secret_key(editable_store, ANSWER_KEY).decode()
    for path in (
        "/",
        "/sources",
        "/deliveries",
        "/silences",
        "/api/v1/status",
        link_path(editable_store, FeedbackKind.ACK),
    ):
        assert key not in (await page_reader.get(path)).text
