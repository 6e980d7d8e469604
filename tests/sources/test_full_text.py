"""The article behind a short item: what is taken of its page, and what happens when it cannot be had."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from kit.raw_server import http_response, redirect
from kit.site_server import SiteServer, site_fetcher
from pydantic import SecretStr

from monitor.config.models import SourceConfig
from monitor.errors import ParseError
from monitor.model import Entry
from monitor.net.robots import Robots
from monitor.sources.full_text import ARTICLES_DEADLINE_S, ArticleResults, fetch_articles
from monitor.sources.parse.article import parse_article
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.pool import ParserPool
from monitor.sources.parse.sanitize import html_to_line

STORY = (
    "The bridge over the Halvik narrows opened to traffic on Monday after three years of work.",
    "The ministry of transport said that around 3,000 workers had taken part in building it.",
    "Ferries across the narrows will run until the end of the month and then stop for good.",
)
ARTICLE = (
    "<html><head><title>Bridge opens</title></head><body><nav><a href='/'>Home</a> <a href='/sport'>Sport</a></nav>"
    "<article><h1>Bridge opens</h1>" + "".join(f"<p>{line}</p>" for line in STORY) + "</article>"
    "<aside>Most read this week</aside><footer>All rights reserved</footer></body></html>"
)
LOGIN = "<html><title>Log in</title><body><p>Please enter your name and your password to go on reading the paper.</p>"
LOGIN += "<form><input type=password></form></body></html>"
READING = ParseOptions("article")


def read(body: str | bytes, content_type: str = "text/html") -> str:
    (entry,) = parse_article(body.encode() if isinstance(body, str) else body, content_type, "", READING).entries
    return entry.body


def html(body: str) -> bytes:
    return http_response(body.encode(), content_type="text/html; charset=utf-8")


def test_an_article_is_its_text_without_what_frames_it() -> None:
    said = html_to_line(read(ARTICLE))

    assert all(line in said for line in STORY)
    assert not any(word in said for word in ("Sport", "Most read", "rights"))


def test_its_charset_is_believed() -> None:
    body = ARTICLE.replace("Halvik", "Гальвік").encode("cp1251")
    assert "Гальвік" in read(body, "text/html; charset=windows-1251")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"  ", "empty_body"),
        (b"%PDF-1.7 ...", "not_the_page"),
        (LOGIN.encode(), "not_the_page"),
        (b"<html><body></body></html>", "not_the_page"),
        (b"<div>" * 5000, "not_the_page"),
    ],
)
def test_what_is_no_article_is_told(body: bytes, code: str) -> None:
    with pytest.raises(ParseError) as raised:
        read(body)
    assert raised.value.code == code


@pytest.fixture(scope="module")
def parser() -> Iterator[ParserPool]:
    opened = ParserPool(workers=2, deadline=3.0)
    yield opened
    opened.close()


def short(url: str, key: str = "e1", body: str = "The bridge opens.") -> Entry:
    return Entry(key, "Bridge opens", url, body)


async def followed(
    parser: ParserPool, pages: dict[str, bytes], *paths: str, body: str = "The bridge opens."
) -> ArticleResults:
    """The articles at some paths of a site."""
    async with SiteServer(pages) as site, site_fetcher() as fetcher:
        source = SourceConfig(name="wire", url=site.url_for("/feed"), full_text=True)
        entries = [short(site.url_for(path), path, body) for path in paths]
        return await fetch_articles(Robots(fetcher, "Claimwatch/test"), parser, source, entries)


async def test_an_entry_gets_its_article_and_keeps_what_the_feed_says(parser: ParserPool) -> None:
    (entry,) = (await followed(parser, {"/bridge": html(ARTICLE)}, "/bridge")).fetched

    assert entry.body == "The bridge opens."
    assert STORY[1] in html_to_line(entry.article)


async def test_an_article_that_says_less_than_the_feed_is_not_taken(parser: ParserPool) -> None:
    (entry,) = (
        await followed(parser, {"/bridge": html(ARTICLE)}, "/bridge", body="The bridge opens. " * 100)
    ).fetched

    assert entry.article == ""


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (http_response(b"", "404 x"), "has nothing at this address"),
        (html(LOGIN), "login, captcha or error page"),
        (http_response(b"\x89PNG....", content_type="image/png"), "no text"),
        (redirect("http://169.254.169.254/latest/meta-data"), "not public"),
        (redirect("file:///etc/passwd"), "not http"),
    ],
)
async def test_what_cannot_be_had_is_told_and_the_others_come(
    parser: ParserPool, answer: bytes, sentence: str
) -> None:
    found = await followed(parser, {"/a": answer, "/b": html(ARTICLE)}, "/a", "/b")

    ((entry, said),) = found.failed
    assert entry.key == "/a"
    assert sentence in said
    assert [entry.key for entry in found.fetched] == ["/b"]


async def test_what_the_site_forbids_is_not_asked_for(parser: ParserPool) -> None:
    rules = http_response(b"User-agent: *\nDisallow: /bridge\n")
    ((_, said),) = (await followed(parser, {"/robots.txt": rules, "/bridge": html(ARTICLE)}, "/bridge")).failed

    assert "robots.txt" in said


async def test_links_to_private_networks_are_refused_before_anything_is_dialled(parser: ParserPool) -> None:
    async with site_fetcher() as fetcher:
        source = SourceConfig(name="wire", url="https://news.example/feed", full_text=True)
        places = ["http://10.0.0.1/", "http://[::ffff:169.254.169.254]/", "http://100.100.100.200/x"]
        found = await fetch_articles(Robots(fetcher, "t"), parser, source, [short(url, url) for url in places])

    assert len(found.failed) == len(places)
    assert all("not public" in said for _, said in found.failed)


async def test_the_sources_own_headers_go_to_its_own_site_only(parser: ParserPool) -> None:
    pages = {"/bridge": html(ARTICLE)}
    async with SiteServer(pages) as own, SiteServer(pages) as other, site_fetcher() as fetcher:
        headers = {"X-Key": SecretStr("KEY")}
        source = SourceConfig(name="wire", url=own.url_for("/feed"), headers=headers, full_text=True)
        entries = [short(own.url_for("/bridge"), "a"), short(other.url_for("/bridge"), "b")]
        assert len((await fetch_articles(Robots(fetcher, "t"), parser, source, entries)).fetched) == 2

    assert [asked.headers.get("x-key") for asked in own.received_requests if asked.target == "/bridge"] == ["KEY"]
    assert not [asked for asked in other.received_requests if "x-key" in asked.headers]


async def test_a_link_to_the_source_itself_is_not_followed(parser: ParserPool) -> None:
    async with SiteServer({}) as site, site_fetcher() as fetcher:
        source = SourceConfig(name="wire", url=site.url_for("/feed"), full_text=True)
        entries = [short(site.url_for("/feed#e1")), short("", "e2")]
        assert (await fetch_articles(Robots(fetcher, "t"), parser, source, entries)).fetched == tuple(entries)
        assert site.requested_paths == []


async def test_what_takes_too_long_is_left_for_the_next_poll(parser: ParserPool) -> None:
    times = iter([0.0, 0.0, ARTICLES_DEADLINE_S + 1, ARTICLES_DEADLINE_S + 1])
    async with SiteServer({"/a": html(ARTICLE), "/b": html(ARTICLE)}) as site, site_fetcher() as fetcher:
        source = SourceConfig(name="wire", url=site.url_for("/feed"), full_text=True)
        entries = [short(site.url_for("/a"), "a"), short(site.url_for("/b"), "b")]
        found = await fetch_articles(Robots(fetcher, "t"), parser, source, entries, lambda: next(times))

    assert ([one.key for one in found.fetched], [one.key for one in found.unreached]) == (["a"], ["b"])


async def test_a_hostile_page_is_killed_alone(parser: ParserPool) -> None:
    page = "<html><body>" + "<div><p>x" * 200_000
    found, good = await asyncio.gather(
        followed(parser, {"/a": html(page)}, "/a"), followed(parser, {"/b": html(ARTICLE)}, "/b")
    )
    assert len(found.failed) + len(found.fetched) == 1
    assert len(good.fetched) == 1
