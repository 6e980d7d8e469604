"""Who an entry is, over polls of the bytes that feeds serve: edits are revisions, and what stayed is silent."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import pytest
from kit.builders import add_sources
from sqlalchemy import func, select

from monitor.assess import Policy
from monitor.polling.ingest import ingest_poll
from monitor.ruleset.load import load_rules
from monitor.ruleset.rule import RuleSet
from monitor.sources.parse.feed import parse_feed
from monitor.sources.state import PollResult
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.schema import entries, findings, updates

HOUR = 3600.0
GOOD = PollResult(0.0, "ok", None, None, 0, 0.0, None, None, None, True)
PORTS = "Halvik Marnholm Ostra Brevik Torvald Selby Aldor Kesten Lunde Varde".split()


@dataclass(frozen=True)
class Item:
    """An item as a feed writes it; what is empty is left out."""

    id: str
    title: str
    link: str
    text: str

    def rss(self) -> str:
        said = {"guid": self.id, "title": self.title, "link": self.link, "description": self.text}
        return f"<item>{''.join(f'<{name}>{escape(text)}</{name}>' for name, text in said.items() if text)}</item>"


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
class Port:
    """One source, polled by hand: the first time as a baseline, then with a rule that any ferry meets."""

    store: Store
    rules: RuleSet
    polled: int = 0

    def __call__(self, items: Sequence[Item], url: str = "http://port.example/feed") -> int:
        """How many alerts a poll of a feed of these items raises."""
        body = f"<rss version='2.0'><channel><title>T</title>{''.join(item.rss() for item in items)}</channel></rss>"
        now = self.polled * HOUR
        listening = Policy(self.rules, channels_by_rule={"monitor": ()}, baseline=not self.polled)
        self.polled += 1
        found = parse_feed(body.encode(), "application/rss+xml", url).entries
        outcome = replace(GOOD, polled_at=now, next_poll=now)
        return ingest_poll(self.store, "port", found, listening, lambda *_: outcome, memory=9e9, now=now).alerts

    def count(self) -> tuple[int, int]:
        """How many entries and updates are stored."""
        with self.store.read() as conn:
            return tuple(conn.scalar(select(func.count()).select_from(t)) or 0 for t in (entries, updates))  # type: ignore[return-value]

    def last(self) -> dict[str, str]:
        """What the last update said that is not repeated, with its novelty."""
        with self.store.read() as conn:
            newest = select(func.max(updates.c.id)).scalar_subquery()
            rows = conn.execute(select(findings.c.claim, findings.c.novelty).where(findings.c.update_id == newest))
            return {claim: novelty for claim, novelty in rows if novelty != "repeated"}


@pytest.fixture
def poll(tmp_path: Path) -> Iterator[Port]:
    (tmp_path / "rule.yaml").write_text(
        "name: f\ntitle: F\nmatch: ferr* OR lighthouse\non: [new, changed, withdrawn]\n"
    )
    rules, problems = load_rules(tmp_path, builtin_aliases=None)
    assert not problems
    store = open_store("sqlite:///:memory:")
    add_sources(store, "port")
    yield Port(store, rules)
    store.close()


def test_an_edited_figure_is_one_changed_finding_and_one_alert(poll: Port) -> None:
    poll(ITEMS)
    edited = replace(ITEMS[3], text=ITEMS[3].text.replace("43 passengers", "430 passengers"))
    assert poll([*ITEMS[:3], edited, *ITEMS[4:]]) == 1
    assert list(poll.last().values()) == ["changed"]
    assert poll.count() == (10, 11)


def test_an_id_that_is_used_again_for_other_news_is_told_once(poll: Port) -> None:
    poll(ITEMS)
    other = replace(ITEMS[0], title="Lighthouse of Ostra burns", text="The lighthouse of Ostra burnt down on Monday.")
    assert poll([other, *ITEMS[1:]]) == 1
    assert "new" in poll.last().values()
    assert poll([other, *ITEMS[1:]]) == 0


def test_entries_without_ids_are_known_by_their_links_or_by_what_they_say(poll: Port) -> None:
    by_link = [replace(item, id="") for item in ITEMS[:5]]
    by_text = [replace(item, id="", link="") for item in ITEMS[5:]]
    poll([*by_link, *by_text])
    assert poll([*reversed(by_text), *by_link]) == 0
    assert poll.count() == (10, 10)
    edited = replace(by_link[0], text="The ferry to Halvik carries 900 passengers and 2 lorries each day.")
    assert poll([edited, *by_link[1:], *by_text]) == 1
    assert poll.count() == (10, 11)


def test_a_feed_in_another_order_at_every_poll_is_silent(poll: Port) -> None:
    poll(ITEMS)
    chance = random.Random(7)
    assert [poll(chance.sample(ITEMS, len(ITEMS))) for _ in range(20)] == [0] * 20
    assert poll.count() == (10, 10)


def test_entries_that_share_an_id_are_told_once_each_and_do_not_take_turns(poll: Port) -> None:
    twins = [replace(ITEMS[0], id="same"), replace(ITEMS[1], id="same")]
    poll(ITEMS[2:])
    assert poll([*twins, *ITEMS[2:]]) == 2
    assert [poll([*turned, *ITEMS[2:]]) for turned in (twins[::-1], twins) * 5] == [0] * 10


@pytest.mark.parametrize(
    "tail",
    ["&utm_source=rss{n}", "&fbclid={n}", "&gclid={n}&utm_campaign=x", ";jsessionid={n}", "&PHPSESSID={n}", "#"],
)
def test_tracking_that_changes_at_every_poll_is_silent(poll: Port, tail: str) -> None:
    def tracked(number: int) -> list[Item]:
        added = tail.format(n=number)
        links = (f"http://port.example/{n}{added}?lang=en" if added[0] == ";" else f"{item.link}{added}"
                 for n, item in enumerate(ITEMS))  # fmt: skip
        return [replace(item, id="", link=link) for item, link in zip(ITEMS, links, strict=True)]

    poll(tracked(0))
    assert [poll(tracked(number)) for number in range(1, 6)] == [0] * 5
    assert poll.count() == (10, 10)


def test_another_scheme_is_silent_and_so_is_another_address_of_the_feed(poll: Port) -> None:
    relative = [replace(item, id=item.id, link=f"/{item.id}") for item in ITEMS[:5]]
    linked = [replace(item, id="") for item in ITEMS[5:]]
    poll([*relative, *linked])
    secure = [replace(item, link=item.link.replace("http:", "https:")) for item in linked]
    assert poll([*relative, *secure], url="https://www.port.example/news/feed.xml") == 0
    assert poll.count() == (10, 10)
