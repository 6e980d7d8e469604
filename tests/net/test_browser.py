"""Pages with `render` are loaded in a real Chromium, whose every connection passes the guard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from kit.proxy_server import proxy_server
from kit.raw_server import RawRequest, RawServer, http_response, redirect
from kit.site_server import SiteServer
from pydantic import SecretStr

from monitor.config.models import Auth
from monitor.errors import FetchError
from monitor.net import browser
from monitor.net.browser import PageBrowser, find_browser
from monitor.net.guard import Guard
from monitor.net.guarding_proxy import GuardingProxy
from monitor.net.network import Network
from monitor.net.response import Request

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium is installed"),
]

SITE_ADDRESS = "127.0.0.2"  # in `allow_private`; the address of the canary is not
SCRIPT = """
<html><head><title>Timetable</title></head><body><div id="root">Loading…</div><script>
document.getElementById("root").innerHTML = "<p>The ferry to " + "Marnholm sails at " + (10 + 4) + ":00.</p>";
</script></body></html>
"""


def page_browser(allow: Sequence[str] = (f"{SITE_ADDRESS}/32",)) -> PageBrowser:
    return PageBrowser(Network(Guard(allow)), "Claimwatch/test")


def html(body: str) -> bytes:
    return http_response(f"<html><body>{body}</body></html>".encode(), content_type="text/html")


@pytest.fixture
async def canary() -> AsyncIterator[RawServer]:
    """A server that must never be dialed."""
    async with RawServer(http_response(b"secret"), host="127.0.0.1") as server:
        yield server


async def fetch_error(url: str, browser: PageBrowser | None = None) -> FetchError:
    with pytest.raises(FetchError) as raised:
        await (browser or page_browser()).fetch(Request(url))
    return raised.value


async def test_text_written_by_a_script_is_part_of_the_page() -> None:
    async with RawServer(http_response(SCRIPT.encode(), content_type="text/html"), host=SITE_ADDRESS) as server:
        response = await page_browser().fetch(Request(server.url))

    assert "The ferry to Marnholm sails at 14:00." in (response.body or b"").decode()
    assert "Loading" not in (response.body or b"").decode().split("<script>")[0]
    assert response.content_type == "text/html; charset=utf-8"
    assert server.received_requests[0].headers["user-agent"] == "Claimwatch/test"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
async def test_a_private_page_is_not_loaded(canary: RawServer, host: str) -> None:
    error = await fetch_error(f"http://{host}:{canary.port}/")

    assert error.code in ("blocked_address", "bad_url"), error
    assert canary.connection_count == 0


async def test_nothing_on_a_page_reaches_a_private_address(canary: RawServer) -> None:
    target = f"127.0.0.1:{canary.port}"
    body = f"""
    <p>The pier is open.</p><img src="http://{target}/i"><iframe src="http://{target}/f"></iframe>
    <link rel=stylesheet href="http://localhost:{canary.port}/s.css"><script src="http://{target}/j.js"></script>
    <link rel=dns-prefetch href="http://{target}/"><link rel=preconnect href="http://{target}/">
    <script>
    fetch("http://{target}/x", {{mode: "no-cors"}}).catch(() => 0);
    fetch("http://[::ffff:127.0.0.1]:{canary.port}/x", {{mode: "no-cors"}}).catch(() => 0);
    new WebSocket("ws://{target}/w"); navigator.sendBeacon("http://{target}/b", "x");
    new RTCPeerConnection({{iceServers: [{{urls: "stun:{target}"}}]}}).createDataChannel("x");
    </script>"""
    async with RawServer(html(body), host=SITE_ADDRESS) as server:
        response = await page_browser().fetch(Request(server.url))

    assert b"The pier is open." in (response.body or b"")
    assert canary.connection_count == 0


async def test_no_redirect_of_a_page_reaches_a_private_address(canary: RawServer) -> None:
    async with RawServer(redirect(f"http://127.0.0.1:{canary.port}/"), host=SITE_ADDRESS) as server:
        await fetch_error(server.url)
    script = f"<script>location = 'http://127.0.0.1:{canary.port}/'</script>"
    async with RawServer(html(script), host=SITE_ADDRESS) as server:
        try:
            response = await page_browser().fetch(Request(server.url))
        except FetchError:
            pass
        else:
            assert b"secret" not in (response.body or b"")
    assert canary.connection_count == 0


async def test_credentials_reach_only_the_origin_of_the_source() -> None:
    async with RawServer(http_response(b"1", access_control_allow_origin="*"), host="127.0.0.3") as other:
        body = f"<p>x</p><script>fetch('/own'); fetch('{other.url}data')</script>"
        pages = {"/": html(body), "/own": http_response(b"1")}
        async with SiteServer(pages, host=SITE_ADDRESS) as site:
            request = Request(
                f"http://{SITE_ADDRESS}:{site.port}/",
                headers={"X-Key": SecretStr("KEY")},
                cookies={"consent": SecretStr("KEY")},
            )
            await page_browser(("127.0.0.0/8",)).fetch(request)

    own = {received.target: received.headers for received in site.received_requests}
    assert (own["/"]["x-key"], own["/own"]["x-key"], own["/own"]["cookie"]) == ("KEY", "KEY", "consent=KEY")
    assert other.received_requests
    assert "KEY" not in str([received.headers for received in other.received_requests])


async def test_a_login_is_sent_when_the_server_asks_for_it() -> None:
    def answer(request: RawRequest) -> bytes:
        if request.headers.get("authorization", "").startswith("Basic "):
            return html("<p>For readers.</p>")
        return http_response(b"", "401 Unauthorized", www_authenticate='Basic realm="x"')

    class LoginServer(RawServer):
        async def _answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
            self.answers = (self._reply,)
            await super()._answer(request, writer)

        async def _reply(self, writer: asyncio.StreamWriter) -> None:
            writer.write(answer(self.received_requests[-1]))

    auth = Auth(username="reader", password=SecretStr("open sesame"))
    async with LoginServer(host=SITE_ADDRESS) as server:
        response = await page_browser().fetch(Request(server.url, auth=auth))
    assert b"For readers." in (response.body or b"")


async def test_a_failure_status_is_an_error() -> None:
    async with RawServer(
        http_response(b"no", "404 Not Found", content_type="text/html"), host=SITE_ADDRESS
    ) as server:
        error = await fetch_error(server.url)
    assert (error.code, error.status) == ("not_found", 404)


async def test_a_page_that_never_ends_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>")
        await asyncio.sleep(60)

    monkeypatch.setattr(browser, "PAGE_DEADLINE_S", 4.0)
    async with RawServer(hang, host=SITE_ADDRESS) as server:
        started = time.monotonic()
        error = await fetch_error(server.url)
    assert (error.code, time.monotonic() - started < 15) == ("timeout", True)


async def test_a_page_that_loads_too_much_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "MAX_PAGE_BYTES", 2**20)
    page = http_response(b"<p>" + b"x" * 3 * 2**20, content_type="text/html")
    async with RawServer(page, host=SITE_ADDRESS) as server:
        assert (await fetch_error(server.url)).code == "body_too_large"


async def test_a_page_that_takes_too_much_memory_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "MAX_MEMORY_BYTES", 2**20)
    async with RawServer(html("<script>fetch('/a')</script>"), host=SITE_ADDRESS) as server:
        server.answers = (server.answers[0], lambda _: asyncio.sleep(30))
        assert (await fetch_error(server.url)).code == "browser_memory"


async def test_a_missing_browser_is_an_error() -> None:
    broken = PageBrowser(Network(Guard(["127.0.0.0/8"])), "t", "/no/such/browser")
    assert (await fetch_error("http://127.0.0.2:1/", broken)).code == "browser"


async def test_the_proxy_serves_only_the_browser(canary: RawServer) -> None:
    network = Network(Guard(["127.0.0.0/8"]))
    async with GuardingProxy(network, max_bytes=1000) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(proxy.address.rpartition(":")[2]))
        writer.write(f"GET {canary.url} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert (await reader.read()).startswith(b"HTTP/1.1 407")
        writer.close()
    assert canary.connection_count == 0


async def load_through(proxy: str, url: str) -> bytes:
    page = await page_browser(("127.0.0.0/8",)).fetch(Request(url, proxy=SecretStr(proxy)))
    return page.body or b""


@pytest.mark.parametrize(("scheme", "login"), [("http", ""), ("socks5", ""), ("http", "reader:open-sesame")])
async def test_a_page_is_loaded_through_the_proxy_of_its_source(tmp_path: Path, scheme: str, login: str) -> None:
    with proxy_server(tmp_path, scheme, login) as proxy:
        async with RawServer(html("<p>The pier is open.</p>"), host=SITE_ADDRESS) as server:
            own = f"{scheme}://{login + '@' if login else ''}{proxy.address}"
            assert b"The pier is open." in await load_through(own, server.url)
            assert f"{SITE_ADDRESS}:{server.port}" in proxy.connections()
            if login:
                with pytest.raises(FetchError, match=f"the proxy {scheme}://{proxy.address} requires") as raised:
                    await load_through(f"{scheme}://reader:WRONG@{proxy.address}", server.url)
                assert "WRONG" not in str(raised.value)


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
async def test_an_error_in_the_browser_names_the_proxy(tmp_path: Path, scheme: str) -> None:
    dead = f"{scheme}://127.0.0.1:1"
    with pytest.raises(FetchError, match=f"the proxy {dead} cannot be reached") as raised:
        await load_through(dead, f"http://{SITE_ADDRESS}:8123/")
    assert raised.value.code == "proxy"
    with proxy_server(tmp_path, scheme.removesuffix("h")) as proxy:
        async with RawServer(http_response(b"no", "404 Not Found"), host=SITE_ADDRESS) as server:
            with pytest.raises(FetchError, match=f"404.*through the proxy {scheme}://{proxy.address}"):
                await load_through(f"{scheme}://{proxy.address}", server.url)


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
async def test_nothing_private_is_loaded_through_a_proxy(canary: RawServer, tmp_path: Path, scheme: str) -> None:
    body = f"<p>Open.</p><iframe src='http://127.0.0.1:{canary.port}/'></iframe><img src=http://2130706433/x>"
    with proxy_server(tmp_path, scheme.removesuffix("h")) as proxy:
        own = SecretStr(f"{scheme}://{proxy.address}")
        async with RawServer(html(body), host=SITE_ADDRESS) as server:
            await page_browser().fetch(Request(server.url, proxy=own))
            for host in ("127.0.0.1", "0x7f.1", "[::ffff:127.0.0.1]", "localhost"):
                with pytest.raises(FetchError) as raised:
                    await page_browser().fetch(Request(f"http://{host}:{canary.port}/", proxy=own))
                assert raised.value.code in ("blocked_address", "bad_url"), host
        assert {target.partition(":")[0] for target in proxy.connections()} == {SITE_ADDRESS}
    assert canary.connection_count == 0
