"""Dates are read right or not at all."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from monitor.model import Entry
from monitor.polling.entries import build_update
from monitor.sources.parse.dates import DateContext, entry_dates, parse_date, unless_far_ahead
from monitor.sources.parse.feed import Feed, parse_feed
from monitor.sources.parse.jsonapi import parse_json
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.page import parse_page
from monitor.units import DAY

URL = "https://harbour.example/feed"
TEN_PAST_NINE = datetime(2024, 3, 21, 21, 10, tzinfo=UTC)  # a Thursday


def utc(moment: float | None) -> str | None:
    return None if moment is None else f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S}"


# How a date is written, and the hours that its zone is ahead of UTC.
FORMS = {
    "Thu, 21 Mar 2024 21:10:00 GMT": 0,
    "Thu, 21 Mar 2024 21:10:00 +0000": 0,
    "Thu, 21 Mar 2024 21:10 -0500": -5,
    "Thu,21 Mar 2024 21:10:00 +0530": 5.5,
    "thu,  21  mar  2024  21:10:00  gmt": 0,
    "21 Mar 24 21:10:00 UT": 0,
    "Thursday, 21-Mar-24 21:10:00 GMT": 0,
    "Mon, 21 Mar 2024 21:10:00 GMT": 0,  # it was a Thursday
    "Thu, 21 March 2024 21:10:00 Z": 0,
    "Thu, Mar 21 2024 21:10:00 +01:00": 1,
    "Thu Mar 21 21:10:00 2024": 0,
    "Thu Mar 21 21:10:00 CET 2024": 1,
    "Thu Mar 21 2024 21:10:00 GMT+0300 (Moscow Standard Time)": 3,
    "Thu, 21 Mar 2024 21:10:00 (UTC)": 0,
    "Thu, 21 Mar 2024 21:10:00 +0300 (MSK)": 3,
    "Thu, 21 Mar 2024 21:10:00 GMT+3": 3,
    "Thu, 21 Mar 2024 21:10:00 UTC-03:30": -3.5,
    "Thu, 21 Mar 2024 21:10:00 +03": 3,
    "Thu, 21 Mar 2024 21:10:00 -0500 EST": -5,
    "2024-03-21T21:10:00Z": 0,
    "2024-03-21t21:10z": 0,
    "2024-03-21T21:10:00+03:00": 3,
    "2024-03-21T21:10:00+0300": 3,
    "2024-03-21T21:10:00\u221203:00": -3,
    "2024-03-21T21:10:00+02:00[Europe/Kyiv]": 2,
    "2024-03-21 21:10:00 Europe/Kyiv": 2,
    "2024-03-21 21:10 America/Argentina/Buenos_Aires": -3,
    "2024-03-21 21:10:00": 0,
    "2024-03-21 21:10:00 +0300": 3,
    "2024-03-21 21:10:00 +0000 UTC": 0,
    "2024-03-21 09:10:00 PM": 0,
    "20240321T211000Z": 0,
    "20240321211000": 0,
    "2024/03/21 21:10:00": 0,
    "2024.03.21 21:10": 0,
    "2024. 3. 21. 21:10": 0,
    "21.03.2024 21:10": 0,
    "21. 3. 2024, 21:10": 0,
    "21-03-2024 21:10": 0,
    "21/03/2024 21:10": 0,
    "03/21/2024 21:10": 0,
    "3/21/2024 9:10:00 PM": 0,
    "03.21.2024 21:10": 0,
    "3/21/24 21:10": 0,
    "21:10 21.03.2024": 0,
    "21/Mar/2024:21:10:00 +0100": 1,
    "21-Mar-2024 21:10": 0,
    "2024-Mar-21 21:10": 0,
    "March 21, 2024 21:10": 0,
    "Mar. 21st, 2024 at 9:10 p.m. PT": -7,  # summer time
    "Thursday, March 21, 2024 - 9:10pm": 0,
    "Thu, 21 Mar 2024 9:10:00 PM GMT": 0,
    "9:10 PM, 21 Mar 2024": 0,
    "21. März 2024, 21.10 Uhr": 0,
    "Do., 21. Mär. 2024 21:10 MEZ": 1,
    "jeudi 21 mars 2024 à 21h10": 0,
    "jeu., 21 mars 2024 21:10:00 +0100": 1,
    "21 de marzo de 2024 a las 21:10": 0,
    "quinta-feira, 21 de março de 2024 21:10": 0,
    "giovedì 21 marzo 2024 21:10": 0,
    "21 marca 2024 21:10": 0,
    "21 марта 2024 г., 21:10": 0,
    "Чт, 21 мар 2024 21:10:00 МСК": 3,
    "21 березня 2024 р. 21:10": 0,
    "21. maaliskuuta 2024 klo 21.10": 0,
    "21 Mart 2024 21:10": 0,
    "21 Μαρτίου 2024 21:10": 0,
    "٢١ مارس ٢٠٢٤ 21:10": 0,
    "2024年3月21日 21:10": 0,
    "2024年03月21日(木) 21時10分": 0,
    "2024年3月21日 星期四 下午9:10": 0,
    "2024년 3월 21일 오후 9:10": 0,
    "2024년 3월 21일 목요일 오후 9시 10분": 0,
    "1711055400": 0,
    "1711055400000": 0,
    "/Date(1711055400000)/": 0,
}
ZONES = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "HST": -10,
    "ET": -4, "CT": -5, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MET": 1, "EET": 2, "EEST": 3, "MSK": 3,
    "SAST": 2, "HKT": 8, "SGT": 8, "AWST": 8, "JST": 9, "KST": 9, "ACST": 9.5, "AEST": 10, "AEDT": 11, "NZDT": 13,
}  # fmt: skip


UNCERTAIN = [
    "", " ", "yesterday", "2 hours ago", "21:10", "21 Mar", "Mar 2024", "2024", "2024-03", "2024-W12-4", "210324",
    "05/12/2026", "05-12-2026 21:10", "24-03-21", "21/03/24",  # which is the day?
    "2024/21/03", "2024-21-03", "2024-02-30", "31.04.2024", "2024-03-21T25:00:00Z", "2024-03-21 21:60",
    "2024-03-21 24:10", "21 Mar 2024 14:10 AM", "2024-03-21-05:00", "2024-03-21 2024", "21 Mar 2024 AM",
    "Thu, 21 Mar 2024 21:10:00 XYZ", "2024-03-21 21:10 A", "2024-03-21 21:10:00 +2500", "2024-03-21 21:10 IST",
    "21 Mar 2024 21:10 (Moscow Standard Time)", "2024-03-21 21:10 Mars/Olympus", "2024-03-21 21:10 ../etc/passwd",
    "21 Mar 2024 18:00 - 21:10", "21 Mar 2024 21:10 to 22 Mar 2024", "until 21 Mar 2024", "21 Mar 2024 (draft)",
    "21 Mar 2024 21:10 \u2603", "21 Foo 2024", "Mar Apr 2024", "21 Mar 2024 2025", "21 Mar 202", "Mar 21 24",
    "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT", "0001-01-01T00:00:00", "1989-12-31", "2201-01-01",
    "0", "-1", "123", "9" * 40, "2024-03-21T21:10:00+00:00 " + "x" * 500,
]  # fmt: skip


@pytest.mark.parametrize("text", FORMS)
def test_a_date_is_read(text: str) -> None:
    assert utc(parse_date(text)) == f"{TEN_PAST_NINE - timedelta(hours=FORMS[text]):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize("name", ZONES)
def test_a_zone_is_known(name: str) -> None:
    expected = f"{TEN_PAST_NINE - timedelta(hours=ZONES[name]):%Y-%m-%d %H:%M:%S}"
    assert utc(parse_date(f"Thu, 21 Mar 2024 21:10:00 {name}")) == expected
    assert utc(parse_date(f"2024-03-21 21:10 {name}")) == expected


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("21 Mar 2024", "2024-03-21 00:00:00"),
        ("20240321", "2024-03-21 00:00:00"),
        ("2024-03-21Z", "2024-03-21 00:00:00"),
        ("2024年3月21日", "2024-03-21 00:00:00"),
        ("5/5/2024", "2024-05-05 00:00:00"),
        ("12/31/2023 12:05 AM", "2023-12-31 00:05:00"),
        ("12/31/2023 12:05 PM", "2023-12-31 12:05:00"),
        ("21 Mar 2024 21:10 PM", "2024-03-21 21:10:00"),
        ("2024-03-21T24:00:00Z", "2024-03-22 00:00:00"),
        ("21 Mar 2024 24:00", "2024-03-22 00:00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01 00:00:00"),
        ("Sept 21 2024 21:10", "2024-09-21 21:10:00"),
        ("Sat, 05/12/2026", "2026-12-05 00:00:00"),  # only 5 December is a Saturday
        ("Tue, 05/12/2026", "2026-05-12 00:00:00"),
    ],
)
def test_an_unusual_date_is_read(text: str, at: str) -> None:
    assert utc(parse_date(text)) == at


@pytest.mark.parametrize("text", UNCERTAIN)
def test_a_date_that_is_not_certain_is_none(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("value", "at"),
    [
        (1711055400, TEN_PAST_NINE.timestamp()),
        (1711055400000, TEN_PAST_NINE.timestamp()),
        (1711055400.25, TEN_PAST_NINE.timestamp() + 0.25),
        (0, None),
        (-5, None),
        (True, None),
        (None, None),
        ({"at": 1711055400}, None),
        (float("inf"), None),
        (float("nan"), None),
    ],
)
def test_a_date_that_is_a_number_is_seconds_or_milliseconds_since_1970(value: object, at: float | None) -> None:
    assert parse_date(value) == at


def test_fractions_of_a_second_are_kept() -> None:
    assert parse_date("2024-03-21T21:10:00.5Z") == TEN_PAST_NINE.timestamp() + 0.5
    assert parse_date("21 Mar 2024 21:10:00,25") == TEN_PAST_NINE.timestamp() + 0.25


@pytest.mark.parametrize(
    "piece", ["2024-", "1:", "12 ", "(", "[a/", "Mar ", "午後", "+1", "a.m", "年", "21.", "GMT+"]
)
def test_a_hostile_date_takes_no_time(piece: str) -> None:
    started_at = time.process_time()
    for size in (30, 60, 119, 100_000):
        assert parse_date(piece * (size // len(piece))) is None
    assert time.process_time() - started_at < 1


# What other dates and the language say


def test_the_order_comes_from_the_other_dates() -> None:
    day_first = entry_dates([["05/12/2023"], ["21/11/2023"]])
    month_first = entry_dates([["05/12/2023"], ["11/21/2023 10:00"]])
    contradictory = entry_dates([["05/12/2023"], ["21/11/2023"], ["11/21/2023"]])
    assert [utc(at) for at in day_first.published] == ["2023-12-05 00:00:00", "2023-11-21 00:00:00"]
    assert [utc(at) for at in month_first.published] == ["2023-05-12 00:00:00", "2023-11-21 10:00:00"]
    assert contradictory.published[0] is None
    assert day_first.needs_context
    assert contradictory.needs_context
    assert not entry_dates([["21/11/2023"], ["05.12.2023"], ["2023-12-05"]]).needs_context


@pytest.mark.parametrize(
    ("name", "language", "hours"),
    [
        ("IST", "en-IN", 5.5), ("IST", "hi", 5.5), ("IST", "he", 2), ("IST", "en_IE", 1), ("IST", "en-us", None),
        ("CST", "en-us", -6), ("CST", "zh-CN", 8), ("BST", "bn", 6), ("EST", "en-AU", 10), ("EST", "en", -5),
    ],
)  # fmt: skip
def test_the_language_decides_what_a_zone_means(name: str, language: str, hours: float | None) -> None:
    (published,) = entry_dates([[f"Thu, 21 Mar 2024 21:10:00 {name}"]], language).published
    assert published == (None if hours is None else TEN_PAST_NINE.timestamp() - hours * 3600)


def test_another_offset_decides_what_ist_means() -> None:
    dates = [["Thu, 21 Mar 2024 21:10:00 IST"]]
    at = TEN_PAST_NINE.timestamp() - 5.5 * 3600
    assert entry_dates(dates, "en", ["Thu, 21 Mar 2024 22:00:00 +0530"]).published == (at,)
    assert entry_dates(dates, "en", ["Thu, 21 Mar 2024 22:00:00 +0300"]).published == (None,)
    assert parse_date(dates[0][0], DateContext(offsets=frozenset({5.5, 2.0}))) is None


def test_the_first_date_that_is_understood_counts() -> None:
    assert entry_dates([["soon", None, "2024-03-21T21:10Z"], []]).published == (TEN_PAST_NINE.timestamp(), None)


# In sources


def rss(*dates: str, head: str = "") -> Feed:
    items = "".join(f"<item><guid>{n}</guid><title>Pier {n}</title>{date}</item>" for n, date in enumerate(dates))
    return parse_feed(
        f"<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>{head}{items}</channel></rss>".encode(),
        "application/xml",
        URL,
    )


def test_dates_of_a_feed_are_read_beside_each_other() -> None:
    feed = rss("<pubDate>05/12/2023</pubDate>", "<dc:date>21/11/2023</dc:date>")
    assert [utc(entry.published) for entry in feed.entries] == ["2023-12-05 00:00:00", "2023-11-21 00:00:00"]
    assert not feed.is_separable
    assert rss("<pubDate>06 Dec 2023 10:00 EST</pubDate>").is_separable


def test_the_language_and_the_date_of_the_channel_help() -> None:
    ist = "<pubDate>Thu, 21 Mar 2024 21:10:00 IST</pubDate>"
    (by_language,) = rss(ist, head="<language>en-in</language>").entries
    (by_offset,) = rss(ist, head="<lastBuildDate>Thu, 21 Mar 2024 22:00:00 +0200</lastBuildDate>").entries
    assert utc(by_language.published) == "2024-03-21 15:40:00"
    assert utc(by_offset.published) == "2024-03-21 19:10:00"


def test_dates_of_atom_json_feed_api_and_page_are_read() -> None:
    entry = "<entry><id>1</id><updated>21 March 2024 21:10</updated></entry>"
    atom = f"<feed xmlns='http://www.w3.org/2005/Atom'>{entry}</feed>"
    items = [{"id": 1, "title": "Pier", "date_published": "March 21, 2024 9:10 PM"}]
    json_feed = {"version": "https://jsonfeed.org/version/1.1", "items": items}
    api = [{"id": 1, "title": "Pier", "date": "03/12/2024"}, {"id": 2, "title": "Dam", "date": "03/21/2024 21:10"}]
    page = b"<main><article><h2>Pier</h2><time datetime='21.03.2024 21:10'>today</time></article></main>"
    feeds = [
        parse_feed(atom.encode(), "application/atom+xml", URL),
        parse_feed(json.dumps(json_feed).encode(), "application/json", URL),
        parse_json(json.dumps(api).encode(), "application/json", URL, ParseOptions("json", URL)),
        parse_page(page, "text/html", URL, ParseOptions("page", URL, each="article")),
    ]
    assert [feed.entries[-1].published for feed in feeds] == [TEN_PAST_NINE.timestamp()] * 4
    assert utc(feeds[2].entries[0].published) == "2024-03-12 00:00:00"


# Dates ahead


@pytest.mark.parametrize(
    ("ahead", "is_kept"), [(-400 * DAY, True), (DAY, True), (3 * DAY, False), (365 * DAY, False)]
)
def test_a_date_days_ahead_is_not_that_of_the_news(ahead: float, is_kept: bool) -> None:
    now = TEN_PAST_NINE.timestamp()
    update = build_update("harbour", Entry("1", "Pier", URL, "", published=now + ahead), now)
    assert update.published == (now + ahead if is_kept else None)
    assert update.at == min(now, now + ahead)
    assert unless_far_ahead(None, now) is None
