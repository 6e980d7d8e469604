"""The server on its port: accepted host names, signals, and shutdown."""

from __future__ import annotations

import asyncio
import signal
import socket
import time

import httpx
import pytest
from kit.sample_store import KYIV, NOW
from starlette.applications import Starlette

from monitor.config.models import WebConfig
from monitor.errors import MonitorError
from monitor.store.base import Store
from monitor.web.app import create_app
from monitor.web.endpoint import Site
from monitor.web.middleware import LOOPBACK_HOSTS, accepted_hosts
from monitor.web.server import MAX_CONNECTIONS, running_server

pytestmark = pytest.mark.slow
WELL = {"status": "ok", "checks": {}}


@pytest.fixture
def pages(empty_store: Store) -> Starlette:
    return create_app(Site(empty_store, timezone=KYIV, clock=lambda: NOW, health=lambda: WELL))


async def send_raw(url: str, request: str) -> bytes:
    """Send raw bytes and return the raw response."""
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
    writer.write(request.encode())
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


async def test_port_0_yields_the_url_of_a_free_port(pages: Starlette) -> None:
    async with running_server("127.0.0.1:0", pages) as url, httpx.AsyncClient() as client:
        answer = await client.get(f"{url}/health")

    assert url.startswith("http://127.0.0.1:")
    assert answer.json() == WELL
    assert "server" not in answer.headers


async def test_a_host_name_can_be_listened_on(pages: Starlette) -> None:
    async with running_server("localhost:0", pages) as url, httpx.AsyncClient() as client:
        assert (await client.get(f"{url}/health")).json() == WELL


async def test_a_wildcard_address_yields_a_url_that_can_be_opened(pages: Starlette) -> None:
    async with running_server("0.0.0.0:0", pages) as url, httpx.AsyncClient() as client:
        assert (await client.get(f"{url}/health")).json() == WELL


async def test_a_port_in_use_is_reported_in_one_sentence(pages: Starlette) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(MonitorError) as error:
            async with running_server(listen, pages):
                pass

    assert str(error.value) == f"cannot serve the web page at {listen}: the port is in use"


async def test_an_address_of_another_machine_is_reported_in_one_sentence(pages: Starlette) -> None:
    with pytest.raises(MonitorError, match=r"at 192\.0\.2\.1:80: not an address of this machine$"):
        async with running_server("192.0.2.1:80", pages):
            pass


async def test_the_server_installs_no_signal_handlers(pages: Starlette) -> None:
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in signals]
    async with running_server("127.0.0.1:0", pages) as url, httpx.AsyncClient() as client:
        await client.get(f"{url}/health")
        assert [signal.getsignal(number) for number in signals] == before


async def test_shutdown_is_fast_with_open_connections(empty_store: Store, pages: Starlette) -> None:
    async with running_server("127.0.0.1:0", pages) as url:
        port = httpx.URL(url).port
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        opened[1][1].write(b"GET / HTTP/1.1\r\nHost: loc")
        opened[2][1].write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await opened[2][0].readuntil(b'"ok"')
        started = time.monotonic()
    elapsed = time.monotonic() - started
    for _, writer in opened:
        writer.close()

    assert elapsed < 2
    with pytest.raises(OSError, match=r"refused|reset|failed"):
        await asyncio.open_connection("127.0.0.1", port)


async def test_shutdown_is_fast_with_a_page_in_progress(empty_store: Store, pages: Starlette) -> None:
    with empty_store.write():
        async with running_server("127.0.0.1:0", pages) as url:
            _, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await asyncio.sleep(0.2)
            started = time.monotonic()
        elapsed = time.monotonic() - started
    writer.close()

    assert elapsed < 2


async def test_the_same_port_can_be_reused_at_once(empty_store: Store) -> None:
    listen = "127.0.0.1:0"
    for _ in range(2):
        async with (
            running_server(
                listen, create_app(Site(empty_store, timezone=KYIV, clock=lambda: NOW, health=lambda: WELL))
            ) as url,
            httpx.AsyncClient() as client,
        ):
            assert (await client.get(f"{url}/health")).json() == WELL
            listen = url.removeprefix("http://")


