"""Sources are followed through a proxy or a browser, from the first poll to an alert about what is new."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from kit.daemon_harness import DaemonHarness
from kit.proxy_server import proxy_server
from kit.servers import Bulletin, FeedServer, LoopbackServer

from monitor.net.browser import find_browser

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("scheme", "login", "keys"),
    [
        ("http", "", "source_keys"),
        ("socks5", "", "source_keys"),
        ("http", "reader:open-sesame", "source_keys"),
        ("socks5", "reader:open-sesame", "network_keys"),
        ("http", "", "network_keys"),
    ],
)
async def test_a_feed_is_followed_through_a_proxy(tmp_path: Path, scheme: str, login: str, keys: str) -> None:
    first = Bulletin("1", "The ferry to Marnholm sails again")
    with proxy_server(tmp_path, scheme, login) as proxy, FeedServer(first) as feed:
        url = f"{scheme}{'h' if scheme == 'socks5' else ''}://{login + '@' if login else ''}{proxy.address}"
        harness = DaemonHarness(tmp_path, feed, **{keys: {"proxy": url}})
        harness.write_rule("name: ferries\ntitle: Ferries\nmatch: ferr*\n")
        await harness.run_round(first_poll="baseline")
        harness.publish("2", "Two ferries collide off Selby")
        await harness.run_round()

        assert len(proxy.connections()) >= 1
        assert feed.answered == [200, 200]
    assert {tuple(claims) for _, _, claims in harness.owed_alerts()} == {("Two ferries collide off Selby",)}


class PageInsteadOfFeed(LoopbackServer):
    """A page, as of a company's proxy that asks for a login, where a feed is expected."""

    def answer(self, to: BaseHTTPRequestHandler, body: bytes) -> None:
        self.reply(
            to, 200, b"<html><title>Sign in</title><p>Please log in to continue.</p>", content_type="text/html"
        )


async def test_an_error_about_the_content_names_the_proxy_too(tmp_path: Path) -> None:
    with proxy_server(tmp_path, "http") as proxy, PageInsteadOfFeed() as page:
        harness = DaemonHarness(tmp_path, page, source_keys={"proxy": f"http://{proxy.address}"})  # type: ignore[arg-type]
        await harness.run_round()
        error = harness.source_error()
    assert "not a feed: a login page was served" in error
    assert error.endswith(f"(through the proxy http://{proxy.address})")


class ScriptedPage(LoopbackServer):
    """A page whose text is written by a script."""

    def __init__(self, time: str) -> None:
        super().__init__()
        self.time = time

    def answer(self, to: BaseHTTPRequestHandler, body: bytes) -> None:
        script = f"document.body.innerHTML = '<h1>Pier 3</h1><p>The ferry to Marnholm sails at {self.time}.</p>'"
        page = f"<html><head><title>Pier 3</title></head><body>Loading<script>{script}</script></body></html>"
        is_page = to.path == "/"
        self.reply(to, 200 if is_page else 404, page.encode() if is_page else b"", content_type="text/html")


@pytest.mark.skipif(find_browser() is None, reason="no Chromium is installed")
async def test_a_page_that_a_script_writes_is_followed_in_a_browser(tmp_path: Path) -> None:
    with ScriptedPage("14:00") as page:
        keys = {"kind": "page", "render": True}
        harness = DaemonHarness(tmp_path, page, source_keys=keys)  # type: ignore[arg-type]
        harness.write_rule("name: ferries\ntitle: Ferries\nmatch: ferr*\n")
        await harness.run_round(first_poll="baseline")
        page.time = "16:00"
        await harness.run_round()

    assert {tuple(claims) for _, _, claims in harness.owed_alerts()} == {("The ferry to Marnholm sails at 16:00.",)}
