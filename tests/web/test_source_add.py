"""Adding a source: feeds are found with the daemon's own fetcher, shown, and appended to the config."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest
from kit.page_reading import main_of, text_of
from kit.sample_store import PageClient, page_client
from kit.servers import LoopbackServer
from selectolax.lexbor import LexborHTMLParser, LexborNode

from monitor.config.models import NetworkConfig
from monitor.config_file.load import read_config
from monitor.net.fetcher import Fetcher
from monitor.net.network import open_network
from monitor.sources.discover import DiscoveredFeed, discover_feeds
from monitor.sources.parse.pool import ParserPool
from monitor.store.base import Store
from monitor.web import source_add

SAME_ORIGIN = {"origin": "http://localhost:8080"}
CONFIG = """# mine
[monitor]
database = "sqlite:///other.db"
[network]
allow_private = ["127.0.0.0/8"]
[[sources]]
name = "halvik"
url = "https://halvik.example/feed"   # the harbour
"""
ITEMS = "".join(
    f"<item><guid isPermaLink='false'>{n}</guid><title>Ferry {n} has left</title><link>https://ferry.example/{n}</link>"
    f"<pubDate>{n:02} Dec 2026 06:00:00 GMT</pubDate></item>"
    for n in range(1, 9)
)
PAGES = {
    "/": "<html><title>Port</title><link rel=alternate type=application/rss+xml href=/news.xml>"
    "<link rel=alternate type=application/rss+xml href=/odd.xml><p>Open.</p></html>",
    "/news.xml": f"<rss version='2.0'><channel><title>Ferries: All!</title>{ITEMS}</channel></rss>",
    "/odd.xml": "<rss version='2.0'><channel><title>&lt;/title>&lt;script>alert(1)&lt;/script></title><item><guid>x"
    "</guid><title>&lt;script>alert(1)&lt;/script></title><link>javascript:alert(1)</link></item></channel></rss>",
    "/plain": "<html><p>The pier is closed.</p></html>",
}


class PortSite(LoopbackServer):
    def answer(self, to: BaseHTTPRequestHandler, body: bytes) -> None:
        page = PAGES.get(to.path)
        self.reply(to, 200 if page else 404, (page or "").encode(), content_type="text/html")


@pytest.fixture(scope="module")
def site() -> Iterator[PortSite]:
    with PortSite() as running:
        yield running


@pytest.fixture
def config_path(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


@asynccontextmanager
async def adding_client(store: Store, config_path: Path, *, private: bool = True) -> AsyncIterator[PageClient]:
    """Pages that request other sites as the daemon does."""
    settings = read_config(config_path, env={}).network if private else NetworkConfig()
    async with Fetcher(user_agent="test", network=open_network(settings)) as fetcher, ParserPool() as parser:

        async def discover(url: str) -> Sequence[DiscoveredFeed]:
            return await discover_feeds(fetcher, parser, url)

        def config() -> object:
            return read_config(config_path, env={})

        async with page_client(store, config=config, discover=discover) as client:
            yield client


async def find(client: PageClient, address: str, status: int = 200) -> LexborNode:
    return main_of(await client.post("/add-source", data={"address": address}, headers=SAME_ORIGIN), status)


def fields(form: LexborNode) -> dict[str, str]:
    return {str(field.attributes["name"]): field.attributes.get("value") or "" for field in form.css("input")}


async def test_the_feeds_of_a_site_are_shown_with_their_newest_entries(
    empty_store: Store, config_path: Path, site: PortSite
) -> None:
    async with adding_client(empty_store, config_path) as client:
        main = await find(client, site.url)
    ferries, odd = main.css("article")

    assert text_of(ferries.css_first("h2")) == "Ferries: All! 8 entries"
    assert [text_of(entry) for entry in ferries.css("li")] == [
        f"Ferry {n} has left {17 - n} d ago" for n in range(8, 3, -1)
    ]
    assert ferries.css_first("li a").attributes["href"] == "https://ferry.example/8"  # type: ignore[union-attr]
    assert "alert(1)" in text_of(odd.css_first("h2"))
    assert (main.css("script"), odd.css("li a")) == ([], [])
    assert config_path.read_text() == CONFIG


async def test_the_chosen_feed_is_appended_to_the_config(
    empty_store: Store, config_path: Path, site: PortSite
) -> None:
    async with adding_client(empty_store, config_path) as client:
        form = fields((await find(client, site.url)).css("article form")[0])
        assert form["name"] == "ferries-all"
        answer = await client.post("/add-source/feed", data=form | {"tags": " port ,ferries,, "}, headers=SAME_ORIGIN)
        page = await client.get(answer.headers["location"])
        again = await client.post("/add-source/feed", data=form | {"name": "other"}, headers=SAME_ORIGIN)
        known = (await find(client, site.url)).css("article")[0]

    assert (answer.status_code, answer.headers["location"]) == (303, "/sources?done=added")
    assert "in the config" in page.text
    assert config_path.read_text().startswith(CONFIG)
    added = read_config(config_path, env={}).sources[-1]
    assert (added.name, added.url, added.tags) == ("ferries-all", f"{site.url}news.xml", ("port", "ferries"))
    assert (again.status_code, "already, as ferries-all" in again.text) == (409, True)
    assert (text_of(known.css_first(".since")), known.css("form")) == ("In the config already, as ferries-all", [])


async def test_a_page_without_feeds_can_be_followed_itself(
    empty_store: Store, config_path: Path, site: PortSite
) -> None:
    async with adding_client(empty_store, config_path) as client:
        main = await find(client, f"{site.url}plain")

    assert text_of(main.css_first("[role=alert]")) == "No feed was found there."
    assert f'url = "{site.url}plain"\nkind = "page"' in main.css_first("pre").text()  # type: ignore[union-attr]


async def test_private_addresses_are_refused(empty_store: Store, config_path: Path, site: PortSite) -> None:
    async with adding_client(empty_store, config_path, private=False) as client:
        main = await find(client, site.url)

    assert "allow_private" in text_of(main.css_first("[role=alert]"))
    assert main.css("pre, article") == []


@pytest.mark.parametrize("address", ["", "ftp://x.example", "https://", "http://[", "a b", "x" * 3000])
async def test_an_invalid_address_is_refused(empty_store: Store, config_path: Path, address: str) -> None:
    async with adding_client(empty_store, config_path) as client:
        main = await find(client, address, 400)

    assert text_of(main.css_first("h1")) == "Enter the address of a site or a feed, such as https://example.org."


async def test_a_search_ends_after_its_time_and_no_second_one_runs_beside_it(
    empty_store: Store, config_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = asyncio.Event()

    async def discover(_url: str) -> Sequence[DiscoveredFeed]:
        started.set()
        await asyncio.Event().wait()
        return ()

    monkeypatch.setattr(source_add, "DISCOVERY_S", 0.5)
    config = read_config(config_path, env={})
    async with page_client(empty_store, config=lambda: config, discover=discover) as client:
        first = asyncio.create_task(find(client, "orle.example"))
        await started.wait()
        second = await find(client, "orle.example", 503)
        other_page = await client.get("/sources")
        main = await first

    assert other_page.status_code == 200
    assert "Another address is being searched" in text_of(second)
    assert "did not answer all requests" in text_of(main.css_first("[role=alert]"))


async def test_a_config_that_cannot_be_changed_leaves_a_table_to_paste(
    empty_store: Store, config_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {"name": "ferries", "url": "https://ferries.example/${x}", "tags": "port"}
    monkeypatch.setattr("os.access", lambda *_: False)  # as root, no file is read-only
    async with adding_client(empty_store, config_path) as client:
        answer = await client.post("/add-source/feed", data=form, headers=SAME_ORIGIN)
    page = LexborHTMLParser(answer.text)

    assert answer.status_code == 409
    assert "cannot be changed: Permission denied" in text_of(page.css_first("[role=alert]"))
    expected = '[[sources]]\nname = "ferries"\nurl = "https://ferries.example/$${x}"\ntags = ["port"]\n'
    assert page.css_first("pre").text() == expected  # type: ignore[union-attr]
    assert config_path.read_text() == CONFIG


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        ({"name": " "}, 400, "Enter a name"),
        ({"name": "halvik"}, 409, "would be invalid"),
        ({"name": "tag:x"}, 409, "would be invalid"),
        ({"url": "javascript:alert(1)"}, 409, "would be invalid"),
        ({"url": "https://halvik.example/feed"}, 409, "in the config already, as halvik"),
    ],
)
async def test_an_invalid_source_is_not_added(
    empty_store: Store, config_path: Path, change: dict[str, str], status: int, sentence: str
) -> None:
    form = {"name": "ferries", "url": "https://ferries.example/feed"} | change
    async with adding_client(empty_store, config_path) as client:
        answer = await client.post("/add-source/feed", data=form, headers=SAME_ORIGIN)

    assert (answer.status_code, sentence in answer.text) == (status, True)
    assert config_path.read_text() == CONFIG


async def test_without_a_daemon_nothing_is_requested(page_reader: httpx.AsyncClient) -> None:
    answer = await page_reader.post("/add-source", data={"address": "orle.example"}, headers=SAME_ORIGIN)

    assert (answer.status_code, "no daemon runs here" in answer.text) == (503, True)
    assert (await page_reader.get("/add-source")).status_code == 200
