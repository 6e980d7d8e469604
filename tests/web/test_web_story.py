"""The page of a story, and its JSON."""

from __future__ import annotations

import httpx
from kit.newsroom import reader_of
from kit.saying import claim, commit, configured, said_by
from selectolax.lexbor import LexborHTMLParser

from monitor.model import Change, Finding, Kind, Novelty
from monitor.store import Store

RISE = Finding(
    claim("Up to 12,000 <b>soldiers</b> are in Kursk."),
    Novelty.CHANGED,
    90.0,
    (Change(Kind.NUMBER, "3,000", "Up to 12,000"),),
    said_by("wire", "3,000 soldiers are in Kursk."),
    "st-1",
)


def tell(store: Store) -> None:
    """A wire, a paper that copies it, and one that has a new figure."""
    configured(store, "wire", "copy", "desk")
    commit(store, ["3,000 soldiers are in Kursk."], source="wire")
    commit(store, ["3,000 soldiers are in Kursk."], source="copy", at=200.0)
    commit(store, [], source="desk", at=300.0, findings=[RISE])


async def test_a_story_has_a_page_of_its_sources_and_figures(bare: Store) -> None:
    tell(bare)
    async with reader_of(bare) as reader:
        answer = await reader.get("/stories/st-1")
    assert answer.status_code == 200
    shown = " ".join(LexborHTMLParser(answer.text).css_first("main").text().split())  # type: ignore[union-attr]
    assert "by 2 independent sources" in shown
    assert "repeats wire word for word" in shown
    assert "3,000 wire" in shown
    assert "Up to 12,000 desk" in shown


async def test_programs_read_the_same(bare: Store) -> None:
    tell(bare)
    async with reader_of(bare) as reader:
        found = (await reader.get("/api/stories/st-1")).json()
    assert [(one["source"], one["copies"]) for one in found["sources"]] == [
        ("wire", None),
        ("copy", "wire"),
        ("desk", None),
    ]
    assert [stood["value"] for stood in found["figures"][0]] == [3_000, 12_000]


async def test_a_story_that_is_not_there_is_404(reader: httpx.AsyncClient) -> None:
    for name in ("st-none", "x" * 200, "%00"):
        assert (await reader.get(f"/stories/{name}")).status_code == 404