@pytest.mark.parametrize(
    "head",
    [
        "GET / HTTP/1.1\r\nHost: stranger.example",
        "GET / HTTP/1.1\r\nHost: stranger.example:8080",
        "GET / HTTP/1.1\r\nHost: localhost.stranger.example",
        "GET / HTTP/1.1\r\nHost: localhost@stranger.example",
        "GET / HTTP/1.1\r\nHost: [::1",
        "GET / HTTP/1.1\r\nHost:",
        "GET / HTTP/1.0\r\nX: y",
        "GET /api/v1/alerts HTTP/1.1\r\nHost: stranger.example",
        "GET http://localhost/ HTTP/1.1\r\nHost: stranger.example",
    ],
)
async def test_a_foreign_or_invalid_host_is_rejected(pages: Starlette, head: str) -> None:
    async with running_server("127.0.0.1:0", pages) as url:
        answer = await send_raw(url, f"{head}\r\nConnection: close\r\n\r\n")

    assert answer.startswith((b"HTTP/1.1 421 ", b"HTTP/1.1 400 "))
    assert b"Alerts" not in answer


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080"])
async def test_loopback_host_names_are_accepted(pages: Starlette, host: str) -> None:
    async with running_server("127.0.0.1:0", pages) as url:
        answer = await send_raw(url, f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_head_response_has_no_body(pages: Starlette) -> None:
    async with running_server("127.0.0.1:0", pages) as url:
        answer = await send_raw(url, "HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("listen", "url", "names", "any_address"),
    [
        ("127.0.0.1:8080", None, set(), False),
        ("127.0.0.2:8080", None, {"127.0.0.2"}, False),
        ("[::1]:8080", "https://News.example/claims", {"news.example"}, False),
        ("localhost:8080", "http://desk.example:81", {"desk.example"}, False),
        ("0.0.0.0:8080", "https://news.example", {"news.example"}, False),
        ("[::]:8080", "https://news.example", {"news.example"}, False),
        ("10.1.2.3:8080", "https://news.example", {"10.1.2.3", "news.example"}, False),
        ("10.1.2.3:8080", None, {"10.1.2.3"}, True),
        ("0.0.0.0:8080", None, set(), True),
        ("desk:8080", None, {"desk"}, True),
    ],
)
def test_accepted_hosts_follow_the_config(listen: str, url: str | None, names: set[str], any_address: bool) -> None:
    hosts = accepted_hosts(WebConfig(listen=listen, url=url))

    assert (hosts.names, hosts.any_address) == (LOOPBACK_HOSTS | names, any_address)


@pytest.mark.parametrize(
    ("host", "status"),
    [("203.0.113.9:8080", 200), ("[2001:db8::1]", 200), ("news.example", 421), ("203.0.113.9.news.example", 421)],
)
async def test_beyond_loopback_any_address_is_accepted_but_no_name(
    empty_store: Store, host: str, status: int
) -> None:
    hosts = accepted_hosts(WebConfig(listen="0.0.0.0:8080"))
    pages = create_app(Site(empty_store, timezone=KYIV, clock=lambda: NOW), hosts)
    async with running_server("127.0.0.1:0", pages) as url, httpx.AsyncClient() as client:
        assert (await client.get(f"{url}/", headers={"host": host})).status_code == status


async def test_connections_without_a_whole_request_are_closed_and_others_are_answered_again(
    pages: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.web.server.REQUEST_TIMEOUT_S", 0.4)
    halves = (
        "",
        "GET / HTTP/1.1\r\nhost: localhost\r\nx-half: ",
        "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\nGET /",
    )
    async with running_server("127.0.0.1:0", pages) as url:
        connections = []
        for number in range(MAX_CONNECTIONS):
            reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
            writer.write(halves[number % len(halves)].encode())
            connections.append((reader, writer))
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"{url}/health")).status_code == 503
            await asyncio.gather(*(asyncio.wait_for(reader.read(), 10) for reader, _ in connections))
            for _ in range(3):  # on one connection, which is not closed between requests
                assert (await client.get(f"{url}/health")).status_code == 200
                await asyncio.sleep(0.3)
        for _, writer in connections:
            writer.close()
