"""Requests to hostile servers stay small and fast, and leak no secrets."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from kit.raw_server import RawServer, http_response, redirect
from kit.site_server import resolve_to_loopback
from pydantic import SecretStr

from monitor.config.models import Auth
from monitor.errors import FetchError, ParseError
from monitor.net.fetcher import Fetcher
from monitor.net.guard import Guard
from monitor.net.network import Network
from monitor.net.rate_limit import HostRateLimiter
from monitor.net.response import Request
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.page import parse_page

pytestmark = pytest.mark.slow


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A certificate authority trusted by fetchers that are created after it."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return ca


def server_tls_context(authority: trustme.CA, not_after: datetime | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("feeds.example", not_after=not_after).configure_cert(context)
    return context


def new_fetcher() -> Fetcher:
    return Fetcher(
        user_agent="t",
        network=Network(Guard(["127.0.0.0/8"], resolve_to_loopback)),
        rate_limiter=HostRateLimiter(0.0),
        deadline=3.0,
    )


async def test_secrets_are_not_sent_after_a_redirect_from_https_to_http(authority: trustme.CA) -> None:
    async with RawServer(http_response(b"plain")) as plain:
        redirect_to_http = redirect(f"http://feeds.example:{plain.port}/")
        async with RawServer(redirect_to_http, tls=server_tls_context(authority)) as secure, new_fetcher() as fetcher:
            own = {"X-Key": SecretStr("KEY"), "Cookie": SecretStr("a=KEY")}
            request = Request(f"https://feeds.example:{secure.port}/", headers=own, auth=Auth(token=SecretStr("KEY")))
            assert (await fetcher.fetch(request)).body == b"plain"

    assert secure.received_requests[0].headers["x-key"] == "KEY"
    assert "KEY" not in str(plain.received_requests[0].headers)


async def test_an_expired_certificate_is_rejected(authority: trustme.CA) -> None:
    expired = server_tls_context(authority, datetime(2020, 1, 2, tzinfo=UTC))
    async with RawServer(http_response(b"x"), tls=expired) as server, new_fetcher() as fetcher:
        with pytest.raises(FetchError, match="has an untrusted certificate: certificate has expired") as raised:
            await fetcher.fetch(Request(f"https://feeds.example:{server.port}/"))
    assert raised.value.code == "tls"


async def send_endless_body(writer: asyncio.StreamWriter, head: bytes) -> None:
    writer.write(head)
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with new_fetcher() as client:
        yield client


async def test_the_body_of_a_redirect_is_not_read(fetcher: Fetcher) -> None:
    head = b"HTTP/1.1 302 Moved\r\nlocation: /end\r\ncontent-length: 1073741824\r\n\r\n"
    async with RawServer(lambda writer: send_endless_body(writer, head), http_response(b"end")) as server:
        started_at = time.monotonic()
        assert (await fetcher.fetch(Request(server.url))).body == b"end"
        assert time.monotonic() - started_at < 2


async def test_the_body_of_an_error_is_not_read(fetcher: Fetcher) -> None:
    head = b"HTTP/1.1 500 Oh\r\ncontent-length: 1073741824\r\n\r\n"
    async with RawServer(lambda writer: send_endless_body(writer, head)) as server:
        started_at = time.monotonic()
        with pytest.raises(FetchError, match="HTTP 500"):
            await fetcher.fetch(Request(server.url))
        assert time.monotonic() - started_at < 2


async def test_an_endless_body_is_too_large(fetcher: Fetcher) -> None:
    async with RawServer(lambda writer: send_endless_body(writer, b"HTTP/1.1 200 OK\r\n\r\n")) as server:
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(server.url))
    assert raised.value.code in ("body_too_large", "timeout")


async def test_cookies_are_not_kept_between_requests(fetcher: Fetcher) -> None:
    cookies = b"".join(b"set-cookie: c%d=v; domain=example; path=/\r\n" % number for number in range(400))
    answer = b"HTTP/1.1 200 OK\r\n" + cookies + b"content-length: 1\r\n\r\nx"
    async with RawServer(answer) as server:
        for path in ("a", "b"):
            await fetcher.fetch(Request(f"http://feeds.example:{server.port}/{path}"))
    assert ["cookie" in received.headers for received in server.received_requests] == [False, False]


PAGE = ParseOptions("page", "https://page.example/")


@pytest.mark.parametrize(
    "body",
    [
        b"<main><p title='" + b"x" * 2**20 + b"'>The bridge is open.</p></main>",
        b"<main><svg onload=alert(1)><p>The bridge is open.</p></svg></main>",
        b"<main><p " + b"a=1 " * 100_000 + b">The bridge is open.</p></main>",
        b"<main>" + b"<div>" * 400 + b"The bridge is open." + b"</div>" * 400 + b"</main>",
        b"<main><!--" + b"<!--" * 50_000 + b"--><p>The bridge is open.</p></main>",
    ],
    ids=["attribute", "svg", "attributes", "nesting", "comments"],
)
def test_a_page_with_hostile_markup_is_parsed_in_time(body: bytes) -> None:
    started_at = time.process_time()
    (entry,) = parse_page(body, "text/html", PAGE.url, PAGE).entries

    assert "The bridge is open." in entry.body
    assert time.process_time() - started_at < 2


@pytest.mark.parametrize("body", [b"<main>" + b"<b>" * 50_000, b"<" * 100_000, b"<table>" * 50_000])
def test_hostile_markup_without_text_is_one_error_in_time(body: bytes) -> None:
    started_at = time.process_time()
    with pytest.raises(ParseError):
        parse_page(body + b"<main></main>", "text/html", PAGE.url, ParseOptions("page", PAGE.url, select="main p"))
    assert time.process_time() - started_at < 5
