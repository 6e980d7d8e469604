"""The overview: checks, the chart of the last days, sources in trouble, noise, and first polls."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
from kit.builders import add_sources, commit_texts, example_alert, example_message, sent_decision
from kit.page_reading import text_of
from kit.sample_store import KYIV, NOW, page_client
from selectolax.lexbor import LexborHTMLParser

from monitor.actions import record_feedback
from monitor.alerts.feedback import Feedback, FeedbackKind
from monitor.model import Severity
from monitor.sources.state import PollResult
from monitor.store import outbox
from monitor.store.base import Store
from monitor.store.rule_state import mark_rules_refused
from monitor.store.sources import record_polls
from monitor.web.endpoint import Site
from monitor.web.overview import overview_checks

GOOD_POLL = PollResult(NOW - 60, "ok", None, None, 0, NOW + 900, None, None, None, True)


async def read(store: Store, path: str = "/") -> LexborHTMLParser:
    async with page_client(store) as reader:
        answer = await reader.get(path)
    assert answer.status_code == 200, answer.text
    return LexborHTMLParser(answer.text)


def states(store: Store) -> dict[str, tuple[str, str]]:
    checks = overview_checks(Site(store, KYIV, lambda: NOW))
    return {check.name: (check.state, check.text) for check in checks}


async def test_an_empty_store_says_what_to_do_next(empty_store: Store) -> None:
    main = text_of((await read(empty_store)).css_first("main"))

    assert "monitor sources add" in main
    assert "There are no alerts yet" in main
    assert "No answers in the last 30 days" in main


def test_all_checks_are_ok_with_a_source_that_was_polled(empty_store: Store) -> None:
    add_sources(empty_store, "wire", now=NOW)
    with empty_store.write() as conn:
        record_polls(conn, {"wire": GOOD_POLL})

    assert states(empty_store) == {
        "Polling": ("ok", "Last poll 1 min ago"),
        "Delivery": ("ok", "Nothing was delivered yet"),
        "Dead letters": ("ok", "None"),
        "Rules": ("ok", "In use as on disk"),
    }


def test_a_late_poll_a_waiting_message_a_dead_letter_and_rejected_rules_are_reported(empty_store: Store) -> None:
    add_sources(empty_store, "wire", now=NOW)
    alerts = [example_alert(f"al-{n}", f"News {n}.") for n in range(2)]
    messages = [example_message(f"m{n}", alert, created=NOW - 1200) for n, alert in enumerate(alerts)]
    commit_texts(empty_store, ["News."], decisions=[sent_decision(alert) for alert in alerts], messages=messages)
    with empty_store.write() as conn:
        record_polls(conn, {"wire": replace(GOOD_POLL, polled_at=NOW - 7200, next_poll=NOW - 6300)})
        outbox.mark_dead(conn, "m0", "the server refuses it", NOW)
        mark_rules_refused(conn, ["rules/a.yaml:1:1: unknown key"], NOW - 600)

    assert states(empty_store) == {
        "Polling": ("bad", "Last poll 2 h ago"),
        "Delivery": ("warn", "Nothing was delivered yet"),
        "Dead letters": ("bad", "1 not delivered"),
        "Rules": ("bad", "Rejected 10 min ago"),
    }


async def test_failing_checks_of_the_daemon_are_shown_with_their_reasons(empty_store: Store) -> None:
    checks = {
        "store": {"status": "failing", "since": None, "reason": "the disk is full <b>"},
        "poll": {"status": "ok", "since": None, "reason": "a remark"},
        "deliver": {"status": "failing", "since": None, "reason": None},
    }
    async with page_client(empty_store, health=lambda: {"status": "failing", "checks": checks}) as reader:
        page = LexborHTMLParser((await reader.get("/")).text)

    assert [text_of(row) for row in page.css(".fault li")] == ["store: the disk is full <b>", "deliver: fails"]
    assert page.css(".fault li b b") == []


async def test_a_working_daemon_and_none_show_no_failure(empty_store: Store) -> None:
    body = {"status": "ok", "checks": {"store": {"status": "ok", "since": None, "reason": None}}}
    async with page_client(empty_store, health=lambda: body) as reader:
        assert "daemon reports failures" not in (await reader.get("/")).text
    assert (await read(empty_store)).css(".fault") == []


async def test_a_link_in_a_message_leads_to_its_alert_in_one_step(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    alerts = [example_alert(f"al-{n}", f"News {n}.") for n in range(3)]
    messages = [example_message("m1", alerts[0]), example_message("m2", *alerts[1:])]
    commit_texts(empty_store, ["News."], decisions=[sent_decision(alert) for alert in alerts], messages=messages)
    async with page_client(empty_store, "/monitor") as reader:
        answers = [await reader.get(f"/monitor/?message={message}") for message in ("m1", "m2", "gone")]
        pages = [await reader.get(answer.headers["location"]) for answer in answers]

    assert [answer.headers["location"] for answer in answers] == [
        "/monitor/alerts/al-0",
        "/monitor/alerts?message=m2",
        "/monitor/alerts?message=gone",
    ]
    assert [page.status_code for page in pages] == [200, 200, 200]


async def test_the_chart_counts_the_days_of_the_time_zone(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    midnight = NOW - 20.5 * 3600  # 16 December in Kyiv begins
    for n, at in enumerate([midnight - 1, midnight, midnight + 1, NOW - 13.9 * 86400]):
        alert = example_alert(f"al-{n}", f"News {n}.", at=at, severity=Severity.HIGH if n == 2 else Severity.LOW)
        commit_texts(empty_store, [f"News {n}."], entry=f"e{n}", decisions=[sent_decision(alert)])
    page = await read(empty_store)
    bars = page.css("svg.bars a")

    labels = [bar.attributes["aria-label"] for bar in bars]
    assert len(bars) == 14
    assert labels[-2:] == ["1 alert on Tue 15 Dec", "2 alerts on Wed 16 Dec"]
    assert labels[0] == "0 alerts on Thu 3 Dec"
    assert [part.attributes["class"] for part in bars[-1].css("rect.part")] == ["part high", "part low"]
    assert text_of(page.css_first("h2 .of")) == "2 today 1 high 1 low"
    async with page_client(empty_store) as reader:
        day = LexborHTMLParser((await reader.get(bars[-2].attributes["href"] or "")).text)
    assert [text_of(claim) for claim in day.css(".claim")] == ["News 0."]


async def test_sources_in_trouble_and_noisy_rules_are_listed(
    editable_store: Store, page_editor: httpx.AsyncClient
) -> None:
    alerts = (await page_editor.get("/api/v1/alerts")).json()["alerts"]
    record_feedback(editable_store, Feedback(alerts[0]["id"], FeedbackKind.NOT_NEWS, NOW, "web"), 1e9)
    record_feedback(editable_store, Feedback(alerts[2]["id"], FeedbackKind.ACK, NOW, "web"), 1e9)
    page = await read(editable_store)

    assert text_of(page.css_first(".plain li")).startswith(
        "food-agency failing since 9 h ago the server answered 503"
    )
    rows = [text_of(row) for row in page.css("table.noise tbody tr")]
    assert rows[0] == "dprk-deployment100 % 100 % 1 of 1"
    assert len(rows) == 2
    assert "3 of 4 sources were polled for the first time" in text_of(page.css_first(".first-polls"))


async def test_counts_are_cached_and_the_page_says_so(editable_store: Store) -> None:
    before = await read(editable_store)
    add_sources(editable_store, "wire")
    commit_texts(editable_store, ["A"], decisions=[sent_decision(example_alert("al-x", at=NOW))])
    after = await read(editable_store)

    assert [text_of(page.css_first("h2 .of")) for page in (before, after)] == [
        text_of(before.css_first("h2 .of"))
    ] * 2
    assert "up to a minute old" in text_of(after.css_first("main"))
    assert len(after.css("ol.compact li")) == 8
    assert text_of(after.css_first("ol.compact a")) == "Three bridges are closed"  # the list is not cached


async def test_the_current_page_is_marked_in_the_navigation(page_reader: httpx.AsyncClient) -> None:
    links = re.findall(r'<a href="([^"]+)" aria-current="page">', (await page_reader.get("/coverage")).text)

    assert links == ["/coverage"]
