import io

import feedparser
import httpx
import pytest

from monitor.demo.script import ENTRY_TITLES, SCRIPT
from monitor.demo.server import SampleSource


@pytest.fixture
async def source():
    async with SampleSource() as source:
        yield source


@pytest.fixture
async def client():
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


def parse_entries(response):
    parsed = feedparser.parse(io.BytesIO(response.content))
    assert not parsed.bozo
    return parsed.entries


async def test_the_first_step_is_served_as_rss_newest_first(source, client):
    response = await client.get(source.url)
    assert response.headers["content-type"].startswith("application/rss+xml")
    keys = [entry.id for entry in parse_entries(response)]
    assert keys == list(reversed(SCRIPT[0].publish))


async def test_an_unchanged_feed_is_answered_with_304(source, client):
    etag = (await client.get(source.url)).headers["etag"]
    second_response = await client.get(source.url, headers={"If-None-Match": etag})
    assert (second_response.status_code, second_response.content) == (304, b"")
    source.advance()
    assert (await client.get(source.url, headers={"If-None-Match": etag})).status_code == 200


async def test_advance_plays_every_step_once(source, client):
    steps = [source.current_step]
    while step := source.advance():
        steps.append(step)
    assert tuple(steps) == SCRIPT
    assert source.advance() is None
    assert source.current_step is SCRIPT[-1]
    entries = parse_entries(await client.get(source.url))
    assert {entry.id: entry.title for entry in entries} == ENTRY_TITLES


async def test_a_revised_entry_keeps_its_id_link_and_date(source, client):
    before = parse_entries(await client.get(source.url))[-1]
    source.advance()
    source.advance()
    after = next(entry for entry in parse_entries(await client.get(source.url)) if entry.id == before.id)
    assert (after.link, after.published) == (before.link, before.published)
    assert after.summary != before.summary


async def test_an_entry_link_serves_a_page_with_the_current_text(source, client):
    link = parse_entries(await client.get(source.url))[0].link
    page = await client.get(link)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "grain ship" in page.text


async def test_an_unknown_path_is_answered_with_404(source, client):
    assert (await client.get(source.url.replace("feed.xml", "brief-16"))).status_code == 404
    assert (await client.get(source.url.replace("feed.xml", "../story.py"))).status_code == 404


async def test_a_stopped_source_refuses_connections(client):
    async with SampleSource() as source:
        assert (await client.get(source.url)).status_code == 200
    with pytest.raises(httpx.ConnectError):
        await client.get(source.url)
