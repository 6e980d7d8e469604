"""Pages below a base path, set by `url` under [web]: every link keeps the prefix."""

from __future__ import annotations

from urllib.parse import urljoin

import httpx
import pytest
from kit.delivery import builtin_templates, make_message
from kit.sample_store import KYIV, page_client
from selectolax.lexbor import LexborHTMLParser

from monitor.config.models import WebConfig
from monitor.deliver.render import render_message
from monitor.deliver.render_settings import RenderSettings
from monitor.store.base import Store
from monitor.web.middleware import url_base_path

SAME_ORIGIN = {"origin": "http://localhost:8080"}


def inner_links(page: str) -> set[str]:
    """Return the links of a page to other pages of ours."""
    tree = LexborHTMLParser(page)
    links = [(node.attributes.get("href") or "") for node in tree.css("a, link")]
    return {link for link in links if not link.startswith(("http", "#"))}


async def crawl(reader: httpx.AsyncClient, start: str) -> set[str]:
    """Follow links from a page and return every path reached."""
    seen: set[str] = set()
    pending = {start}
    while pending:
        path = pending.pop()
        seen.add(path)
        answer = await reader.get(path)
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html"):
            pending |= {urljoin(path, link) for link in inner_links(answer.text)} - seen
    return seen


@pytest.mark.parametrize(
    ("url", "base"),
    [
        (None, ""),
        ("https://host.example", ""),
        ("https://host.example/", ""),
        ("https://host.example/monitor", "/monitor"),
        ("https://host.example/monitor/", "/monitor"),
        ("https://host.example//a/b//", "/a/b"),
    ],
)
def test_the_base_path_is_the_path_of_the_url(url: str | None, base: str) -> None:
    assert url_base_path(WebConfig(url=url)) == base


@pytest.mark.parametrize("start", ["/", "/monitor", "/monitor/", "/deliveries", "/nowhere"])
async def test_links_have_the_base_path_however_the_page_is_requested(editable_store: Store, start: str) -> None:
    async with page_client(editable_store, "/monitor") as reader:
        links = inner_links((await reader.get(start)).text)
    assert links
    assert all(link.startswith("/monitor/") for link in links)


async def test_every_page_and_form_works_with_and_without_the_base_path(editable_store: Store) -> None:
    async with page_client(editable_store, "/monitor") as reader:
        with_base = await crawl(reader, "/monitor/")
        alert = next(path for path in sorted(with_base) if path.startswith("/monitor/alerts/al-"))
        forms = LexborHTMLParser((await reader.get(alert)).text).css("form")
        actions = [form.attributes["action"] or "" for form in forms]
        responses = [await reader.post(action, headers=SAME_ORIGIN) for action in actions]
        responses_without_base = [
            await reader.post(action.removeprefix("/monitor"), headers=SAME_ORIGIN) for action in actions
        ]
    async with page_client(editable_store) as reader:
        without_base = await crawl(reader, "/")

    assert {path.removeprefix("/monitor") for path in with_base} == without_base
    targets = {answer.headers["location"] for answer in (*responses, *responses_without_base)}
    assert targets == {f"{alert}?done=seen", f"{alert}?done=not-news"}


async def test_error_pages_and_redirects_keep_the_base_path(editable_store: Store) -> None:
    async with page_client(editable_store, "/monitor") as reader:
        missing = await reader.get("/monitor/api/v1/nowhere")
        silence = {"what": "source=front-report", "for": "1d", "reason": "x"}
        id = (await reader.get("/api/v1/alerts")).json()["alerts"][0]["id"]
        made = await reader.post(f"/monitor/alerts/{id}/silence", data=silence, headers=SAME_ORIGIN)
        other = await reader.get("/monitorial")

    assert missing.json() == {"error": "There is no such page."}
    assert made.headers["location"] == "/monitor/silences?done=created"
    assert other.status_code == 404


@pytest.mark.parametrize("url", ["https://host.example/monitor", "https://host.example/monitor/"])
def test_links_in_messages_have_the_base_path(url: str) -> None:
    made = render_message(make_message(), "email", builtin_templates(), RenderSettings(KYIV, url))

    for part in (made.text, made.html):
        assert "https://host.example/monitor/alerts/a1" in part
        assert "https://host.example/monitor/messages/m1/silence" in part


@pytest.mark.parametrize("url", ["https://host.example/monitor?x=1", "https://host.example/#top"])
def test_a_url_with_query_or_fragment_is_rejected(url: str) -> None:
    with pytest.raises(ValueError, match="expected a URL without"):
        WebConfig(url=url)
