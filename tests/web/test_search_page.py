"""The search page: results with marked words, filters, faults of queries, and the limit of time."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from kit.builders import add_sources, commit_texts
from kit.sample_store import NOW, page_client
from selectolax.lexbor import LexborHTMLParser

from monitor.ruleset.search import parse_search
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.reports.claim_search import ClaimSearch, search_page

HOUR = 3600.0


@pytest.fixture
async def reader(empty_store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """Pages of a store with 70 claims of `wire`, one an hour, of which every tenth is said by `press` too."""
    add_sources(empty_store, "wire", "press")
    for n in range(70):
        at = NOW - (69 - n) * HOUR
        commit_texts(empty_store, [f"Ferry number {n} is late."], entry=f"e{n}", at=at)
        if n % 10 == 0:
            commit_texts(empty_store, [f"Ferry number {n} is late."], source="press", entry=f"p{n}", at=at + 60)
    async with page_client(empty_store) as client:
        yield client


async def page(reader: httpx.AsyncClient, path: str) -> LexborHTMLParser:
    answer = await reader.get(path)
    assert answer.status_code == 200, answer.text
    return LexborHTMLParser(answer.text)


def numbers(tree: LexborHTMLParser) -> list[int]:
    return [int(claim.text().split()[2]) for claim in tree.css(".result .claim")]


async def test_matched_words_are_marked_and_the_newest_claim_is_first(reader: httpx.AsyncClient) -> None:
    tree = await page(reader, "/search?q=ferr*+AND+late")

    assert numbers(tree) == list(range(69, 39, -1))
    assert [mark.text() for mark in tree.css(".result")[0].css("mark")] == ["Ferry", "late"]


async def test_older_results_are_a_page_away(reader: httpx.AsyncClient) -> None:
    tree, found = await page(reader, "/search?q=ferry"), list[int]()
    while True:
        found += numbers(tree)
        older = tree.css_first("a[rel=next]")
        if older is None:
            break
        tree = await page(reader, older.attributes["href"] or "")

    assert found == list(range(69, -1, -1))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=ferry&source=press", [60, 50, 40, 30, 20, 10, 0]),
        ("q=ferry&since=3h", [69, 68, 67, 66]),
        ("q=ferry&source=press&since=12h", [60]),
        ("q=%22number+17%22", [17]),
        ("q=ferry+NOT+late", []),
    ],
)
async def test_filters_limit_the_results(reader: httpx.AsyncClient, query: str, expected: list[int]) -> None:
    assert numbers(await page(reader, f"/search?{query}")) == expected


async def test_other_sources_of_a_claim_are_named(reader: httpx.AsyncClient) -> None:
    first = (await page(reader, "/search?q=%22number+60%22")).css_first(".result .meta")

    assert first is not None
    assert "also said by press" in " ".join(first.text().split())
    assert first.css_first("a").attributes["href"] == "https://wire.example/e60"  # type: ignore[union-attr]


async def test_a_fault_is_shown_at_its_place(reader: httpx.AsyncClient) -> None:
    tree = await page(reader, "/search?q=ferry+AND+(late")
    query = tree.css_first(".fault .query")

    assert query is not None
    assert (query.text(), query.css_first("mark").text()) == ("ferry AND (late", "(")  # type: ignore[union-attr]
    assert "character 11" in tree.css_first(".fault").text()  # type: ignore[union-attr]
    assert tree.css(".result") == []


@pytest.mark.parametrize("query", ["url:x", "NOT ferry", "a w/5 b", "@unknown", '"', "(" * 300])
async def test_any_query_gets_a_page(reader: httpx.AsyncClient, query: str) -> None:
    answer = await reader.get("/search", params={"q": query})

    assert answer.status_code == 200
    assert 'id="fault"' in answer.text


async def test_an_alias_is_known(empty_store: Store) -> None:
    from monitor.ruleset.query.compile import compile_query
    from monitor.web.app import create_app
    from monitor.web.endpoint import Site

    add_sources(empty_store, "wire")
    commit_texts(empty_store, ["The ferry is late."])
    query, _ = compile_query("ferry OR ship", {})
    assert query is not None
    from kit.sample_store import KYIV

    app = create_app(Site(empty_store, timezone=KYIV, clock=lambda: NOW, aliases=lambda: {"boat": query.root}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        assert "The <mark>ferry</mark> is late." in (await client.get("/search?q=@boat")).text


async def test_without_a_query_the_page_shows_examples_that_work(reader: httpx.AsyncClient) -> None:
    examples = [link.attributes["href"] or "" for link in (await page(reader, "/search")).css(".examples a")]

    assert examples
    for example in examples:
        assert 'id="fault"' not in (await reader.get(example)).text


def test_a_search_ends_after_its_time_and_continues_where_it_ended() -> None:
    store = open_store("sqlite:///:memory:")
    add_sources(store, "wire")
    for n in range(60):
        commit_texts(store, [f"Claim {n * 20 + k} of the ledger." for k in range(20)], entry=f"e{n}", at=100.0 + n)
    commit_texts(store, ["A needle."], entry="last", at=50.0)
    search = ClaimSearch(parse_search("claim AND 3", {}))
    ticks = iter(range(1_000_000))
    with store.read() as conn:
        first = search_page(conn, search, limit=5, seconds=0.5, clock=lambda: float(next(ticks)))
        rest = search_page(conn, search, limit=5, seconds=1e9, before=first.before)
    store.close()

    assert (first.claims, first.searched, first.before is not None) == ((), 500, True)
    assert ([claim.sayings[0].text for claim in rest.claims], rest.before) == (["Claim 3 of the ledger."], None)
