"""What politeness and full text come to over several polls: states, notices, what is asked for and when."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from kit.polled_site import FIRST_POLL_AT, PolledSite
from kit.raw_server import http_response
from kit.site_server import SiteServer

WORDS = ("bridge", "ferry", "harbour", "tunnel", "lighthouse", "railway", "airport", "market", "dam", "museum")


def article(*lines: str) -> bytes:
    said = "".join(f"<p>{line}</p>" for line in lines)
    body = f"<html><head><title>x</title></head><body><article><h1>Report</h1>{said}</article></body></html>"
    return http_response(body.encode(), content_type="text/html")


def feed(*items: str, **headers: str) -> bytes:
    return http_response(
        f"<rss version='2.0'><channel><title>T</title>{''.join(items)}</channel></rss>".encode(), **headers
    )


def item(key: str, title: str, link: str = "", at: float | None = None) -> str:
    date = f"<pubDate>{format_datetime(datetime.fromtimestamp(at, UTC))}</pubDate>" if at else ""
    return f"<item><guid isPermaLink='false'>{key}</guid><title>{title}</title><link>{link}</link>{date}</item>"


def lines(about: str) -> list[str]:
    return [
        f"The {about} of Halvik was inspected on Monday by engineers of the ministry of transport.",
        f"They found that around 3,000 people use the {about} every day of the working week.",
        f"The {about} will be closed for repairs in the second half of the year, the ministry said.",
    ]


@pytest.fixture
async def paper(tmp_path: Path) -> AsyncIterator[PolledSite]:
    async with SiteServer({}) as site:
        paper = PolledSite(tmp_path, site)
        await paper.configure()
        yield paper
        await paper.exit_stack.aclose()


async def test_a_page_that_robots_txt_forbids_is_blocked_and_feeds_are_exempt(paper: PolledSite) -> None:
    paper.site.pages = {
        "/robots.txt": http_response(b"User-agent: *\nDisallow: /\n"),
        "/feed": feed(item("1", "Bridge open")),
    }
    assert (await paper.poll()).state == "ok"
    assert paper.site.requested_paths == ["/feed"]

    await paper.configure('kind = "page"', "/page")
    paper.site.pages["/page"] = article(*lines("bridge"))
    row = await paper.poll()
    said = f"the site's robots.txt asks programs not to fetch {paper.site.url_for('/page')}"
    assert (row.state, row.error_code, row.error) == ("blocked", "robots", said)
    assert "/page" not in paper.site.requested_paths


async def test_a_page_waits_while_robots_txt_cannot_be_read(paper: PolledSite) -> None:
    await paper.configure('kind = "page"', "/page")
    paper.site.pages = {"/robots.txt": http_response(b"", "503 Busy"), "/page": article(*lines("bridge"))}
    row = await paper.poll()
    assert (row.state, row.error_code) == ("failing", "robots_unreadable")
    del paper.site.pages["/robots.txt"]
    await paper.configure('kind = "page"', "/page")
    assert (await paper.poll()).state == "ok"


async def test_an_article_is_stored_for_its_item_and_asked_for_once_for_each_version(paper: PolledSite) -> None:
    await paper.configure("full_text = true")
    link = paper.site.url_for("/bridge")
    paper.site.pages = {"/feed": feed(item("1", "Bridge inspected", link)), "/bridge": article(*lines("bridge"))}
    await paper.poll()
    paper.site.pages["/feed"] = feed(item("1", "Bridge inspected", link), "<ttl>1</ttl>")
    await paper.poll()
    assert paper.site.requested_paths.count("/bridge") == 1
    paper.site.pages["/feed"] = feed(item("1", "Bridge inspected again", link))
    await paper.poll()
    assert paper.site.requested_paths.count("/bridge") == 2
    assert all(lines("bridge")[1] in text for text in paper.stored_texts())


async def test_without_its_article_an_item_says_what_the_feed_says_and_the_operator_is_told(
    paper: PolledSite,
) -> None:
    await paper.configure("full_text = true")
    link = paper.site.url_for("/bridge")
    text = "<description>The bridge was inspected.</description>"
    paper.site.pages = {"/feed": feed(item("1", "Bridge inspected", link).replace("</item>", f"{text}</item>"))}
    assert (await paper.poll()).state == "ok"

    assert paper.stored_texts() == ["The bridge was inspected."]
    (said,) = paper.notice_texts
    assert said.startswith(
        "1 of 1 articles could not be read; the feed's own text was taken. The first: http://news."
    )
    assert "(HTTP 404)" in said


@pytest.mark.parametrize("now", [None, article("For subscribers only.")])
async def test_an_article_that_is_gone_withdraws_nothing_of_what_it_said(
    paper: PolledSite, now: bytes | None
) -> None:
    await paper.configure("full_text = true")
    link = paper.site.url_for("/bridge")
    text = "<description>{} people use the bridge, an inspection has found, more than ever before.</description>"
    items = [
        item("1", "Bridge inspected", link).replace("</item>", f"{text.format(n)}</item>") for n in (3000, 3100, 3200)
    ]
    paper.site.pages = {"/feed": feed(items[0]), "/bridge": article(*lines("bridge"))}
    await paper.poll()
    for edited in items[1:]:
        paper.site.pages = {"/feed": feed(edited)} | ({"/bridge": now} if now else {})
        await paper.poll()

    first, second, third = paper.stored_texts()
    assert first.count(lines("bridge")[1]) == second.count(lines("bridge")[1]) == third.count(lines("bridge")[1]) == 1
    assert "3100 people" in second
    assert "3200 people" in third
    assert "3100 people" not in third


async def test_an_item_that_never_had_an_article_is_what_the_feed_says_now(paper: PolledSite) -> None:
    await paper.configure("full_text = true")
    for count in (3000, 3100):
        text = f"<description>{count} people use the bridge.</description>"
        edited = item("1", "Bridge inspected", paper.site.url_for("/gone")).replace("</item>", f"{text}</item>")
        paper.site.pages = {"/feed": feed(edited)}
        await paper.poll()

    assert paper.stored_texts() == ["3000 people use the bridge.", "3100 people use the bridge."]


def window(first: int, count: int = 4) -> bytes:
    """A feed of the newest of many items that come a minute apart."""
    numbers = range(first + count - 1, first - 1, -1)
    return feed(
        *(
            item(str(n), f"The {WORDS[n % 10]} of Halvik reports case {n}", at=FIRST_POLL_AT - 90000 + 60 * n)
            for n in numbers
        )
    )


async def test_a_feed_that_moved_on_between_two_polls_is_told_of_and_looked_at_more_often(paper: PolledSite) -> None:
    paper.site.pages["/feed"] = window(0)
    row = await paper.poll()
    assert row.adaptive_interval == 600
    paper.site.pages["/feed"] = window(3)
    assert (await paper.poll()).adaptive_interval == 600
    assert paper.notice_texts == []

    paper.site.pages["/feed"] = window(20)
    began = paper.now
    row = await paper.poll()
    assert row.adaptive_interval == 300
    assert row.next_poll - began <= 300
    assert len([said for said in paper.notice_texts if "entries were surely missed" in said]) == 1
    paper.site.pages["/feed"] = window(22)
    for _ in range(6):
        row = await paper.poll()
    assert row.adaptive_interval == 600


async def test_a_source_that_brings_nothing_is_looked_at_less_often_until_it_does(paper: PolledSite) -> None:
    await paper.configure('slowest = "1h"')
    paper.site.pages["/feed"] = window(0)
    paces = [(await paper.poll()).adaptive_interval for _ in range(12)]
    assert paces[0] == 600
    assert paces[-1] == 3600
    paper.site.pages["/feed"] = window(1)
    assert (await paper.poll()).adaptive_interval == 1800
