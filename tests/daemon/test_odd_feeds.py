"""Feeds that misbehave: they cause one notice and no alerts, and the next real news alerts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from kit.ingest import IngestedSource, store_with_ferries_rule
from sqlalchemy import select

from monitor.model import Entry
from monitor.sources.parse.identity import with_unique_keys
from monitor.store.base import Store
from monitor.store.retention import retention_steps
from monitor.store.schema import matches

HOUR, DAY = 3600.0, 86400.0
NOW = 1_800_000_000.0

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
class PolledFeed(IngestedSource):
    """A source whose notices go to the channel `desk`."""

    notices: list[str] = field(default_factory=list)

    def __call__(self, entries: Sequence[Entry], now: float) -> int:
        """Poll and return the number of alerts. Titles of notices are added to `notices`."""
        result = self.ingest(entries, now, notice_channels=("desk",), memory=90 * DAY)
        self.notices += [alert.title for alert in result.notices]
        return result.alerts

    def alerts_on_news(self, entries: Sequence[Entry], now: float) -> bool:
        """Return whether a new entry still causes one alert."""
        fire = Entry("id-fire", "Lighthouse of Ostra burns", "https://port.example/fire", "", published=now)
        return self((fire, *entries), now) == 1


@pytest.fixture
def poll(tmp_path: Path) -> Iterator[PolledFeed]:
    with store_with_ferries_rule(tmp_path) as (store, rules):
        yield PolledFeed(store, rules)


def with_date(entries: Sequence[Entry], at: float) -> tuple[Entry, ...]:
    return tuple(replace(entry, published=at) for entry in entries)


def with_new_ids(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    return tuple(replace(entry, key=f"n{entry.key}", url=f"https://new.example/{entry.key}") for entry in entries)


def with_text(text: str, entry: Entry = ARCHIVE[0]) -> Entry:
    return replace(entry, body=text)


def test_a_regular_feed_alerts_without_notices(poll: PolledFeed) -> None:
    assert poll(ARCHIVE, NOW) == 0
    assert poll.alerts_on_news(ARCHIVE, NOW + HOUR)
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
def test_a_feed_that_embeds_the_time_causes_a_notice_and_no_alerts(poll: PolledFeed, line: str) -> None:
    text = "The ferry to {} carries 240 passengers each day.\n"
    polls = [
        [replace(entry, body=text.format(entry.key) + line.format(hour)) for entry in ARCHIVE[:3]]
        for hour in range(1, 20)
    ]
    assert [poll(entries, NOW + hour * HOUR) for hour, entries in enumerate(polls)] == [0] * 19
    assert poll.notices == ["Source port embeds the time"]
    assert poll.alerts_on_news(polls[0], NOW + 20 * HOUR)


def test_a_changing_time_in_a_sentence_causes_a_notice(poll: PolledFeed) -> None:
    """Its alerts are not suppressed, because live news looks similar: "explosions were heard at 14:35"."""
    for hour in range(6):
        poll([with_text(f"All ferries ran as planned at {hour + 7:02}:35 this morning.")], NOW + hour * HOUR)
    assert poll.notices == ["Source port embeds the time"]


def test_a_figure_that_rises_at_every_poll_is_not_a_clock_but_a_moving_line(poll: PolledFeed) -> None:
    for hour in range(6):
        toll = f"The ferry accident of 07:{hour:02} has killed {hour * 3 + 14} passengers."
        assert poll([with_text(toll)], NOW + hour * HOUR) == bool(hour)
    assert poll.notices == ["Source port has lines that change at every poll"]


def test_a_page_whose_date_changes_weekly_is_not_a_clock(poll: PolledFeed) -> None:
    for week in range(6):
        for hour in range(3):
            poll(
                [with_text(f"The ferry runs.\nStill current at: {week + 1} March 2027")],
                NOW + week * 7 * DAY + hour * HOUR,
            )
    assert poll.notices == []


def test_a_feed_that_flips_between_two_copies_alerts_once(poll: PolledFeed) -> None:
    old, new = (with_text(f"The ferry to Halvik carries {count} passengers each day.") for count in (240, 310))
    alert_counts = [poll([version], NOW + hour * HOUR) for hour, version in enumerate([old, new] * 10)]
    assert alert_counts == [0, 1] + [0] * 18
    assert poll.notices == ["Source port flips between two copies"]
    news = with_text("The ferry to Halvik carries 900 passengers each day.")
    assert poll([news], NOW + 20 * HOUR) == 1


def test_a_correction_reverted_once_is_not_flipping(poll: PolledFeed) -> None:
    old, new = (with_text(f"The ferry to Halvik carries {count} passengers each day.") for count in (240, 310))
    for hour, version in enumerate([old, new, old, old]):
        poll([version], NOW + hour * HOUR)
    assert poll.notices == []


def test_a_feed_that_rewinds_causes_one_notice_and_no_alerts(poll: PolledFeed) -> None:
    poll(ARCHIVE[:30], NOW)
    poll(with_date(ARCHIVE[10:], NOW), NOW + HOUR)
    poll.notices.clear()
    for hour in (2, 4, 6):
        assert poll(ARCHIVE[:30], NOW + hour * HOUR) == 0
        assert poll(with_date(ARCHIVE[10:], NOW), NOW + (hour + 1) * HOUR) == 0
    assert poll.notices == ["Source port served an older copy"]
    assert poll.alerts_on_news(ARCHIVE[10:], NOW + 9 * HOUR)


def test_a_feed_that_rewinds_to_before_the_first_poll_causes_no_alerts(poll: PolledFeed) -> None:
    poll(ARCHIVE[10:35], NOW)
    poll(ARCHIVE[15:], NOW + HOUR)
    assert poll(ARCHIVE[:30], NOW + 2 * HOUR) == 0
    assert poll.notices == ["Source port served an older copy"]
    assert poll.alerts_on_news(ARCHIVE[15:], NOW + 3 * HOUR)


def test_a_feed_truncated_once_causes_no_alerts(poll: PolledFeed) -> None:
    poll(ARCHIVE[:30], NOW)
    poll(ARCHIVE, NOW + HOUR)
    assert poll(ARCHIVE[:30], NOW + 2 * HOUR) == 0
    assert poll(ARCHIVE, NOW + 3 * HOUR) == 0
    assert poll.notices == ["Source port served an older copy"]


def test_a_feed_that_rewinds_to_old_versions_causes_no_alerts(poll: PolledFeed) -> None:
    poll(ARCHIVE, NOW)
    edited = tuple(replace(entry, body=entry.body.replace("lorries", "buses")) for entry in ARCHIVE)
    poll(edited, NOW + HOUR)
    assert poll(ARCHIVE, NOW + 2 * HOUR) == 0
    assert poll(edited, NOW + 3 * HOUR) == 0
    assert poll.notices == ["Source port served an older copy"]
    assert poll.alerts_on_news(edited, NOW + 4 * HOUR)


def test_a_feed_that_changes_all_its_ids_causes_no_alerts(poll: PolledFeed) -> None:
    poll(ARCHIVE, NOW)
    other = tuple(replace(entry, key=f"tag:port.example,2027:{entry.key}") for entry in ARCHIVE)
    assert poll(other, NOW + HOUR) == 0
    assert poll.notices == ["Source port has changed its ids"]
    assert poll.alerts_on_news(other, NOW + 2 * HOUR)


def test_a_new_entry_alerts_even_if_all_ids_change(poll: PolledFeed) -> None:
    poll(ARCHIVE, NOW)
    assert poll.alerts_on_news(with_new_ids(ARCHIVE), NOW + HOUR)


def test_a_feed_that_changes_its_ids_at_every_poll_causes_one_notice(poll: PolledFeed) -> None:
    for hour in range(30):
        entries = tuple(replace(entry, key=f"{entry.key}?poll={hour}") for entry in ARCHIVE)
        assert poll(entries, NOW + hour * HOUR) == 0
    assert poll.notices == ["Source port has changed its ids"]


def test_a_feed_with_new_ids_urls_and_dates_causes_no_alerts(poll: PolledFeed) -> None:
    poll(ARCHIVE, NOW)
    assert poll(with_date(with_new_ids(ARCHIVE), NOW + HOUR), NOW + HOUR) == 0
    assert poll.notices == ["Source port has changed its ids"]


def test_a_reannounced_archive_causes_no_alerts(poll: PolledFeed) -> None:
    poll(ARCHIVE, NOW)
    for week in range(1, 12):
        poll(ARCHIVE[-3:], NOW + week * 7 * DAY)
    again = with_date(ARCHIVE, NOW + 80 * DAY)
    assert poll(again, NOW + 80 * DAY) == 0
    assert poll.notices == ["Source port has announced its archive again"]
    assert poll(with_new_ids(again), NOW + 81 * DAY) == 0
    assert poll.alerts_on_news(again, NOW + 82 * DAY)


@pytest.mark.parametrize("dated", [True, False])
def test_an_archive_reannounced_after_the_memory_has_passed_causes_no_alerts(poll: PolledFeed, dated: bool) -> None:
    poll(ARCHIVE, NOW)
    for week in range(1, 30):
        poll(ARCHIVE[-3:], NOW + week * 7 * DAY)
    unindex_before(poll.store, NOW + 110 * DAY)
    again = with_new_ids(ARCHIVE)
    assert poll(with_date(again, NOW + 210 * DAY) if dated else again, NOW + 210 * DAY) == 0
    assert poll.notices == ["Source port has announced its archive again"]
    assert poll.alerts_on_news(again, NOW + 211 * DAY)


def test_an_unseen_archive_older_than_the_memory_causes_no_alerts(poll: PolledFeed) -> None:
    poll(ARCHIVE[-3:], NOW)
    old = tuple(replace(entry, published=NOW - 400 * DAY) for entry in ARCHIVE)
    assert poll(old, NOW + HOUR) == 0
    assert poll.notices == ["Source port has announced its archive again"]


def test_a_few_reappearing_entries_can_alert(poll: PolledFeed) -> None:
    """For example sirens: four of them after a year are news."""
    poll(ARCHIVE, NOW)
    unindex_before(poll.store, NOW + 280 * DAY)
    poll(ARCHIVE[-1:], NOW + 370 * DAY)
    assert poll((*with_new_ids(with_date(ARCHIVE[:4], NOW + 371 * DAY)), ARCHIVE[-1]), NOW + 371 * DAY) > 0
    assert poll.notices == []


def unindex_before(store: Store, since: float) -> None:
    list(retention_steps(store, since=since))


def test_a_suppressed_match_stores_its_reason(poll: PolledFeed) -> None:
    poll(ARCHIVE, NOW)
    unindex_before(poll.store, NOW + 80 * DAY)
    poll(with_new_ids(ARCHIVE), NOW + 200 * DAY)
    with poll.store.read() as conn:
        details = set(conn.scalars(select(matches.c.detail).where(matches.c.at == NOW + 200 * DAY)))
    assert details == {"seen before under another id"}


def test_an_event_that_recurs_under_the_same_link_alerts_again(poll: PolledFeed) -> None:
    def siren(day: float) -> Entry:
        text = "The ferry siren of Halvik is tested."
        return Entry("https://port.example/siren", "Ferry siren", "https://port.example/siren", text, published=day)

    others = ARCHIVE[:4]
    assert poll([siren(NOW - 14 * DAY), *others], NOW) == 0
    assert poll(with_unique_keys([siren(NOW + HOUR), siren(NOW - 14 * DAY), *others]), NOW + HOUR) == 1
    assert poll(with_unique_keys([siren(NOW + HOUR), siren(NOW - 14 * DAY), *others]), NOW + 2 * HOUR) == 0
    assert poll([siren(NOW + HOUR), *others], NOW + 3 * HOUR) == 0
