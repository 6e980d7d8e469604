"""Pages that stand below a path of their host, as `url` under [web] says: no link leads out of it."""

from __future__ import annotations

from urllib.parse import urljoin

import httpx
import pytest
from kit.delivery import builtin_templates, make_message
from kit.sample_store import KYIV, page_client
from selectolax.lexbor import LexborHTMLParser

from monitor.config.models import WebConfig
from monitor.deliver.render import render_message
from monitor.store.base import Store
from monitor.web.middleware import url_base_path

OURS = {"origin": "http://localhost:8080"}


def inner_links(page: str) -> set[str]:
    """The addresses of our own that a page leads to."""
    tree = LexborHTMLParser(page)
    given = [(node.attributes.get("href") or "") for node in tree.css("a, link")]
    return {link for link in given if not link.startswith("http")}


async def crawled(reader: httpx.AsyncClient, start: str) -> set[str]:
    """Every address that can be reached by links from a page."""
    seen: set[str] = set()
    ahead = {start}
    while ahead:
        path = ahead.pop()
        seen.add(path)
        answer = await reader.get(path)
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html"):
            ahead |= {urljoin(path, link) for link in inner_links(answer.text)} - seen
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
def test_links_begin_with_the_path_of_the_url(url: str | None, base: str) -> None:
    assert url_base_path(WebConfig(url=url)) == base


@pytest.mark.parametrize("start", ["/", "/monitor", "/monitor/", "/deliveries", "/nowhere"])
async def test_whichever_way_a_page_is_asked_for_its_links_stay_below(editable_store: Store, start: str) -> None:
    async with page_client(editable_store, "/monitor") as reader:
        links = inner_links((await reader.get(start)).text)
    assert links
    assert all(link.startswith("/monitor/") for link in links)


async def test_every_page_can_be_reached_below_a_path_and_every_form_is_answered(editable_store: Store) -> None:
    async with page_client(editable_store, "/monitor") as reader:
        below = await crawled(reader, "/monitor/")
        alert = next(path for path in sorted(below) if path.startswith("/monitor/alerts/al-"))
        forms = LexborHTMLParser((await reader.get(alert)).text).css("form")
        actions = [form.attributes["action"] or "" for form in forms]
        answered = [await reader.post(action, headers=OURS) for action in actions]
        outside = [await reader.post(action.removeprefix("/monitor"), headers=OURS) for action in actions]
    async with page_client(editable_store) as reader:
        top = await crawled(reader, "/")

    assert {path.removeprefix("/monitor") for path in below} == top
    assert {answer.headers["location"] for answer in (*answered, *outside)} == {alert}


async def test_older_pages_and_faults_stay_below_too(editable_store: Store) -> None:
    async with page_client(editable_store, "/monitor") as reader:
        missing = await reader.get("/monitor/api/nowhere")
        silence = {"what": "source=front-report", "for": "1d", "reason": "x"}
        id = (await reader.get("/api/alerts")).json()["alerts"][0]["id"]
        made = await reader.post(f"/monitor/alerts/{id}/silence", data=silence, headers=OURS)
        other = await reader.get("/monitorial")

    assert missing.json() == {"error": "There is no such page."}
    assert made.headers["location"] == "/monitor/silences"
    assert other.status_code == 404


@pytest.mark.parametrize("url", ["https://host.example/monitor", "https://host.example/monitor/"])
def test_messages_lead_below_the_path(url: str) -> None:
    made = render_message(make_message(), "email", builtin_templates(), KYIV, url)

    for part in (made.text, made.html):
        assert "https://host.example/monitor/alerts/a1" in part
        assert "https://host.example/monitor/messages/m1/silence" in part


@pytest.mark.parametrize("url", ["https://host.example/monitor?x=1", "https://host.example/#top"])
def test_an_address_that_no_link_can_go_on_from_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="expected an address without"):
        WebConfig(url=url)
