"""The page of one alert: chart, timeline, decision, and the way to its neighbors."""

from __future__ import annotations

from dataclasses import replace

import httpx
from kit.builders import add_sources, commit_texts, example_alert, sent_decision
from kit.sample_store import NOW, page_client
from selectolax.lexbor import LexborHTMLParser

from monitor.model import FigurePoint
from monitor.store.base import Store


async def tree_of(store: Store, path: str) -> LexborHTMLParser:
    async with page_client(store) as reader:
        answer = await reader.get(path)
    assert answer.status_code == 200, answer.text
    return LexborHTMLParser(answer.text)


async def test_a_figure_has_a_chart_with_labels_and_a_table(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    alert = example_alert("al-1", "Up to 12,000 soldiers are in Kursk.")
    values = ((1_500, "1,500"), (3_000, "around 3,000"), (12_000, "up to 12,000"))
    points = tuple(FigurePoint(NOW + 86400.0 * n, value, text, "wire") for n, (value, text) in enumerate(values))
    alert = replace(alert, findings=(replace(alert.findings[0], history=points, matched=("soldiers",)),))
    commit_texts(empty_store, ["News."], decisions=[sent_decision(alert)])
    tree = await tree_of(empty_store, "/alerts/al-1")
    figure = tree.css_first("figure.figure")

    assert figure is not None
    assert figure.css_first("figcaption").text() == "soldiers over time"  # type: ignore[union-attr]
    assert [label.text() for label in figure.css("text.value")] == ["1,500", "around 3,000", "up to 12,000"]
    assert [label.text() for label in figure.css("text.tick")][:4] == ["0", "5,000", "10,000", "15,000"]
    assert len(figure.css("circle")) == 3
    assert len(figure.css("tbody tr")) == 3
    assert figure.css_first("svg").attributes["aria-label"].startswith("soldiers: 1,500 on 16 Dec, ")  # type: ignore


async def test_the_timeline_says_who_was_first_and_who_copies(empty_store: Store) -> None:
    add_sources(empty_store, "wire", "copy")
    alert = example_alert("al-1", "Three bridges are closed.")
    commit_texts(empty_store, ["Three bridges are closed."], decisions=[sent_decision(alert)])
    commit_texts(empty_store, ["Three bridges are closed."], source="copy", entry="c1", at=200.0)
    reports = (await tree_of(empty_store, "/alerts/al-1")).css(".timeline li")

    shown = [" ".join(report.text().split()) for report in reports]
    assert "first" in shown[0]
    assert shown[0].startswith("wire")
    assert "repeats wire word for word" in shown[1]


async def test_alerts_lead_to_their_neighbors(page_reader: httpx.AsyncClient) -> None:
    ids = [alert["id"] for alert in (await page_reader.get("/api/v1/alerts")).json()["alerts"]]
    page = LexborHTMLParser((await page_reader.get(f"/alerts/{ids[1]}")).text)
    links = {rel: page.css_first(f".trail a[rel={rel}]") for rel in ("prev", "next")}

    assert {rel: link.attributes["href"] for rel, link in links.items() if link} == {
        "prev": f"/alerts/{ids[0]}",
        "next": f"/alerts/{ids[2]}",
    }
    last = LexborHTMLParser((await page_reader.get(f"/alerts/{ids[-1]}")).text)
    assert last.css(".trail a[rel=next]") == []


async def test_the_decision_is_shown_in_words(page_reader: httpx.AsyncClient) -> None:
    first = (await page_reader.get("/api/v1/alerts")).json()["alerts"][0]
    page = LexborHTMLParser((await page_reader.get(f"/alerts/{first['id']}")).text)
    decision = next(row for row in page.css(".facts div") if "decision" in row.text())

    assert " ".join(decision.text().split()) == f"decisionsent at once · update {first['update']}"
    assert [mark.text() for mark in page.css(".words mark")] == ["North Korean", "soldiers", "brigade"]


async def test_an_unknown_parameter_is_an_error(page_reader: httpx.AsyncClient) -> None:
    first = (await page_reader.get("/api/v1/alerts")).json()["alerts"][0]

    assert (await page_reader.get(f"/alerts/{first['id']}?x=1")).status_code == 400
    assert (await page_reader.get(f"/stories/{first['story']}?x=1")).status_code == 400


async def test_the_heading_of_a_story_is_its_newest_headline(page_reader: httpx.AsyncClient) -> None:
    first = (await page_reader.get("/api/v1/alerts")).json()["alerts"][0]
    page = LexborHTMLParser((await page_reader.get(f"/stories/{first['story']}")).text)

    heading = page.css_first("h1").text()  # type: ignore[union-attr]
    assert heading.startswith("Up to 12,000 North Korean soldiers")
    assert "Began as: Around 3,000" in page.css_first(".was").text()  # type: ignore[union-attr]


async def test_an_alert_leads_to_the_text_of_its_rule(page_reader: httpx.AsyncClient) -> None:
    alert = (await page_reader.get("/api/v1/alerts?rule=recall-pathogens")).json()["alerts"][0]
    page = LexborHTMLParser((await page_reader.get(f"/alerts/{alert['id']}")).text)
    links = [link.attributes["href"] or "" for link in page.css("dd a") if link.text() == "its text"]
    rule_page = await page_reader.get(links[0])

    assert links == ["/rules/recall-pathogens"]
    assert "salmonella~1" in rule_page.text
