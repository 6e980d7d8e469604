"""Dates and times are read in the ways reports write them, and agree when they could be one moment."""

import pytest

from monitor.text.analysis import analyze
from monitor.text.facts.dates import dates_agree


def dates(text):
    return [date.parts() for date in analyze(text).dates]


CASES = [
    ("on 14 December", (None, 12, 14, None, None)),
    ("on December 14", (None, 12, 14, None, None)),
    ("on Dec. 14, 2024", (2024, 12, 14, None, None)),
    ("on the 14th of December 2024", (2024, 12, 14, None, None)),
    ("on 2026-06-08", (2026, 6, 8, None, None)),
    ("on 8/6/2026", (2026, 6, 8, None, None)),
    ("in May 2025", (2025, 5, None, None, None)),
    ("in May", (None, 5, None, None, None)),
    ("in 2025", (2025, None, None, None, None)),
    ("on Monday", (None, None, None, 0, None)),
    ("at 12:30 am", (None, None, None, None, 30)),
    ("at 10 pm", (None, None, None, None, 1320)),
    ("at 6pm", (None, None, None, None, 1080)),
    ("at 6 p.m.", (None, None, None, None, 1080)),
    ("at 07:30", (None, None, None, None, 450)),
    ("14 грудня 2024", (2024, 12, 14, None, None)),
    ("у понеділок", (None, None, None, 0, None)),
]


@pytest.mark.parametrize(("text", "date"), CASES)
def test_a_date_is_read_whole(text, date):
    assert dates(text) == [date]


@pytest.mark.parametrize(
    "text", ["They may leave.", "Thousands march in Lyon.", "2000 soldiers left.", "a 3:99 draw"]
)
def test_what_only_looks_like_a_date_is_none(text):
    assert dates(text) == []


def test_dates_agree_when_nothing_stands_against_it():
    def one(text):
        return analyze(text).dates[0]

    assert dates_agree(one("on 14 December"), one("December 14, 2024"))
    assert not dates_agree(one("on 14 December"), one("on 15 December"))
    assert not dates_agree(one("in May 2025"), one("in May 2026"))
    assert not dates_agree(one("on Monday"), one("in 2025"))
