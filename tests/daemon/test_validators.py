"""Validators (ETag, Last-Modified) only save transfers: whether a body has changed depends on its bytes alone."""

from __future__ import annotations

import pytest
from kit.polled_site import PolledSite
from kit.raw_server import http_response

NOT_MODIFIED = b"HTTP/1.1 304 Not Modified\r\n\r\n"


def feed(*titles: str) -> bytes:
    items = "".join(f"<item><guid>{title}</guid><title>{title}</title></item>" for title in titles)
    return f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>".encode()


async def poll_entry_count(polled_site: PolledSite, response: bytes) -> int:
    """Poll with this response. Return the number of entries then."""
    polled_site.site.pages["/feed"] = response
    return (await polled_site.poll()).entries


def sent_etags(polled_site: PolledSite) -> list[str | None]:
    """Return the If-None-Match header of each request."""
    return [request.headers.get("if-none-match") for request in polled_site.site.received_requests]


async def test_a_new_body_with_the_same_etag_is_parsed(polled_site: PolledSite) -> None:
    assert await poll_entry_count(polled_site, http_response(feed("a"), etag='"1"')) == 1
    assert await poll_entry_count(polled_site, http_response(feed("a", "b"), etag='"1"')) == 2


async def test_the_same_body_with_another_etag_is_unchanged(polled_site: PolledSite) -> None:
    for number in range(4):
        assert await poll_entry_count(polled_site, http_response(feed("a"), etag=f'"{number}"')) == 1
    assert sent_etags(polled_site) == [None, '"0"', '"1"', '"2"']
    assert len(polled_site.stored_texts()) == 1


async def test_a_last_modified_date_in_the_future_is_sent_back_unchanged(polled_site: PolledSite) -> None:
    future_date = "Fri, 01 Jan 2100 00:00:00 GMT"
    await poll_entry_count(polled_site, http_response(feed("a"), last_modified=future_date))
    assert await poll_entry_count(polled_site, http_response(feed("a", "b"), last_modified=future_date)) == 2
    assert polled_site.site.received_requests[1].headers["if-modified-since"] == future_date


async def test_a_304_to_the_first_request_is_an_error_and_the_next_response_is_parsed(
    polled_site: PolledSite,
) -> None:
    polled_site.site.pages["/feed"] = NOT_MODIFIED
    source_state = await polled_site.poll()
    assert (source_state.state, source_state.error_code) == ("failing", "unasked_not_modified")
    assert await poll_entry_count(polled_site, http_response(feed("a"))) == 1


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
async def test_validators_of_a_failed_response_are_not_kept(polled_site: PolledSite, broken: bytes) -> None:
    await poll_entry_count(polled_site, http_response(feed("a"), etag='"1"'))
    polled_site.site.pages["/feed"] = broken
    source_state = await polled_site.poll()
    assert (source_state.state, source_state.etag, source_state.entries) == ("failing", '"1"', 1)
    assert await poll_entry_count(polled_site, http_response(feed("a", "b"), etag='"2"')) == 2
    assert sent_etags(polled_site) == [None, '"1"', '"1"']


async def test_an_unchanged_feed_is_requested_once_per_poll_and_not_parsed(polled_site: PolledSite) -> None:
    await poll_entry_count(polled_site, http_response(feed("a"), etag='"1"'))
    for _ in range(3):
        assert await poll_entry_count(polled_site, NOT_MODIFIED) == 1
    assert len(polled_site.site.received_requests) == 4
    assert len(polled_site.stored_texts()) == 1
