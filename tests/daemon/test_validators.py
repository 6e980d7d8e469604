"""Whether an answer is the one of last time is for its bytes to say: validators only save asking for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from kit.polled_site import PolledSite
from kit.raw_server import http_response
from kit.site_server import SiteServer

SAME = b"HTTP/1.1 304 Not Modified\r\n\r\n"


@pytest.fixture
async def paper(tmp_path: Path) -> AsyncIterator[PolledSite]:
    async with SiteServer({}) as site:
        paper = PolledSite(tmp_path, site)
        await paper.configure()
        yield paper
        await paper.exit_stack.aclose()


def feed(*titles: str) -> bytes:
    items = "".join(f"<item><guid>{title}</guid><title>{title}</title></item>" for title in titles)
    return f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>".encode()


async def entries(paper: PolledSite, answer: bytes) -> int:
    """How many entries there are after the next poll, which gets this answer."""
    paper.site.pages["/feed"] = answer
    return (await paper.poll()).entries


def conditional(paper: PolledSite) -> list[str | None]:
    """The ETag that each request asked by."""
    return [asked.headers.get("if-none-match") for asked in paper.site.received_requests]


async def test_a_new_body_under_the_same_etag_is_read(paper: PolledSite) -> None:
    assert await entries(paper, http_response(feed("a"), etag='"1"')) == 1
    assert await entries(paper, http_response(feed("a", "b"), etag='"1"')) == 2


async def test_the_same_body_under_another_etag_is_the_same(paper: PolledSite) -> None:
    for number in range(4):
        assert await entries(paper, http_response(feed("a"), etag=f'"{number}"')) == 1
    assert conditional(paper) == [None, '"0"', '"1"', '"2"']
    assert len(paper.stored_texts()) == 1


async def test_a_date_in_the_future_is_sent_back_and_does_no_harm(paper: PolledSite) -> None:
    later = "Fri, 01 Jan 2100 00:00:00 GMT"
    await entries(paper, http_response(feed("a"), last_modified=later))
    assert await entries(paper, http_response(feed("a", "b"), last_modified=later)) == 2
    assert paper.site.received_requests[1].headers["if-modified-since"] == later


async def test_not_modified_to_the_first_request_is_an_error_and_the_feed_is_read_when_it_comes(
    paper: PolledSite,
) -> None:
    paper.site.pages["/feed"] = SAME
    row = await paper.poll()
    assert (row.state, row.error_code) == ("failing", "unasked_not_modified")
    assert await entries(paper, http_response(feed("a"))) == 1


@pytest.mark.parametrize(
    "broken",
    [
        b'HTTP/1.1 200 OK\r\netag: "2"\r\ncontent-length: 999\r\n\r\n<rss>',
        http_response(b"<html>Log in</html>", etag='"2"'),
        http_response(b"", etag='"2"'),
        http_response(b"x", etag='"2"', content_encoding="br"),
        http_response(b"no", "500 Oh", etag='"2"'),
    ],
    ids=["cut off", "login", "empty", "brotli", "error"],
)
async def test_validators_of_an_answer_that_brought_nothing_are_not_kept(paper: PolledSite, broken: bytes) -> None:
    await entries(paper, http_response(feed("a"), etag='"1"'))
    paper.site.pages["/feed"] = broken
    row = await paper.poll()
    assert (row.state, row.etag, row.entries) == ("failing", '"1"', 1)
    assert await entries(paper, http_response(feed("a", "b"), etag='"2"')) == 2
    assert conditional(paper) == [None, '"1"', '"1"']


async def test_what_is_unchanged_is_asked_for_once_and_not_read(paper: PolledSite) -> None:
    await entries(paper, http_response(feed("a"), etag='"1"'))
    for _ in range(3):
        assert await entries(paper, SAME) == 1
    assert len(paper.site.received_requests) == 4
    assert len(paper.stored_texts()) == 1
