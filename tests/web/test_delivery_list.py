"""The list of deliveries: filters, and the retry of one, of several, and from an alert's page."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from kit.builders import add_sources, commit_texts, example_alert, example_message, sent_decision
from kit.databases import all_rows
from kit.sample_store import NOW, page_client
from selectolax.lexbor import LexborHTMLParser

from monitor.store import outbox
from monitor.store.base import Store
from monitor.store.reports.deliveries import load_delivery_page

SAME_ORIGIN = {"origin": "http://localhost:8080"}


async def listed(reader: httpx.AsyncClient, path: str) -> list[tuple[str, str]]:
    """Return channel and state of each delivery on a page."""
    answer = await reader.get(path)
    assert answer.status_code == 200, answer.text
    tree = LexborHTMLParser(answer.text)
    cells = (tree.css("td[data-head=Channel]"), tree.css("td[data-head=State]"))
    return [(channel.text(), state.text()) for channel, state in zip(*cells, strict=True)]


def states(store: Store) -> dict[int, str]:
    with store.read() as conn:
        return {row.id: row.state for row in load_delivery_page(conn)}


def unsent(store: Store, *wanted: str) -> list[int]:
    return [id for id, state in states(store).items() if state in wanted]


def many_dead_letters(store: Store, count: int) -> None:
    """Commit dead messages; the first two alerts share one."""
    add_sources(store, "wire")
    alerts = [example_alert(f"al-{n}", f"News {n}.") for n in range(count)]
    messages = [example_message("m0", *alerts[:2]), *(example_message(f"m{n}", alerts[n]) for n in range(2, count))]
    commit_texts(store, ["News."], decisions=[sent_decision(alert) for alert in alerts], messages=messages)
    with store.write() as conn:
        for message in messages:
            outbox.mark_dead(conn, message.id, "the server refuses it", NOW)


async def test_deliveries_are_filtered_by_state_and_channel(page_reader: httpx.AsyncClient) -> None:
    everything = await listed(page_reader, "/deliveries")

    assert await listed(page_reader, "/deliveries?channel=osint") == [row for row in everything if row[0] == "osint"]
    assert await listed(page_reader, "/deliveries?channel=desk&state=dead") == []
    assert await listed(page_reader, "/deliveries?channel=osint&state=dead") == [("osint", "dead")]
    assert await listed(page_reader, "/deliveries?state=sent") == [row for row in everything if row[1] == "sent"]
    assert await listed(page_reader, "/deliveries?channel=nobody") == []


async def test_tabs_keep_the_channel_and_the_form_keeps_the_state(page_reader: httpx.AsyncClient) -> None:
    page = LexborHTMLParser((await page_reader.get("/deliveries?channel=osint&state=dead")).text)

    assert [tab.attributes["href"] for tab in page.css(".tabs a")][:2] == [
        "/deliveries?channel=osint",
        "/deliveries?state=pending&channel=osint",
    ]
    assert [option.text() for option in page.css("option")] == ["Any channel", "desk", "osint"]
    state = page.css_first("form.filters input[name=state]")
    assert state is not None
    assert state.attributes["value"] == "dead"


async def test_only_dead_and_retrying_deliveries_can_be_selected(page_reader: httpx.AsyncClient) -> None:
    page = LexborHTMLParser((await page_reader.get("/deliveries?select=all")).text)

    assert len(page.css("input[type=checkbox][checked]")) == len(page.css("input[type=checkbox]")) == 2
    assert len(page.css("button[name=only]")) == 2


async def test_one_delivery_is_retried_and_the_filter_is_kept(
    editable_store: Store, page_editor: httpx.AsyncClient
) -> None:
    (dead,) = unsent(editable_store, "dead")
    form = {"only": str(dead), "kept": "state=dead&channel=osint&evil=1"}
    answer = await page_editor.post("/deliveries/retry", data=form, headers=SAME_ORIGIN)
    page = await page_editor.get(answer.headers["location"])

    assert answer.status_code == 303
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query == {"state": ["dead"], "channel": ["osint"], "done": ["retry"]}
    assert "The message is sent again now." in page.text
    assert states(editable_store)[dead] == "pending"


async def test_selected_deliveries_are_retried_together(
    editable_store: Store, page_editor: httpx.AsyncClient
) -> None:
    both = unsent(editable_store, "dead", "retrying")
    form = {f"delivery:{id}": "on" for id in both}
    answer = await page_editor.post("/deliveries/retry", data=form, headers=SAME_ORIGIN)

    assert answer.headers["location"] == "/deliveries?done=retry&count=2"
    assert "2 messages are sent again now." in (await page_editor.get(answer.headers["location"])).text
    assert [states(editable_store)[id] for id in both] == ["pending", "pending"]


async def test_a_whole_page_of_dead_letters_is_retried_at_once(empty_store: Store) -> None:
    many_dead_letters(empty_store, 60)
    async with page_client(empty_store) as reader:
        page = LexborHTMLParser((await reader.get("/deliveries?state=dead&select=all")).text)
        form = {str(box.attributes["name"]): "on" for box in page.css("input[type=checkbox]")}
        await reader.post("/deliveries/retry", data=form, headers=SAME_ORIGIN)
        left = await listed(reader, "/deliveries?state=dead")

    assert (len(form), len(left)) == (50, 10)


async def test_a_message_with_two_alerts_is_retried_once(empty_store: Store) -> None:
    many_dead_letters(empty_store, 2)
    async with page_client(empty_store) as reader:
        form = {"delivery:1": "on", "delivery:2": "on"}
        answer = await reader.post("/deliveries/retry", data=form, headers=SAME_ORIGIN)

    assert answer.headers["location"] == "/deliveries?done=retry"
    assert states(empty_store) == {1: "pending", 2: "pending"}


async def test_a_delivery_is_retried_from_the_page_of_its_alert(
    editable_store: Store, page_editor: httpx.AsyncClient
) -> None:
    (dead,) = unsent(editable_store, "dead")
    with editable_store.read() as conn:
        alert = next(row.alert_id for row in load_delivery_page(conn) if row.id == dead)
    page = LexborHTMLParser((await page_editor.get(f"/alerts/{alert}")).text)
    form = page.css_first("form.retry")
    assert form is not None
    names = {str(field.attributes["name"]): field.attributes["value"] or "" for field in form.css("input, button")}
    answer = await page_editor.post("/deliveries/retry", data=names, headers=SAME_ORIGIN)
    after = await page_editor.get(answer.headers["location"])

    assert answer.headers["location"] == f"/alerts/{alert}?done=retry"
    assert "The message is sent again now." in after.text
    assert states(editable_store)[dead] == "pending"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"only": "x"}, 400),
        ({"only": "9999"}, 409),
        ({"delivery:1": "on"}, 409),
        ({"delivery:": "on"}, 400),
    ],
)
async def test_a_delivery_that_cannot_be_retried_is_reported_in_one_sentence_and_unchanged(
    editable_store: Store, page_editor: httpx.AsyncClient, form: dict[str, str], status: int
) -> None:
    before = all_rows(editable_store)
    answer = await page_editor.post("/deliveries/retry", data=form, headers=SAME_ORIGIN)

    assert answer.status_code == status
    assert all_rows(editable_store) == before


async def test_a_foreign_return_address_is_ignored(editable_store: Store, page_editor: httpx.AsyncClient) -> None:
    (dead,) = unsent(editable_store, "dead")
    form = {"only": str(dead), "alert": "../..//evil.example"}
    answer = await page_editor.post("/deliveries/retry", data=form, headers=SAME_ORIGIN)

    assert answer.headers["location"] == "/deliveries?done=retry"
