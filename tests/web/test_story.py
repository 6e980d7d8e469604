"""A story's page and its JSON."""

from __future__ import annotations

import httpx
from kit.builders import add_sources, commit_texts, example_alert, example_claim, example_prior, sent_decision
from kit.sample_store import NOW, page_client
from selectolax.lexbor import LexborHTMLParser

from monitor.actions import create_silence, record_feedback
from monitor.alerts.feedback import Feedback, FeedbackKind
from monitor.alerts.silences import Silence
from monitor.model import Change, ChangeKind, Finding, Novelty
from monitor.store.base import Store

RISE = Finding(
    example_claim("Up to 12,000 <b>soldiers</b> are in Kursk."),
    Novelty.CHANGED,
    90.0,
    (Change(ChangeKind.NUMBER, "3,000", "Up to 12,000"),),
    example_prior("wire", "3,000 soldiers are in Kursk."),
    "st-1",
)


def commit_story(store: Store) -> None:
    """Commit a story: a wire, a source that copies it, and one with a new figure."""
    add_sources(store, "wire", "copy", "desk")
    commit_texts(store, ["3,000 soldiers are in Kursk."], source="wire")
    commit_texts(store, ["3,000 soldiers are in Kursk."], source="copy", at=200.0)
    commit_texts(store, [], source="desk", at=300.0, findings=[RISE])


async def test_the_story_page_shows_sources_and_figures(empty_store: Store) -> None:
    commit_story(empty_store)
    async with page_client(empty_store) as reader:
        answer = await reader.get("/stories/st-1")
    assert answer.status_code == 200
    shown = " ".join(LexborHTMLParser(answer.text).css_first("main").text().split())  # type: ignore[union-attr]
    assert "by 2 independent sources" in shown
    assert "repeats wire word for word" in shown
    rows = LexborHTMLParser(answer.text).css("table.chart tbody tr")
    shown_rows = [" ".join(cell.text().strip() for cell in row.css("td")[1:]) for row in rows]
    assert shown_rows == ["3,000 wire", "Up to 12,000 desk"]


async def test_the_story_json_has_sources_and_figures(empty_store: Store) -> None:
    commit_story(empty_store)
    async with page_client(empty_store) as reader:
        story = (await reader.get("/api/v1/stories/st-1")).json()
    assert [(report["source"], report["copies"]) for report in story["sources"]] == [
        ("wire", None),
        ("copy", "wire"),
        ("desk", None),
    ]
    assert [point["value"] for point in story["figures"][0]] == [3_000, 12_000]


async def test_an_unknown_story_is_404(page_reader: httpx.AsyncClient) -> None:
    for name in ("st-none", "x" * 200, "%00"):
        assert (await page_reader.get(f"/stories/{name}")).status_code == 404


async def test_a_story_and_its_alerts_link_to_each_other(
    page_reader: httpx.AsyncClient,
) -> None:
    alerts = (await page_reader.get("/api/v1/alerts")).json()["alerts"]
    newest = alerts[0]
    story = newest["story"]
    story_alerts = [alert["id"] for alert in alerts if alert["story"] == story]
    page = LexborHTMLParser((await page_reader.get(f"/stories/{story}")).text)
    alert_page = LexborHTMLParser((await page_reader.get(f"/alerts/{newest['id']}")).text)
    links = [link.attributes["href"] for link in page.css("td[data-head=Alert] a")]
    related = [link.attributes["href"] for link in alert_page.css("td[data-head=Alert] a")]

    assert len(story_alerts) > 1
    assert links == [f"/alerts/{id}" for id in story_alerts]
    assert related == links[1:]
    assert f"/stories/{story}" in [link.attributes["href"] for link in alert_page.css("a")]
    for path in (f"/api/v1/stories/{story}", f"/api/v1/alerts?story={story}"):
        listed = (await page_reader.get(path)).json()["alerts"]
        assert [alert["id"] for alert in listed] == story_alerts


async def test_the_story_page_shows_answers_and_silences(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    alerts = [
        example_alert("al-1", "Three bridges are closed."),
        example_alert("al-2", "Four bridges are closed.", at=200.0),
    ]
    decisions = [sent_decision(alert) for alert in alerts]
    commit_texts(empty_store, ["Three bridges are closed.", "Four bridges."], decisions=decisions)
    record_feedback(empty_store, Feedback("al-1", FeedbackKind.NOT_NEWS, NOW, "Ola", "an old list"), 1e9)
    create_silence(empty_store, Silence(0, "seen enough", NOW, NOW + 60, story="st-1"))
    async with page_client(empty_store) as reader:
        page = LexborHTMLParser((await reader.get("/stories/st-1")).text)
        other = LexborHTMLParser((await reader.get("/alerts/al-2")).text)
        empty_listing = LexborHTMLParser((await reader.get("/alerts?story=st-none")).text)

    def answers(tree: LexborHTMLParser) -> list[str]:
        return [" ".join(cell.text().split()) for cell in tree.css("td[data-head=Answer]")]

    assert answers(page) == ["–", "Not news: similar alerts are muted · Ola · an old list"]
    assert answers(other) == ["Not news: similar alerts are muted · Ola · an old list"]
    assert "seen enough" in page.css_first(".since").text()  # type: ignore[union-attr]
    assert "There are no alerts of this story." in empty_listing.css_first("main").text()  # type: ignore[union-attr]


async def test_a_story_without_alerts_says_so(empty_store: Store) -> None:
    commit_story(empty_store)
    async with page_client(empty_store) as reader:
        assert "There are no alerts of this story." in (await reader.get("/stories/st-1")).text
