"""Articles of feed entries: what is extracted from the page, and what happens if the article cannot be read."""

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

pytestmark = pytest.mark.slow

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
OPTIONS = ParseOptions("article")


def parse_body(body: str | bytes, content_type: str = "text/html") -> str:
    (entry,) = parse_article(body.encode() if isinstance(body, str) else body, content_type, "", OPTIONS).entries
    return entry.body


def html_answer(body: str) -> bytes:
    return http_response(body.encode(), content_type="text/html; charset=utf-8")


def test_an_article_has_its_text_without_navigation_and_footer() -> None:
    text = html_to_line(parse_body(ARTICLE))

    assert all(line in text for line in STORY)
    assert not any(word in text for word in ("Sport", "Most read", "rights"))


def test_the_declared_charset_of_an_article_is_used() -> None:
    body = ARTICLE.replace("Halvik", "Гальвік").encode("cp1251")
    assert "Гальвік" in parse_body(body, "text/html; charset=windows-1251")


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
def test_a_body_without_an_article_is_an_error(body: bytes, code: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse_body(body)
    assert raised.value.code == code


@pytest.fixture(scope="module")
def parser() -> Iterator[ParserPool]:
    pool = ParserPool(workers=2, deadline=3.0)
    yield pool
    pool.close()


def short_entry(url: str, key: str = "e1", body: str = "The bridge opens.") -> Entry:
    return Entry(key, "Bridge opens", url, body)


async def fetched_articles(
    parser: ParserPool, pages: dict[str, bytes], *paths: str, body: str = "The bridge opens."
) -> ArticleResults:
    """Fetch the articles at some paths of a site."""
    async with SiteServer(pages) as site, site_fetcher() as fetcher:
        source = SourceConfig(name="wire", url=site.url_for("/feed"), full_text=True)
        entries = [short_entry(site.url_for(path), path, body) for path in paths]
        return await fetch_articles(Robots(fetcher, "Claimwatch/test"), parser, source, entries)


async def test_an_entry_gets_its_article_and_keeps_the_text_of_the_feed(parser: ParserPool) -> None:
    (entry,) = (await fetched_articles(parser, {"/bridge": html_answer(ARTICLE)}, "/bridge")).fetched

    assert entry.body == "The bridge opens."
    assert STORY[1] in html_to_line(entry.article)


async def test_an_article_shorter_than_the_text_of_the_feed_is_ignored(parser: ParserPool) -> None:
    pages = {"/bridge": html_answer(ARTICLE)}
    (entry,) = (await fetched_articles(parser, pages, "/bridge", body="The bridge opens. " * 100)).fetched

    assert entry.article == ""


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (http_response(b"", "404 x"), "was not found"),
        (html_answer(LOGIN), "a login page was served"),
        (http_response(b"\x89PNG....", content_type="image/png"), "binary file"),
        (redirect("http://169.254.169.254/latest/meta-data"), "not public"),
        (redirect("file:///etc/passwd"), "not an http or https URL"),
    ],
)
async def test_a_failed_article_is_reported_and_the_others_are_fetched(
    parser: ParserPool, answer: bytes, sentence: str
) -> None:
    results = await fetched_articles(parser, {"/a": answer, "/b": html_answer(ARTICLE)}, "/a", "/b")

    ((entry, error),) = results.failed
    assert entry.key == "/a"
    assert sentence in error
    assert [entry.key for entry in results.fetched] == ["/b"]


async def test_an_article_disallowed_by_robots_txt_is_not_fetched(parser: ParserPool) -> None:
    rules = http_response(b"User-agent: *\nDisallow: /bridge\n")
    pages = {"/robots.txt": rules, "/bridge": html_answer(ARTICLE)}
    ((_, error),) = (await fetched_articles(parser, pages, "/bridge")).failed

    assert "robots.txt" in error


async def test_links_to_private_networks_are_blocked(parser: ParserPool) -> None:
    async with site_fetcher() as fetcher:
        source = SourceConfig(name="wire", url="https://news.example/feed", full_text=True)
        private_urls = ["http://10.0.0.1/", "http://[::ffff:169.254.169.254]/", "http://100.100.100.200/x"]
        entries = [short_entry(url, url) for url in private_urls]
        results = await fetch_articles(Robots(fetcher, "t"), parser, source, entries)

    assert len(results.failed) == len(private_urls)
    assert all("not public" in error for _, error in results.failed)


async def test_the_headers_of_a_source_are_sent_only_to_its_own_origin(parser: ParserPool) -> None:
    pages = {"/bridge": html_answer(ARTICLE)}
    async with SiteServer(pages) as own, SiteServer(pages) as other, site_fetcher() as fetcher:
        headers = {"X-Key": SecretStr("KEY")}
        source = SourceConfig(name="wire", url=own.url_for("/feed"), headers=headers, full_text=True)
        entries = [short_entry(own.url_for("/bridge"), "a"), short_entry(other.url_for("/bridge"), "b")]
        assert len((await fetch_articles(Robots(fetcher, "t"), parser, source, entries)).fetched) == 2

    article_requests = [received for received in own.received_requests if received.target == "/bridge"]
    assert [received.headers.get("x-key") for received in article_requests] == ["KEY"]
    assert not [received for received in other.received_requests if "x-key" in received.headers]


async def test_a_link_to_the_source_url_is_not_fetched(parser: ParserPool) -> None:
    async with SiteServer({}) as site, site_fetcher() as fetcher:
        source = SourceConfig(name="wire", url=site.url_for("/feed"), full_text=True)
        entries = [short_entry(site.url_for("/feed#e1")), short_entry("", "e2")]
        assert (await fetch_articles(Robots(fetcher, "t"), parser, source, entries)).fetched == tuple(entries)
        assert site.requested_paths == []


async def test_articles_after_the_deadline_are_left_for_the_next_poll(parser: ParserPool) -> None:
    times = iter([0.0, 0.0, ARTICLES_DEADLINE_S + 1, ARTICLES_DEADLINE_S + 1])
    pages = {"/a": html_answer(ARTICLE), "/b": html_answer(ARTICLE)}
    async with SiteServer(pages) as site, site_fetcher() as fetcher:
        source = SourceConfig(name="wire", url=site.url_for("/feed"), full_text=True)
        entries = [short_entry(site.url_for("/a"), "a"), short_entry(site.url_for("/b"), "b")]
        results = await fetch_articles(Robots(fetcher, "t"), parser, source, entries, lambda: next(times))

    assert [entry.key for entry in results.fetched] == ["a"]
    assert [entry.key for entry in results.unreached] == ["b"]


async def test_a_hostile_page_does_not_affect_other_articles(parser: ParserPool) -> None:
    page = "<html><body>" + "<div><p>x" * 200_000
    results, good = await asyncio.gather(
        fetched_articles(parser, {"/a": html_answer(page)}, "/a"),
        fetched_articles(parser, {"/b": html_answer(ARTICLE)}, "/b"),
    )
    assert len(results.failed) + len(results.fetched) == 1
    assert len(good.fetched) == 1
