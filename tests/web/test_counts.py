"""The pages of alerts of rules that count and wait."""

from __future__ import annotations

from pathlib import Path

from kit.builders import add_sources
from kit.counting import ingest_texts, read_all_sources, rule_policy, stored_alerts
from kit.databases import new_database_url
from kit.sample_store import NOW, page_client

from monitor.store.base import Store
from monitor.store.connect import open_store

SEEN_AT = NOW - 5 * 86400


def counted_store(folder: Path) -> Store:
    """Return a store with an alert of a count and one of an absence."""
    store = open_store(new_database_url())
    add_sources(store, "wire", "press")
    policy = rule_policy(
        folder,
        "name: recalls\ntitle: Recalls in a row\nmatch: recall*\ncount: 2 per 1h\n",
        "name: quiet\ntitle: Silent agencies\nmatch: recall*\nabsent: 2d\n",
    )
    ingest_texts(store, policy, SEEN_AT, "Acme recalls 300 heaters", "Globex recalls 17 ovens")
    read_all_sources(store, policy, SEEN_AT + 3 * 86400)
    return store


async def test_the_page_of_a_count_says_what_was_counted(tmp_path: Path) -> None:
    store = counted_store(tmp_path)
    count, absence = stored_alerts(store)
    async with page_client(store) as client:
        page = (await client.get(f"/alerts/{count.id}")).text
        story = await client.get(f"/stories/{count.story}")
        listing = (await client.get("/alerts")).text
        waiting = await client.get(f"/alerts/{absence.id}")
        data = (await client.get(f"/api/v1/alerts/{count.id}")).json()
    assert '<h1 dir="auto">2 matches since 18:30: Acme recalls 300 heaters</h1>' in page
    assert "2 matches since 18:30: Acme recalls 300 heaters; Globex recalls 17 ovens" in page
    assert "Globex" in page
    assert story.status_code == 200
    assert "Recalls in a row" in story.text
    assert "it counts their matches" in story.text
    assert "No source reports it" not in story.text
    assert "2 matches since 18:30" in listing
    assert "nothing matched for 2d" in listing
    assert "Silent agencies: nothing for 2d" in waiting.text
    assert "2 sources were read" in waiting.text
    assert data["counted"] == "2 matches since 18:30"
    store.close()
