"""The Atom feed of alerts."""

from __future__ import annotations

import io
import logging

import feedparser
import httpx
import pytest
import structlog
from kit.builders import add_sources, commit_texts, sent_decision
from kit.delivery import make_alert, make_alert_finding
from kit.web_access import PASSWORD, TOKEN, log_in, visitor_client

from monitor import log
from monitor.store.base import Store
from monitor.web.access import Access

SCRIPT = "</title><script>alert(1)</script> & \x01\u202e\"'"


async def test_the_feed_has_the_alerts_with_links_and_stable_ids(page_reader: httpx.AsyncClient) -> None:
    answer = await page_reader.get("/feed.atom")
    alerts = (await page_reader.get("/api/v1/alerts")).json()["alerts"]
    feed = feedparser.parse(answer.content)

    assert answer.headers["content-type"] == "application/atom+xml"
    assert (feed.bozo, feed.version) == (False, "atom10")
    assert [entry.id for entry in feed.entries] == [f"urn:claimwatch:alert:{alert['id']}" for alert in alerts]
    assert [entry.link for entry in feed.entries] == [f"http://localhost:8080/alerts/{a['id']}" for a in alerts]
    assert [entry.title for entry in feed.entries] == [alert["headline"] for alert in alerts]
    assert feed.feed.updated == max(alert["at"] for alert in alerts)
    assert "Up to 12,000 North Korean soldiers" in feed.entries[0].summary
    assert (await page_reader.get(feed.entries[0].link)).status_code == 200


async def test_the_feed_is_filtered_and_an_unknown_parameter_is_400(page_reader: httpx.AsyncClient) -> None:
    alerts = (await page_reader.get("/api/v1/alerts?rule=dprk-deployment")).json()["alerts"]
    by_rule = feedparser.parse((await page_reader.get("/feed.atom?rule=dprk-deployment")).content)
    low = feedparser.parse((await page_reader.get("/feed.atom?severity=info&rule=nobody")).content)

    assert len(by_rule.entries) == len(alerts)
    assert by_rule.feed.id == "http://localhost:8080/feed.atom?rule=dprk-deployment"
    assert (low.bozo, low.entries, low.feed.updated) == (False, [], "1970-01-01T00:00:00Z")
    assert (await page_reader.get("/feed.atom?rules=x")).status_code == 400


@pytest.mark.parametrize("sent", ["{}", "W/{}", '"x", {}', "*"])
async def test_an_unchanged_feed_is_304(page_reader: httpx.AsyncClient, sent: str) -> None:
    first = await page_reader.get("/feed.atom")
    again = await page_reader.get("/feed.atom", headers={"if-none-match": sent.format(first.headers["etag"])})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = await page_reader.get("/feed.atom?rule=nobody", headers={"if-none-match": first.headers["etag"]})
    assert other.status_code == 200


async def test_hostile_text_stays_text(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    alert = make_alert(make_alert_finding(SCRIPT, source=SCRIPT), rule=SCRIPT, title=SCRIPT)
    commit_texts(empty_store, [SCRIPT], decisions=[sent_decision(alert)])
    async with visitor_client(empty_store, Access()) as client:
        answer = await client.get("/feed.atom")

    assert b"<script" not in answer.content
    feed = feedparser.parse(answer.content, sanitize_html=False)
    assert feed.bozo is False
    assert len(feed.entries) == 1


async def test_a_feed_reader_sends_its_token_in_the_address(sample_news_store: Store) -> None:
    async with visitor_client(sample_news_store, Access(password=PASSWORD, tokens=(TOKEN,))) as client:
        statuses = [
            (await client.get(path)).status_code
            for path in ("/feed.atom", "/feed.atom?token=x", "/feed.atom?token=", f"/feed.atom?token={TOKEN}")
        ]
        with_token = await client.get(f"/feed.atom?token={TOKEN}&rule=dprk-deployment")
        await log_in(client)
        statuses.append((await client.get("/feed.atom")).status_code)

    assert statuses == [401, 401, 401, 200, 200]
    assert TOKEN not in with_token.text


def test_a_token_in_an_address_is_never_logged() -> None:
    root, stream = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level
    log.configure_logging("json", stream=stream)
    logging.getLogger("library").warning("GET /feed.atom?rule=x&token=%s HTTP/1.1", "se-cret.%41")
    logging.getLogger("library").warning("GET /feed.atom?token=%s&rule=x", "se-cret.%41")
    root.handlers[:], root.level = before
    structlog.reset_defaults()

    assert "cret" not in stream.getvalue()
    assert stream.getvalue().count("rule=x") == 2
