"""Feeds that misbehave: none of it is news, the operator is told once, and the next news is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from kit.builders import add_sources
from sqlalchemy import select

from monitor.assess import Policy
from monitor.model import Entry
from monitor.polling.ingest import ingest_poll
from monitor.ruleset.load import load_rules
from monitor.ruleset.rule import RuleSet
from monitor.sources.state import PollResult
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.retention import run_retention
from monitor.store.schema import matches

HOUR, DAY = 3600.0, 86400.0
NOW = 1_800_000_000.0
GOOD = PollResult(NOW, "ok", None, None, 0, NOW, None, None, None, True)

ARCHIVE = tuple(
    Entry(
        f"id-{number}",
        f"Ferry {number} leaves {port} for the northern islands",
        f"https://port.example/{number}",
        f"The ferry to {port} carries {number * 10 + 13} passengers and {number + 2} lorries each day.",
        published=NOW - (40 - number) * DAY,
    )
    for number, port in enumerate("Halvik Marnholm Ostra Brevik Torvald Selby Aldor Kesten Lunde Varde".split() * 4)
)


@dataclass
class Port:
    """One source, polled by hand: the first time as a baseline, then with a rule that any ferry meets."""

    store: Store
    rules: RuleSet
    polled: int = 0
    notices: list[str] = field(default_factory=list)

    def __call__(self, entries: Sequence[Entry], now: float) -> int:
        """How many alerts the poll raised; its notices are kept."""
        listening = Policy(self.rules, channels_by_rule={"monitor": ("desk",)}, baseline=not self.polled)
        self.polled += 1
        outcome = replace(GOOD, polled_at=now, next_poll=now + HOUR)
        taken = ingest_poll(self.store, "port", entries, listening, lambda *_: outcome, memory=90 * DAY, now=now)
        self.notices += [alert.title for alert in taken.notices]
        return taken.alerts

    def hears_news(self, entries: Sequence[Entry], now: float) -> bool:
        """Is real news told, after all that was?"""
        fire = Entry("id-fire", "Lighthouse of Ostra burns", "https://port.example/fire", "", published=now)
        return self((fire, *entries), now) == 1


@pytest.fixture
def poll(tmp_path: Path) -> Iterator[Port]:
    (tmp_path / "rule.yaml").write_text(
        "name: ferries\ntitle: Ferries\nmatch: ferr* OR lighthouse\non: [new, changed, withdrawn]\n"
    )
    rules, problems = load_rules(tmp_path, builtin_aliases=None)
    assert not problems
    store = open_store("sqlite:///:memory:")
    add_sources(store, "port")
    yield Port(store, rules)
    store.close()


def dated_anew(entries: Sequence[Entry], at: float) -> tuple[Entry, ...]:
    return tuple(replace(entry, published=at) for entry in entries)


def renamed(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    return tuple(replace(entry, key=f"n{entry.key}", url=f"https://new.example/{entry.key}") for entry in entries)


def saying(text: str, entry: Entry = ARCHIVE[0]) -> Entry:
    return replace(entry, body=text)


def test_news_among_all_this_is_told(poll: Port) -> None:
    assert poll(ARCHIVE, NOW) == 0
    assert poll.hears_news(ARCHIVE, NOW + HOUR)
    assert poll.notices == []


@pytest.mark.parametrize(
    "line",
    [
        "Last updated: {} hours ago",
        "Updated 15 January 2027, {:02}:31",
        "{},118 views",
        "Page generated at 2027-01-15 {:02}:31:07 UTC in 0.23 seconds",
        "Seite erstellt am 15.01.2027 um {:02}:31",
    ],
)
def test_a_feed_that_embeds_the_time_is_silent(poll: Port, line: str) -> None:
    text = "The ferry to {} carries 240 passengers each day.\n"
    polls = [
        [replace(entry, body=text.format(entry.key) + line.format(hour)) for entry in ARCHIVE[:3]]
        for hour in range(1, 20)
    ]
    assert [poll(entries, NOW + hour * HOUR) for hour, entries in enumerate(polls)] == [0] * 19
    assert poll.notices == ["Source port embeds the time"]
    assert poll.hears_news(polls[0], NOW + 20 * HOUR)


def test_a_line_that_tells_the_time_in_other_words_is_told_to_the_operator(poll: Port) -> None:
    """Live news looks alike, so it is not silent: "explosions were heard at 14:35"."""
    for hour in range(6):
        poll([saying(f"All ferries ran as planned at {hour + 7:02}:35 this morning.")], NOW + hour * HOUR)
    assert poll.notices == ["Source port embeds the time"]


def test_a_figure_that_rises_at_every_poll_is_no_clock(poll: Port) -> None:
    for hour in range(6):
        toll = f"The ferry accident of 07:{hour:02} has killed {hour * 3 + 14} passengers."
        assert poll([saying(toll)], NOW + hour * HOUR) == bool(hour)
    assert poll.notices == []


def test_a_page_whose_date_moves_now_and_then_is_no_clock(poll: Port) -> None:
    for week in range(6):
        for hour in range(3):
            poll(
                [saying(f"The ferry runs.\nStill current at: {week + 1} March 2027")],
                NOW + week * 7 * DAY + hour * HOUR,
            )
    assert poll.notices == []


def test_a_feed_that_flips_between_two_copies_tells_of_the_second_once(poll: Port) -> None:
    old, new = (saying(f"The ferry to Halvik carries {count} passengers each day.") for count in (240, 310))
    told = [poll([copy], NOW + hour * HOUR) for hour, copy in enumerate([old, new] * 10)]
    assert told == [0, 1] + [0] * 18
    assert poll.notices == ["Source port flips between two copies"]
    news = saying("The ferry to Halvik carries 900 passengers each day.")
    assert poll([news], NOW + 20 * HOUR) == 1


def test_a_correction_that_is_taken_back_once_is_no_flipping(poll: Port) -> None:
    old, new = (saying(f"The ferry to Halvik carries {count} passengers each day.") for count in (240, 310))
    for hour, copy in enumerate([old, new, old, old]):
        poll([copy], NOW + hour * HOUR)
    assert poll.notices == []


def test_a_feed_that_rewinds_is_silent(poll: Port) -> None:
    poll(ARCHIVE[:30], NOW)
    poll(dated_anew(ARCHIVE[10:], NOW), NOW + HOUR)
    poll.notices.clear()
    for hour in (2, 4, 6):
        assert poll(ARCHIVE[:30], NOW + hour * HOUR) == 0
        assert poll(dated_anew(ARCHIVE[10:], NOW), NOW + (hour + 1) * HOUR) == 0
    assert poll.notices == ["Source port served an older copy of itself"]
    assert poll.hears_news(ARCHIVE[10:], NOW + 9 * HOUR)


def test_a_feed_that_rewinds_to_before_it_was_known_is_silent(poll: Port) -> None:
    poll(ARCHIVE[10:35], NOW)
    poll(ARCHIVE[15:], NOW + HOUR)
    assert poll(ARCHIVE[:30], NOW + 2 * HOUR) == 0
    assert poll.notices == ["Source port served an older copy of itself"]
    assert poll.hears_news(ARCHIVE[15:], NOW + 3 * HOUR)


def test_a_feed_that_grows_and_is_cut_short_once_is_silent(poll: Port) -> None:
    poll(ARCHIVE[:30], NOW)
    poll(ARCHIVE, NOW + HOUR)
    assert poll(ARCHIVE[:30], NOW + 2 * HOUR) == 0
    assert poll(ARCHIVE, NOW + 3 * HOUR) == 0
    assert poll.notices == ["Source port served an older copy of itself"]


def test_a_feed_that_rewinds_to_old_versions_is_silent(poll: Port) -> None:
    poll(ARCHIVE, NOW)
    edited = tuple(replace(entry, body=entry.body.replace("lorries", "buses")) for entry in ARCHIVE)
    poll(edited, NOW + HOUR)
    assert poll(ARCHIVE, NOW + 2 * HOUR) == 0
    assert poll(edited, NOW + 3 * HOUR) == 0
    assert poll.notices == ["Source port served an older copy of itself"]
    assert poll.hears_news(edited, NOW + 4 * HOUR)


def test_a_feed_that_changes_all_its_ids_is_silent(poll: Port) -> None:
    poll(ARCHIVE, NOW)
    other = tuple(replace(entry, key=f"tag:port.example,2027:{entry.key}") for entry in ARCHIVE)
    assert poll(other, NOW + HOUR) == 0
    assert poll.notices == ["Source port has changed its ids"]
    assert poll.hears_news(other, NOW + 2 * HOUR)


def test_news_that_comes_with_new_ids_is_told(poll: Port) -> None:
    poll(ARCHIVE, NOW)
    assert poll.hears_news(renamed(ARCHIVE), NOW + HOUR)


def test_a_feed_that_changes_its_ids_at_every_poll_is_told_of_once(poll: Port) -> None:
    for hour in range(30):
        entries = tuple(replace(entry, key=f"{entry.key}?poll={hour}") for entry in ARCHIVE)
        assert poll(entries, NOW + hour * HOUR) == 0
    assert poll.notices == ["Source port has changed its ids"]


def test_a_feed_that_moves_to_other_ids_and_addresses_with_new_dates_is_silent(poll: Port) -> None:
    poll(ARCHIVE, NOW)
    assert poll(dated_anew(renamed(ARCHIVE), NOW + HOUR), NOW + HOUR) == 0
    assert poll.notices == ["Source port has changed its ids"]


def test_a_feed_that_announces_its_whole_archive_again_is_silent(poll: Port) -> None:
    poll(ARCHIVE, NOW)
    for week in range(1, 12):
        poll(ARCHIVE[-3:], NOW + week * 7 * DAY)
    again = dated_anew(ARCHIVE, NOW + 80 * DAY)
    assert poll(again, NOW + 80 * DAY) == 0
    assert poll.notices == ["Source port has announced its archive again"]
    assert poll(renamed(again), NOW + 81 * DAY) == 0
    assert poll.hears_news(again, NOW + 82 * DAY)


@pytest.mark.parametrize("dated", [True, False])
def test_an_archive_is_no_news_after_the_memory_has_passed(poll: Port, dated: bool) -> None:
    poll(ARCHIVE, NOW)
    for week in range(1, 30):
        poll(ARCHIVE[-3:], NOW + week * 7 * DAY)
    forget(poll.store, NOW + 110 * DAY)
    again = renamed(ARCHIVE)
    assert poll(dated_anew(again, NOW + 210 * DAY) if dated else again, NOW + 210 * DAY) == 0
    assert poll.notices == ["Source port has announced its archive again"]
    assert poll.hears_news(again, NOW + 211 * DAY)


def test_an_archive_that_was_never_seen_is_no_news_when_it_is_older_than_the_memory(poll: Port) -> None:
    poll(ARCHIVE[-3:], NOW)
    old = tuple(replace(entry, published=NOW - 400 * DAY) for entry in ARCHIVE)
    assert poll(old, NOW + HOUR) == 0
    assert poll.notices == ["Source port has announced its archive again"]


def test_few_entries_that_come_back_may_be_news(poll: Port) -> None:
    """Sirens sound again: four of them after a year are told."""
    poll(ARCHIVE, NOW)
    forget(poll.store, NOW + 280 * DAY)
    poll(ARCHIVE[-1:], NOW + 370 * DAY)
    assert poll((*renamed(dated_anew(ARCHIVE[:4], NOW + 371 * DAY)), ARCHIVE[-1]), NOW + 371 * DAY) > 0
    assert poll.notices == []


def forget(store: Store, since: float) -> None:
    run_retention(store, since=since)


def test_what_is_no_news_says_why(poll: Port) -> None:
    poll(ARCHIVE, NOW)
    forget(poll.store, NOW + 80 * DAY)
    poll(renamed(ARCHIVE), NOW + 200 * DAY)
    with poll.store.read() as conn:
        why = set(conn.scalars(select(matches.c.detail).where(matches.c.at == NOW + 200 * DAY)))
    assert why == {"said before under another id"}
