"""The page of a story, and its JSON."""

from __future__ import annotations

import httpx
from kit.builders import add_sources, commit_texts, example_alert, example_claim, example_prior, sent_decision
from kit.sample_store import NOW, page_client
from selectolax.lexbor import LexborHTMLParser

from monitor.actions import create_silence, record_feedback
from monitor.alerts.feedback import FeedbackKind
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


def tell(store: Store) -> None:
    """A wire, a paper that copies it, and one that has a new figure."""
    add_sources(store, "wire", "copy", "desk")
    commit_texts(store, ["3,000 soldiers are in Kursk."], source="wire")
    commit_texts(store, ["3,000 soldiers are in Kursk."], source="copy", at=200.0)
    commit_texts(store, [], source="desk", at=300.0, findings=[RISE])


async def test_a_story_has_a_page_of_its_sources_and_figures(empty_store: Store) -> None:
    tell(empty_store)
    async with page_client(empty_store) as reader:
        answer = await reader.get("/stories/st-1")
    assert answer.status_code == 200
    shown = " ".join(LexborHTMLParser(answer.text).css_first("main").text().split())  # type: ignore[union-attr]
    assert "by 2 independent sources" in shown
    assert "repeats wire word for word" in shown
    assert "3,000 wire" in shown
    assert "Up to 12,000 desk" in shown


async def test_programs_read_the_same(empty_store: Store) -> None:
    tell(empty_store)
    async with page_client(empty_store) as reader:
        found = (await reader.get("/api/stories/st-1")).json()
    assert [(one["source"], one["copies"]) for one in found["sources"]] == [
        ("wire", None),
        ("copy", "wire"),
        ("desk", None),
    ]
    assert [stood["value"] for stood in found["figures"][0]] == [3_000, 12_000]


async def test_a_story_that_is_not_there_is_404(page_reader: httpx.AsyncClient) -> None:
    for name in ("st-none", "x" * 200, "%00"):
        assert (await page_reader.get(f"/stories/{name}")).status_code == 404


async def test_a_story_and_its_alerts_lead_to_each_other_with_what_was_answered(
    page_reader: httpx.AsyncClient,
) -> None:
    found = (await page_reader.get("/api/alerts")).json()["alerts"]
    newest = found[0]
    story = newest["story"]
    same = [one["id"] for one in found if one["story"] == story]
    page = LexborHTMLParser((await page_reader.get(f"/stories/{story}")).text)
    alert = LexborHTMLParser((await page_reader.get(f"/alerts/{newest['id']}")).text)
    links = [link.attributes["href"] for link in page.css("td[data-head=Alert] a")]
    others = [link.attributes["href"] for link in alert.css("td[data-head=Alert] a")]

    assert len(same) > 1
    assert links == [f"/alerts/{id}" for id in same]
    assert others == links[1:]
    assert f"/stories/{story}" in [link.attributes["href"] for link in alert.css("a")]
    assert [one["id"] for one in (await page_reader.get(f"/api/stories/{story}")).json()["alerts"]] == same
    listed = (await page_reader.get(f"/api/alerts?story={story}")).json()["alerts"]
    assert [one["id"] for one in listed] == same


async def test_what_was_answered_and_silenced_stands_on_the_page_of_the_story(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    one, two = (
        example_alert("al-1", "Three bridges are closed."),
        example_alert("al-2", "Four bridges are closed.", at=200.0),
    )
    commit_texts(
        empty_store,
        ["Three bridges are closed.", "Four bridges."],
        decisions=[sent_decision(one), sent_decision(two)],
    )
    record_feedback(empty_store, "al-1", FeedbackKind.NOT_NEWS, memory=1e9, now=NOW, by="Ola", note="an old list")
    create_silence(empty_store, Silence(0, "seen enough", NOW, NOW + 60, story="st-1"))
    async with page_client(empty_store) as reader:
        page = LexborHTMLParser((await reader.get("/stories/st-1")).text)
        other = LexborHTMLParser((await reader.get("/alerts/al-2")).text)
        nobody = LexborHTMLParser((await reader.get("/?story=st-none")).text)

    def answers(tree: LexborHTMLParser) -> list[str]:
        return [" ".join(cell.text().split()) for cell in tree.css("td[data-head=Answer]")]

    assert answers(page) == ["–", "Not news: the like is muted · Ola · an old list"]
    assert answers(other) == ["Not news: the like is muted · Ola · an old list"]
    assert "seen enough" in page.css_first(".since").text()  # type: ignore[union-attr]
    assert "There are no alerts of this story." in nobody.css_first("main").text()  # type: ignore[union-attr]


async def test_a_story_that_nobody_was_alerted_of_says_so(empty_store: Store) -> None:
    tell(empty_store)
    async with page_client(empty_store) as reader:
        assert "Nobody was alerted of it." in (await reader.get("/stories/st-1")).text
