"""The identity of entries over several polls: edits are revisions, and unchanged entries cause no alerts."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import pytest
from kit.ingest import IngestedSource, store_with_ferries_rule
from sqlalchemy import func, select

from monitor.sources.parse.feed import parse_feed
from monitor.store.schema import entries, findings, updates

HOUR = 3600.0
PORTS = "Halvik Marnholm Ostra Brevik Torvald Selby Aldor Kesten Lunde Varde".split()


@dataclass(frozen=True)
class Item:
    """An item of a feed; empty fields are omitted."""

    id: str
    title: str
    link: str
    text: str

    def rss(self) -> str:
        fields = {"guid": self.id, "title": self.title, "link": self.link, "description": self.text}
        return f"<item>{''.join(f'<{name}>{escape(text)}</{name}>' for name, text in fields.items() if text)}</item>"


ITEMS = tuple(
    Item(
        f"id-{number}",
        f"Ferry {number} leaves for {port}",
        f"http://port.example/{number}?lang=en",
        f"The ferry to {port} carries {number * 10 + 13} passengers and {number + 2} lorries each day.",
    )
    for number, port in enumerate(PORTS)
)


@dataclass
class PolledFeed(IngestedSource):
    """A feed on port.example that is polled each hour."""

    def __call__(self, items: Sequence[Item], url: str = "http://port.example/feed") -> int:
        """Poll a feed with these items. Return the number of alerts."""
        body = f"<rss version='2.0'><channel><title>T</title>{''.join(item.rss() for item in items)}</channel></rss>"
        parsed_entries = parse_feed(body.encode(), "application/rss+xml", url).entries
        return self.ingest(parsed_entries, self.poll_count * HOUR).alerts

    def count(self) -> tuple[int, int]:
        """Return the numbers of stored entries and updates."""
        with self.store.read() as conn:
            return tuple(conn.scalar(select(func.count()).select_from(t)) or 0 for t in (entries, updates))  # type: ignore[return-value]

    def last_findings(self) -> dict[str, str]:
        """Return the novelty of each claim of the last update that is not repeated."""
        with self.store.read() as conn:
            newest = select(func.max(updates.c.id)).scalar_subquery()
            rows = conn.execute(select(findings.c.claim, findings.c.novelty).where(findings.c.update_id == newest))
            return {claim: novelty for claim, novelty in rows if novelty != "repeated"}


@pytest.fixture
def poll(tmp_path: Path) -> Iterator[PolledFeed]:
    with store_with_ferries_rule(tmp_path) as (store, rules):
        yield PolledFeed(store, rules)


def test_an_edited_figure_is_one_changed_finding_and_one_alert(poll: PolledFeed) -> None:
    poll(ITEMS)
    edited = replace(ITEMS[3], text=ITEMS[3].text.replace("43 passengers", "430 passengers"))
    assert poll([*ITEMS[:3], edited, *ITEMS[4:]]) == 1
    assert list(poll.last_findings().values()) == ["changed"]
    assert poll.count() == (10, 11)


def test_an_id_reused_for_other_news_alerts_once(poll: PolledFeed) -> None:
    poll(ITEMS)
    reused = replace(
        ITEMS[0], title="Lighthouse of Ostra burns", text="The lighthouse of Ostra burnt down on Monday."
    )
    assert poll([reused, *ITEMS[1:]]) == 1
    assert "new" in poll.last_findings().values()
    assert poll([reused, *ITEMS[1:]]) == 0


def test_entries_without_ids_are_identified_by_link_or_text(poll: PolledFeed) -> None:
    by_link = [replace(item, id="") for item in ITEMS[:5]]
    by_text = [replace(item, id="", link="") for item in ITEMS[5:]]
    poll([*by_link, *by_text])
    assert poll([*reversed(by_text), *by_link]) == 0
    assert poll.count() == (10, 10)
    edited = replace(by_link[0], text="The ferry to Halvik carries 900 passengers and 2 lorries each day.")
    assert poll([edited, *by_link[1:], *by_text]) == 1
    assert poll.count() == (10, 11)


def test_reordered_entries_cause_no_alerts(poll: PolledFeed) -> None:
    poll(ITEMS)
    rng = random.Random(7)
    assert [poll(rng.sample(ITEMS, len(ITEMS))) for _ in range(20)] == [0] * 20
    assert poll.count() == (10, 10)


def test_entries_with_the_same_id_alert_once_each(poll: PolledFeed) -> None:
    twins = [replace(ITEMS[0], id="same"), replace(ITEMS[1], id="same")]
    poll(ITEMS[2:])
    assert poll([*twins, *ITEMS[2:]]) == 2
    assert [poll([*order, *ITEMS[2:]]) for order in (twins[::-1], twins) * 5] == [0] * 10


@pytest.mark.parametrize(
    "suffix",
    ["&utm_source=rss{n}", "&fbclid={n}", "&gclid={n}&utm_campaign=x", ";jsessionid={n}", "&PHPSESSID={n}", "#"],
)
def test_changing_tracking_parameters_cause_no_alerts(poll: PolledFeed, suffix: str) -> None:
    def tracked(number: int) -> list[Item]:
        added = suffix.format(n=number)
        links = (f"http://port.example/{n}{added}?lang=en" if added[0] == ";" else f"{item.link}{added}"
                 for n, item in enumerate(ITEMS))  # fmt: skip
        return [replace(item, id="", link=link) for item, link in zip(ITEMS, links, strict=True)]

    poll(tracked(0))
    assert [poll(tracked(number)) for number in range(1, 6)] == [0] * 5
    assert poll.count() == (10, 10)


def test_https_links_and_a_new_feed_url_cause_no_alerts(poll: PolledFeed) -> None:
    relative = [replace(item, id=item.id, link=f"/{item.id}") for item in ITEMS[:5]]
    linked = [replace(item, id="") for item in ITEMS[5:]]
    poll([*relative, *linked])
    secure = [replace(item, link=item.link.replace("http:", "https:")) for item in linked]
    assert poll([*relative, *secure], url="https://www.port.example/news/feed.xml") == 0
    assert poll.count() == (10, 10)


def test_at_another_host_or_slug_only_an_edit_alerts(poll: PolledFeed) -> None:
    linked = [replace(item, id="", link=f"http://port.example/news/{item.id}00-ferry") for item in ITEMS]
    poll(linked)
    moved = [replace(item, link=f"{item.link}-line".replace("http://", "https://www.")) for item in linked]
    edited = replace(moved[3], text=moved[3].text.replace("43 passengers", "430 passengers"))
    assert poll([*moved[:3], edited, *moved[4:]]) == 1
    assert list(poll.last_findings().values()) in ([], ["changed"])
