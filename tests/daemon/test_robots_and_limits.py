"""Robots.txt, full text and polling intervals over several polls: states, notices and requests."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from kit.polled_site import FIRST_POLL_AT, PolledSite
from kit.raw_server import http_response

WORDS = ("bridge", "ferry", "harbour", "tunnel", "lighthouse", "railway", "airport", "market", "dam", "museum")


def article(*paragraph_texts: str) -> bytes:
    paragraphs = "".join(f"<p>{text}</p>" for text in paragraph_texts)
    body = f"<html><head><title>x</title></head><body><article><h1>Report</h1>{paragraphs}</article></body></html>"
    return http_response(body.encode(), content_type="text/html")


def feed(*items: str, **headers: str) -> bytes:
    return http_response(
        f"<rss version='2.0'><channel><title>T</title>{''.join(items)}</channel></rss>".encode(), **headers
    )


def item(key: str, title: str, link: str = "", at: float | None = None) -> str:
    date = f"<pubDate>{format_datetime(datetime.fromtimestamp(at, UTC))}</pubDate>" if at else ""
    return f"<item><guid isPermaLink='false'>{key}</guid><title>{title}</title><link>{link}</link>{date}</item>"


def report_lines(topic: str) -> list[str]:
    return [
        f"The {topic} of Halvik was inspected on Monday by engineers of the ministry of transport.",
        f"They found that around 3,000 people use the {topic} every day of the working week.",
        f"The {topic} will be closed for repairs in the second half of the year, the ministry said.",
    ]


async def test_a_page_that_robots_txt_disallows_is_blocked_but_a_feed_is_not(polled_site: PolledSite) -> None:
    polled_site.site.pages = {
        "/robots.txt": http_response(b"User-agent: *\nDisallow: /\n"),
        "/feed": feed(item("1", "Bridge open")),
    }
    assert (await polled_site.poll()).state == "ok"
    assert polled_site.site.requested_paths == ["/feed"]

    await polled_site.configure('kind = "page"', "/page")
    polled_site.site.pages["/page"] = article(*report_lines("bridge"))
    source_state = await polled_site.poll()
    error = f"the site's robots.txt disallows {polled_site.site.url_for('/page')}"
    assert (source_state.state, source_state.error_code, source_state.error) == ("blocked", "robots", error)
    assert "/page" not in polled_site.site.requested_paths


async def test_a_page_is_not_fetched_while_robots_txt_cannot_be_read(polled_site: PolledSite) -> None:
    await polled_site.configure('kind = "page"', "/page")
    polled_site.site.pages = {
        "/robots.txt": http_response(b"", "503 Busy"),
        "/page": article(*report_lines("bridge")),
    }
    source_state = await polled_site.poll()
    assert (source_state.state, source_state.error_code) == ("failing", "robots_unreadable")
    del polled_site.site.pages["/robots.txt"]
    await polled_site.configure('kind = "page"', "/page")
    assert (await polled_site.poll()).state == "ok"


async def test_an_article_is_fetched_once_for_each_version_of_its_item(polled_site: PolledSite) -> None:
    await polled_site.configure("full_text = true")
    link = polled_site.site.url_for("/bridge")
    polled_site.site.pages = {
        "/feed": feed(item("1", "Bridge inspected", link)),
        "/bridge": article(*report_lines("bridge")),
    }
    await polled_site.poll()
    polled_site.site.pages["/feed"] = feed(item("1", "Bridge inspected", link), "<ttl>1</ttl>")
    await polled_site.poll()
    assert polled_site.site.requested_paths.count("/bridge") == 1
    polled_site.site.pages["/feed"] = feed(item("1", "Bridge inspected again", link))
    await polled_site.poll()
    assert polled_site.site.requested_paths.count("/bridge") == 2
    assert all(report_lines("bridge")[1] in text for text in polled_site.stored_texts())


async def test_an_item_without_its_article_keeps_the_feed_text_and_causes_a_notice(
    polled_site: PolledSite,
) -> None:
    await polled_site.configure("full_text = true")
    link = polled_site.site.url_for("/bridge")
    text = "<description>The bridge was inspected.</description>"
    polled_site.site.pages = {"/feed": feed(item("1", "Bridge inspected", link).replace("</item>", f"{text}</item>"))}
    assert (await polled_site.poll()).state == "ok"

    assert polled_site.stored_texts() == ["The bridge was inspected."]
    (notice,) = polled_site.notice_texts
    assert notice.startswith("1 of 1 articles could not be read; the feed's text was used. First error: http://news.")
    assert "(HTTP 404)" in notice


@pytest.mark.parametrize("later_article", [None, article("For subscribers only.")])
async def test_an_article_that_disappears_keeps_its_stored_text(
    polled_site: PolledSite, later_article: bytes | None
) -> None:
    await polled_site.configure("full_text = true")
    link = polled_site.site.url_for("/bridge")
    text = "<description>{} people use the bridge, an inspection has found, more than ever before.</description>"
    items = [
        item("1", "Bridge inspected", link).replace("</item>", f"{text.format(n)}</item>") for n in (3000, 3100, 3200)
    ]
    polled_site.site.pages = {"/feed": feed(items[0]), "/bridge": article(*report_lines("bridge"))}
    await polled_site.poll()
    for edited in items[1:]:
        polled_site.site.pages = {"/feed": feed(edited)} | ({"/bridge": later_article} if later_article else {})
        await polled_site.poll()

    first, second, third = polled_site.stored_texts()
    assert [text.count(report_lines("bridge")[1]) for text in (first, second, third)] == [1, 1, 1]
    assert "3100 people" in second
    assert "3200 people" in third
    assert "3100 people" not in third


async def test_an_item_that_never_had_an_article_has_the_current_feed_text(polled_site: PolledSite) -> None:
    await polled_site.configure("full_text = true")
    for count in (3000, 3100):
        text = f"<description>{count} people use the bridge.</description>"
        edited = item("1", "Bridge inspected", polled_site.site.url_for("/gone")).replace("</item>", f"{text}</item>")
        polled_site.site.pages = {"/feed": feed(edited)}
        await polled_site.poll()

    assert polled_site.stored_texts() == ["3000 people use the bridge.", "3100 people use the bridge."]


def feed_window(first: int, count: int = 4) -> bytes:
    """Return a feed with `count` items of a long sequence, one minute apart, from number `first`."""
    numbers = range(first + count - 1, first - 1, -1)
    return feed(
        *(
            item(str(n), f"The {WORDS[n % 10]} of Halvik reports case {n}", at=FIRST_POLL_AT - 90000 + 60 * n)
            for n in numbers
        )
    )


async def test_a_feed_that_rolled_over_between_polls_causes_a_notice_and_is_polled_more_often(
    polled_site: PolledSite,
) -> None:
    polled_site.site.pages["/feed"] = feed_window(0)
    source_state = await polled_site.poll()
    assert source_state.adaptive_interval == 600
    polled_site.site.pages["/feed"] = feed_window(3)
    assert (await polled_site.poll()).adaptive_interval == 600
    assert polled_site.notice_texts == []

    polled_site.site.pages["/feed"] = feed_window(20)
    polled_at = polled_site.now
    source_state = await polled_site.poll()
    assert source_state.adaptive_interval == 300
    assert source_state.next_poll - polled_at <= 300
    assert len([text for text in polled_site.notice_texts if "so some were missed in between" in text]) == 1
    polled_site.site.pages["/feed"] = feed_window(22)
    for _ in range(6):
        source_state = await polled_site.poll()
    assert source_state.adaptive_interval == 600


async def test_a_source_without_news_is_polled_less_often_until_it_has_some(polled_site: PolledSite) -> None:
    await polled_site.configure('slowest = "1h"')
    polled_site.site.pages["/feed"] = feed_window(0)
    intervals = [(await polled_site.poll()).adaptive_interval for _ in range(12)]
    assert intervals[0] == 600
    assert intervals[-1] == 3600
    polled_site.site.pages["/feed"] = feed_window(1)
    assert (await polled_site.poll()).adaptive_interval == 1800
