"""The coverage report: which sources have gaps, since when and for how long, and which gaps ended."""

from __future__ import annotations

from dataclasses import replace

from kit.builders import add_sources, commit_texts
from kit.sample_store import NOW, page_client
from selectolax.lexbor import LexborHTMLParser

from monitor.alerts.source_notices import SourceNotice
from monitor.sources.state import PollResult
from monitor.store import source_notices
from monitor.store.base import Store
from monitor.store.sources import record_polls

HOUR, DAY = 3600.0, 86400.0
GOOD = PollResult(NOW - 60, "ok", None, None, 0, NOW + 900, None, None, None, True)


async def sections(store: Store) -> dict[str, list[str]]:
    """Return the rows of the report by the heading of their section."""
    async with page_client(store) as reader:
        answer = await reader.get("/coverage")
    assert answer.status_code == 200
    tree = LexborHTMLParser(answer.text)
    found = {}
    for section in tree.css("section"):
        heading = section.css_first("h2").text()  # type: ignore[union-attr]
        cells = [[" ".join(cell.text().split()) for cell in row.css("td")] for row in section.css("tbody tr")]
        found[heading] = [" | ".join(row) for row in cells]
    return found


async def test_each_gap_has_its_section_with_its_duration(empty_store: Store) -> None:
    add_sources(empty_store, "good", "down", "refused", "still", "fast", "odd", now=NOW)
    commit_texts(empty_store, ["News."], source="still", at=NOW - 9 * DAY)
    with empty_store.write() as conn:
        for name in ("good", "fast", "odd"):
            record_polls(conn, {name: GOOD})
        record_polls(conn, {"down": replace(GOOD, polled_at=NOW - 5 * HOUR)})
        failed = replace(GOOD, state="failing", error="the server answered 503", error_code="status", failures=9)
        record_polls(conn, {"down": failed})
        record_polls(conn, {"refused": replace(failed, state="blocked", error="403 Forbidden")})
        record_polls(conn, {"still": replace(GOOD, state="quiet")})
        for name, kind, hours in (("still", "quiet", 50), ("fast", "rolled", 3), ("odd", "clock", 1)):
            notice = SourceNotice(kind, f"{kind} text", NOW - hours * HOUR, NOW, NOW - hours * HOUR)
            source_notices.save_notices(conn, name, [notice])
        over = SourceNotice("failing", "was down", NOW - 3 * DAY, NOW - DAY, NOW - 2 * DAY, NOW - DAY)
        source_notices.save_notices(conn, "good", [over])

    assert await sections(empty_store) == {
        "Failing": ["down | 5 h ago | 5 hours | 5 h ago | never | in 15 min", "the server answered 503"],
        "Blocked": ["refused | – | – | never | never | in 15 min", "403 Forbidden"],
        "Silent": ["still | 2 d ago | 2 days | 1 min ago | 9 d ago | in 15 min", "quiet text"],
        "Lost entries": ["fast | 3 h ago | 3 hours | 1 min ago | never | in 15 min", "rolled text"],
        "Other notices": ["odd clock | 1 h ago | 1 hour | 1 min ago | never | in 15 min", "clock text"],
        "Ended in the last 14 days": ["good | failing | 2 days | 1 d ago", "was down"],
    }


async def test_without_gaps_the_page_says_so(empty_store: Store) -> None:
    add_sources(empty_store, "wire", now=NOW)
    with empty_store.write() as conn:
        record_polls(conn, {"wire": GOOD})
    async with page_client(empty_store) as reader:
        text = (await reader.get("/coverage")).text

    assert "No gap: every source can be read" in text
    assert "1 of 1 sources without a gap" in text


async def test_without_sources_the_page_says_what_to_do(empty_store: Store) -> None:
    async with page_client(empty_store) as reader:
        assert "monitor sources add URL" in (await reader.get("/coverage")).text
