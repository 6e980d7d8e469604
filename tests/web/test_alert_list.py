"""The list of alerts: filters, search, paging in both directions, and answers to several alerts at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from kit.builders import add_sources, commit_texts, example_alert, sent_decision
from kit.sample_store import NOW, page_client
from selectolax.lexbor import LexborHTMLParser

from monitor.actions import record_feedback
from monitor.alerts.feedback import Feedback, FeedbackKind
from monitor.model import Severity
from monitor.store.base import Store
from monitor.store.feedback import feedback_by_alert

SAME_ORIGIN = {"origin": "http://localhost:8080"}


@pytest.fixture
async def reader(empty_store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """Pages of a store with 120 alerts: of two rules in turn, every tenth critical, one an hour up to NOW."""
    add_sources(empty_store, "wire", "press")
    for n in range(120):
        alert = example_alert(
            f"al-{n}",
            f"Bridge {n} is closed." if n % 3 else f"Ferry {n} is late.",
            rule="bridges" if n % 2 else "floods",
            story=f"st-{n % 4}",
            at=NOW - (119 - n) * 3600.0,
            severity=Severity.CRITICAL if n % 10 == 0 else Severity.LOW,
        )
        source = "press" if n % 5 == 0 else "wire"
        alert = replace(alert, findings=(replace(alert.findings[0], source=source),))
        commit_texts(empty_store, [f"News {n}."], entry=f"e{n}", decisions=[sent_decision(alert)])
    async with page_client(empty_store) as client:
        yield client


async def listed(reader: httpx.AsyncClient, path: str) -> list[int]:
    """Return the numbers in the claims of the alerts on a page."""
    answer = await reader.get(path)
    assert answer.status_code == 200, answer.text
    claims = LexborHTMLParser(answer.text).css("article .claim")
    return [int(claim.text().split()[1]) for claim in claims]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("severity=critical", [n for n in range(120) if n % 10 == 0]),
        ("source=press", [n for n in range(120) if n % 5 == 0]),
        ("rule=floods&severity=critical", [n for n in range(120) if n % 10 == 0]),
        ("rule=bridges&severity=critical", []),
        ("story=st-1&source=press", [n for n in range(120) if n % 20 == 5]),
        ("q=ferry&source=press", [n for n in range(120) if n % 15 == 0]),
        ("q=%2217+is+closed%22", [17]),
        ("q=ferr*&severity=critical", [0, 30, 60, 90]),
        ("since=90m", [118, 119]),
        ("since=2026-12-16", list(range(99, 120))),
        ("until=2026-12-11", [0, 1, 2]),
        ("since=2026-12-12&until=2026-12-12", list(range(3, 27))),
        ("since=2026-12-16T18:00:00%2B00:00", [119]),
        ("answered=no&since=90m", [118, 119]),
        ("answered=yes", []),
    ],
)
async def test_filters_select_alerts(reader: httpx.AsyncClient, query: str, expected: list[int]) -> None:
    assert await listed(reader, f"/alerts?{query}") == sorted(expected, reverse=True)[:50]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("colour=red", "Unknown parameter colour"),
        ("severity=grim", "Invalid severity=: expected one of info, low, medium, high, critical."),
        ("answered=maybe", "Invalid answered=: expected one of no, yes, ack, not-news."),
        ("since=soon", "Invalid since=: expected a date"),
        ("until=2026-13-01", "Invalid until=: expected a date"),
        ("until=9999-12-31", "Invalid until=: expected a date"),
        ("before=x", "Invalid before=: expected the number of a row."),
        ("after=-1", "Invalid after=: expected the number of a row."),
        (f"q={'a' * 1001}", "The parameter q is too long."),
    ],
)
async def test_a_wrong_parameter_is_an_error(reader: httpx.AsyncClient, query: str, sentence: str) -> None:
    answer = await reader.get(f"/alerts?{query}")

    assert answer.status_code == 400
    assert sentence in answer.text


@pytest.mark.parametrize("query", ["", "q=closed", "rule=bridges", "source=wire&severity=low"])
async def test_paging_leads_to_the_end_and_back(reader: httpx.AsyncClient, query: str) -> None:
    path: str | None = f"/alerts?{query}"
    pages: list[list[int]] = []
    last = ""
    while path:
        last, page = path, LexborHTMLParser((await reader.get(path)).text)
        pages.append(await listed(reader, path))
        older = page.css_first("a[rel=next]")
        path = older.attributes["href"] if older else None
    back = [pages[-1]]
    while newer := LexborHTMLParser((await reader.get(last)).text).css_first("a[rel=prev]"):
        last = newer.attributes["href"] or ""
        back.append(await listed(reader, last))

    assert len(pages) > 1
    found = [number for page_numbers in pages for number in page_numbers]
    assert found == sorted(set(found), reverse=True)
    assert back[::-1] == pages


async def test_the_form_keeps_what_was_chosen(reader: httpx.AsyncClient) -> None:
    page = LexborHTMLParser((await reader.get("/alerts?q=ferry&rule=floods&severity=low&answered=no&since=9d")).text)

    assert page.css_first("input[name=q]").attributes["value"] == "ferry"  # type: ignore[union-attr]
    assert page.css_first("input[name=since]").attributes["value"] == "9d"  # type: ignore[union-attr]
    chosen = [option.text() for option in page.css("option[selected]")]
    assert chosen == ["floods", "low", "Not answered"]
    assert page.css_matches("details[open]")


async def test_answers_are_shown_and_can_be_filtered(reader: httpx.AsyncClient, empty_store: Store) -> None:
    record_feedback(empty_store, Feedback("al-7", FeedbackKind.NOT_NEWS, NOW, "Ola"), 1e9)
    record_feedback(empty_store, Feedback("al-119", FeedbackKind.ACK, NOW, "web"), 1e9)
    badges = [node.text() for node in LexborHTMLParser((await reader.get("/alerts")).text).css(".answered")]

    assert badges == ["Seen"]
    assert await listed(reader, "/alerts?answered=yes") == [119, 7]
    assert await listed(reader, "/alerts?answered=not-news") == [7]
    assert await listed(reader, "/alerts?answered=ack") == [119]
    assert 119 not in await listed(reader, "/alerts?answered=no")


async def test_several_alerts_are_answered_at_once(reader: httpx.AsyncClient, empty_store: Store) -> None:
    form = {"alert:al-1": "on", "alert:al-3": "on", "answer": "not-news", "kept": "rule=bridges&next=//evil.example"}
    answer = await reader.post("/alerts/answers", data=form, headers=SAME_ORIGIN)

    assert (answer.status_code, answer.headers["location"]) == (303, "/alerts?rule=bridges&done=2")
    with empty_store.read() as conn:
        answers = feedback_by_alert(conn, ["al-1", "al-2", "al-3"])
    assert {id: one.kind for id, one in answers.items()} == dict.fromkeys(("al-1", "al-3"), FeedbackKind.NOT_NEWS)
    assert "2 alerts answered." in (await reader.get(answer.headers["location"])).text


@pytest.mark.parametrize(
    ("form", "status"),
    [({"answer": "ack"}, 400), ({"alert:al-1": "on"}, 400), ({"alert:al-1": "on", "answer": "maybe"}, 400)],
)
async def test_an_incomplete_answer_is_refused(reader: httpx.AsyncClient, form: dict[str, str], status: int) -> None:
    assert (await reader.post("/alerts/answers", data=form, headers=SAME_ORIGIN)).status_code == status


async def test_a_form_of_another_site_answers_nothing(reader: httpx.AsyncClient, empty_store: Store) -> None:
    form = {"alert:al-1": "on", "answer": "ack"}
    answer = await reader.post("/alerts/answers", data=form, headers={"origin": "https://evil.example"})

    assert answer.status_code == 403
    with empty_store.read() as conn:
        assert feedback_by_alert(conn, ["al-1"]) == {}


async def test_all_alerts_of_a_page_can_be_selected_and_answered(
    reader: httpx.AsyncClient, empty_store: Store
) -> None:
    page = LexborHTMLParser((await reader.get("/alerts?rule=bridges")).text)
    link = page.css_first(".bulk-bar a")
    assert link is not None
    selected = LexborHTMLParser((await reader.get(link.attributes["href"] or "")).text)
    boxes = selected.css("input[type=checkbox][checked]")
    form = {box.attributes["name"] or "": "on" for box in boxes} | {"answer": "ack", "kept": "rule=bridges"}
    answer = await reader.post("/alerts/answers", data=form, headers=SAME_ORIGIN)

    assert len(boxes) == 50
    assert answer.headers["location"] == "/alerts?rule=bridges&done=50"


async def test_unknown_and_damaged_ids_are_skipped(reader: httpx.AsyncClient) -> None:
    form = {"alert:al-1": "on", "alert:none": "on", "alert:../x": "on", "answer": "ack"}
    answer = await reader.post("/alerts/answers", data=form, headers=SAME_ORIGIN)

    assert answer.headers["location"] == "/alerts?done=1"


@pytest.mark.parametrize("name", ["rule", "story", "message"])
async def test_the_old_address_leads_to_the_list(reader: httpx.AsyncClient, name: str) -> None:
    answer = await reader.get(f"/?{name}=a+b%26c")

    assert (answer.status_code, answer.headers["location"]) == (302, f"/alerts?{name}=a+b%26c")
