"""Feed discovery: declared feeds, then links that look like feeds, then common paths."""

from __future__ import annotations

import time

from monitor.sources.discover import common_feed_urls, linked_feed_urls

URL = "https://halvik.example/news/today?x=1"


def test_declared_feeds_come_before_linked_ones() -> None:
    page = """<a class=x href='/feeds/pier.xml'>Feed</a>
    <LINK href="/atom.xml" title=All type="application/atom+xml" rel="alternate">
    <link rel=alternate hreflang=de href=/de><link rel=stylesheet href=/rss.css>
    <link rel='alternate home' type=application/rss+xml href='rss?a=1&amp;b=2'>"""
    assert linked_feed_urls(page, URL) == [
        "https://halvik.example/atom.xml",
        "https://halvik.example/news/rss?a=1&b=2",
        "https://halvik.example/feeds/pier.xml",
    ]


def test_links_that_only_resemble_feeds_are_skipped() -> None:
    page = "<a href=/feedback>x</a><a href=/rssi>y</a><a href='https://rss.example/'>z</a><a href=mailto:a@rss>m</a>"
    assert linked_feed_urls(page, URL) == []


def test_common_paths_are_below_the_address_and_at_the_root() -> None:
    assert common_feed_urls(URL)[:2] == ["https://halvik.example/news/today/feed", "https://halvik.example/feed"]
    assert (
        len(common_feed_urls("https://halvik.example/")) == len(set(common_feed_urls("https://halvik.example/"))) == 7
    )


def test_a_hostile_page_is_searched_in_linear_time() -> None:
    started_at = time.process_time()
    for page in ("<link " * 200_000, "<a href='" * 100_000, "<a " + "x=" * 300_000, '<link rel="' + "<a " * 200_000):
        linked_feed_urls(page, URL)
    assert time.process_time() - started_at < 10
