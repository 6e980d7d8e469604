"""Dates and times are parsed in the formats of reports, and agree if they may be the same moment."""

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
def test_a_date_is_parsed(text, date):
    assert dates(text) == [date]


@pytest.mark.parametrize(
    "text", ["They may leave.", "Thousands march in Lyon.", "2000 soldiers left.", "a 3:99 draw"]
)
def test_text_that_only_resembles_a_date_is_not_one(text):
    assert dates(text) == []


def test_dates_agree_if_a_common_part_is_equal_and_none_differs():
    def date(text):
        return analyze(text).dates[0]

    assert dates_agree(date("on 14 December"), date("December 14, 2024"))
    assert not dates_agree(date("on 14 December"), date("on 15 December"))
    assert not dates_agree(date("in May 2025"), date("in May 2026"))
    assert not dates_agree(date("on Monday"), date("in 2025"))
