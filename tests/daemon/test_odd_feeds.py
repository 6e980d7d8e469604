"""Feeds that misbehave: none of it is news."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from kit.saying import configured

from monitor.assess import Listening
from monitor.intake import take_in
from monitor.model import Entry
from monitor.ruleset.load import load_rules
from monitor.store import open_store
from monitor.store.sources import PollOutcome

HOUR, DAY = 3600.0, 86400.0
NOW = 1_800_000_000.0
GOOD = PollOutcome(NOW, "ok", None, None, 0, NOW, None, None, None, True)

Poll = Callable[[Sequence[Entry], float], int]

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


@pytest.fixture
def poll(tmp_path: Path) -> Iterator[Poll]:
    """Polls one source: the first time as a baseline, then with a rule that any ferry meets."""
    (tmp_path / "rule.yaml").write_text(
        "name: ferries\ntitle: Ferries\nmatch: ferr* OR lighthouse\non: [new, changed, withdrawn]\n"
    )
    rules, problems = load_rules(tmp_path, builtin_aliases=None)
    assert not problems
    store = open_store("sqlite:///:memory:")
    configured(store, "port")
    polled = 0

    def take(entries: Sequence[Entry], now: float) -> int:
        nonlocal polled
        listening = Listening(rules, baseline=not polled)
        polled += 1
        outcome = replace(GOOD, at=now, next_poll=now + HOUR)
        told = take_in(store, "port", entries, listening, outcome, memory=90 * DAY, now=now)
        return told if isinstance(told, int) else told[0]

    yield take
    store.close()


def saying(text: str, entry: Entry = ARCHIVE[0]) -> Entry:
    return replace(entry, body=text)


def test_news_among_all_this_is_told(poll: Poll) -> None:
    assert poll(ARCHIVE, NOW) == 0
    fire = Entry("id-fire", "Lighthouse of Ostra burns", "https://port.example/fire", "", published=NOW + HOUR)
    assert poll((fire, *ARCHIVE), NOW + HOUR) == 1


@pytest.mark.parametrize(
    "line",
    [
        "Last updated: {} hours ago",
        "Updated 15 January 2027, {:02}:31",
        "{},118 views",
    ],
)
def test_a_feed_that_embeds_the_time_is_silent(poll: Poll, line: str) -> None:
    text = "The ferry to Halvik carries 240 passengers each day.\n"
    polls = [[saying(text + line.format(hour))] for hour in range(1, 20)]
    assert [poll(entries, NOW + hour * HOUR) for hour, entries in enumerate(polls)] == [0] * 19


def test_a_feed_that_flips_between_two_copies_tells_of_the_second_once(poll: Poll) -> None:
    old, new = (saying(f"The ferry to Halvik carries {count} passengers each day.") for count in (240, 310))
    told = [poll([copy], NOW + hour * HOUR) for hour, copy in enumerate([old, new] * 10)]
    assert told == [0, 1] + [0] * 18


def test_a_feed_that_rewinds_is_silent(poll: Poll) -> None:
    poll(ARCHIVE[:30], NOW)
    poll(ARCHIVE[10:], NOW + HOUR)
    assert poll(ARCHIVE[:30], NOW + 2 * HOUR) == 0
    assert poll(ARCHIVE[10:], NOW + 3 * HOUR) == 0


def test_a_feed_that_rewinds_to_old_versions_is_silent(poll: Poll) -> None:
    poll(ARCHIVE, NOW)
    edited = tuple(replace(entry, body=entry.body.replace("lorries", "buses")) for entry in ARCHIVE)
    poll(edited, NOW + HOUR)
    assert poll(ARCHIVE, NOW + 2 * HOUR) == 0
    assert poll(edited, NOW + 3 * HOUR) == 0


def test_a_feed_that_changes_all_its_ids_is_silent(poll: Poll) -> None:
    poll(ARCHIVE, NOW)
    renamed = tuple(replace(entry, key=f"tag:port.example,2027:{entry.key}") for entry in ARCHIVE)
    assert poll(renamed, NOW + HOUR) == 0


def test_a_feed_that_moves_to_other_ids_and_addresses_with_new_dates_is_silent(poll: Poll) -> None:
    poll(ARCHIVE, NOW)
    moved = tuple(
        replace(entry, key=f"n{entry.key}", url=f"https://new.example/{entry.key}", published=NOW + HOUR)
        for entry in ARCHIVE
    )
    assert poll(moved, NOW + HOUR) == 0


def test_a_feed_that_announces_its_whole_archive_again_is_silent(poll: Poll) -> None:
    poll(ARCHIVE, NOW)
    for week in range(1, 12):
        poll(ARCHIVE[-3:], NOW + week * 7 * DAY)
    again = tuple(replace(entry, published=NOW + 80 * DAY) for entry in ARCHIVE)
    assert poll(again, NOW + 80 * DAY) == 0
    renamed = tuple(replace(entry, key=f"n{entry.key}") for entry in again)
    assert poll(renamed, NOW + 81 * DAY) == 0
